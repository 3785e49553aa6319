import type { Architecture } from './architecture';
import { refuse } from './errors';
import { latinHypercube, seededRandom } from './random';
import { check } from './schema/check';
import { spaceSchema } from './schema/space';

/** A grid of architectures: every combination of the lists whose heads and kvHeads are whole and divide. */
export interface Space {
  depths: readonly number[];
  widths: readonly number[];
  ffnRatios: readonly number[];
  /** Pairs [experts, activeExperts]. */
  mixtures: readonly (readonly [number, number])[];
  /** Key/value heads; `'all'` means as many as query heads. Those that do not divide heads are left out. */
  kvHeads: readonly (number | 'all')[];
  /** heads = width / headDim; widths that headDim does not divide are refused. */
  headDim: number;
}

/**
 * The paper's search space (Table 5). Two things are our assumptions, as the table leaves them out:
 * headDim 128 and the list of FFN ratios. 8,160 architectures.
 */
export const paperSpace: Space = {
  depths: [4, 8, 12, 16, 20, 24, 28, 32],
  widths: [768, 1024, 1280, 1536, 1792, 2048, 2304, 2560, 3072],
  ffnRatios: [0.25, 0.5, 1, 2, 8 / 3, 4],
  mixtures: [
    [1, 1],
    [8, 1],
    [8, 2],
    [16, 1],
    [16, 2],
  ],
  kvHeads: [1, 2, 4, 8, 'all'],
  headDim: 128,
};

/**
 * Checks a space, e.g. one that a user typed, and that it holds an architecture. Throws an `InputError` naming
 * value and rule, e.g. `headDim 128 does not divide width 900`.
 *
 * @example validateSpace({ ...paperSpace, headDim: 100 }) // refuses: headDim 100 does not divide width 768
 */
export function validateSpace(value: unknown): Space {
  const space = check(spaceSchema, value, 'space');
  for (const [experts, activeExperts] of space.mixtures)
    if (activeExperts > experts) refuse(`activeExperts ${activeExperts} exceeds experts ${experts}`);
  if (space.widths.every((width) => kvChoices(space, width).length === 0))
    refuse(`kvHeads ${space.kvHeads.join(', ')}: none divides the heads of any width`);
  return space;
}

/**
 * How many architectures `space` holds, without making them.
 *
 * @example countSpace(paperSpace) // 8160
 */
export function countSpace(space: Space): number {
  const pairs = space.widths.reduce((sum, width) => sum + kvChoices(space, width).length, 0);
  return pairs * space.depths.length * space.ffnRatios.length * space.mixtures.length;
}

/**
 * `space` with every depth, and every width that headDim divides, between its smallest and largest.
 *
 * @example withDepthsAndWidthsBetween(paperSpace).depths.length // 29
 */
export function withDepthsAndWidthsBetween(space: Space): Space {
  const range = (values: readonly number[], step: number) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, i) => low + i * step);
  };
  return { ...space, depths: range(space.depths, 1), widths: range(space.widths, space.headDim) };
}

/**
 * Every architecture of `space`; depth varies slowest, kvHeads fastest.
 *
 * @example enumerateSpace({ ...paperSpace, depths: [4], widths: [768] }).length // 90
 */
export function enumerateSpace(space: Space): Architecture[] {
  const architectures: Architecture[] = [];
  for (const depth of space.depths)
    for (const width of space.widths)
      for (const ffnRatio of space.ffnRatios)
        for (const [experts, activeExperts] of space.mixtures)
          for (const kvHeads of kvChoices(space, width))
            architectures.push({
              depth,
              width,
              heads: width / space.headDim,
              headDim: space.headDim,
              kvHeads,
              ffnRatio,
              experts,
              activeExperts,
            });
  return architectures;
}

/** The kvHeads that `space` allows at `width`, ascending, without duplicates. */
export function kvChoices(space: Space, width: number): number[] {
  const heads = width / space.headDim;
  if (!Number.isInteger(heads)) refuse(`headDim ${space.headDim} does not divide width ${width}`);
  const choices = space.kvHeads.map((kv) => (kv === 'all' ? heads : kv)).filter((kv) => heads % kv === 0);
  return [...new Set(choices)].sort((a, b) => a - b);
}

/**
 * A space-filling sample of `count` architectures out of `candidates`, without repeats, in the order of
 * `candidates`. Each point of a seeded Latin hypercube takes the nearest candidate that is still free, every
 * axis (depth, width, FFN ratio, mixture, kvHeads) being measured in ranks, so that each value is drawn about
 * as often as it occurs.
 *
 * @example sampleSpace(candidates, 170, 1).length // 170
 */
export function sampleSpace(
  candidates: readonly Architecture[],
  count: number,
  seed: number,
): Architecture[] {
  const n = candidates.length;
  if (!Number.isInteger(count) || count < 1 || count > n)
    refuse(`count ${count} is not an integer from 1 to ${n}, the number of candidates`);
  const axes = [
    ranks(candidates.map((a) => a.depth)),
    ranks(candidates.map((a) => a.width)),
    ranks(candidates.map((a) => a.ffnRatio)),
    ranks(candidates.map((a) => a.experts + a.activeExperts / (a.experts + 1))),
    ranks(candidates.map((a) => a.kvHeads)),
  ];
  const taken = new Uint8Array(n);
  for (const point of latinHypercube(count, axes.length, seededRandom(seed))) {
    let nearest = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < n; i++) {
      if (taken[i]) continue;
      let distance = 0;
      for (let k = 0; k < axes.length; k++) distance += (axes[k][i] - point[k]) ** 2;
      if (distance < least) {
        least = distance;
        nearest = i;
      }
    }
    taken[nearest] = 1;
  }
  return candidates.filter((_, i) => taken[i]);
}

/** For each value the middle of its place in the sorted list, scaled to (0, 1); equal values share a place. */
function ranks(values: readonly number[]): Float64Array {
  const sorted = Float64Array.from(values).sort();
  const middle = new Map<number, number>();
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (end < sorted.length && sorted[end] === sorted[start]) end++;
    middle.set(sorted[start], (start + end) / 2 / sorted.length);
    start = end;
  }
  return Float64Array.from(values, (value) => middle.get(value)!);
}
