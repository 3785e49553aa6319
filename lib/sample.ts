import type { Architecture } from './architecture';
import { countSpace } from './count';
import { refuse } from './errors';
import { latinHypercube, seededRandom } from './random';
import {
  allowsDepth,
  allowsFfn,
  assemble,
  enumerateSpace,
  ffnAt,
  framesOf,
  type Space,
  storedBytes,
} from './space';

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
      for (let k = 0; k < axes.length && distance < least; k++) distance += (axes[k][i] - point[k]) ** 2;
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

/** Spaces up to this size are enumerated to be sampled. */
const ENUMERATED = 100_000n;
/** Points that are drawn for each one wanted, at most, where rules and repeats take some. */
const MOST_DRAWS = 200;

/**
 * A space-filling sample of a space of any size. A small one is enumerated (`sampleSpace`); in a large one each point
 * of a seeded Latin hypercube is a place in each list, and what the rules forbid or has been drawn is drawn again.
 *
 * @example sampleOf(paperSpace, 10, 1).length // 10
 */
export function sampleOf(space: Space, count: number, seed: number): Architecture[] {
  const size = countSpace(space);
  if (size <= ENUMERATED) return sampleSpace(enumerateSpace(space), count, seed);
  if (!Number.isInteger(count) || count < 1 || count > Number(ENUMERATED))
    refuse(`count ${count} is not an integer from 1 to ${ENUMERATED}`);
  const frames = framesOf(space).filter(({ kvHeads }) => kvHeads.length > 0);
  const random = seededRandom(seed);
  const most = space.rules?.maxStoredBytes ?? Number.POSITIVE_INFINITY;
  const drawn = new Map<string, Architecture>();
  for (let round = 0; round < MOST_DRAWS && drawn.size < count; round++)
    for (const unit of latinHypercube(count, 5, random)) {
      const place = (axis: number, length: number) => Math.floor(unit[axis] * length);
      const frame = frames[place(1, frames.length)];
      const depth = space.depths[place(0, space.depths.length)];
      const ffn = place(2, space.ffnRatios.length) * space.mixtures.length + place(3, space.mixtures.length);
      const { ffnRatio, activeExperts } = ffnAt(space, ffn);
      const architecture = assemble(space, frame, depth, ffn, frame.kvHeads[place(4, frame.kvHeads.length)]);
      if (!allowsDepth(space, frame, depth) || !allowsFfn(space, frame.width, ffnRatio, activeExperts))
        continue;
      if (most < Number.POSITIVE_INFINITY && storedBytes(space, architecture) > most) continue;
      if (drawn.size < count) drawn.set(JSON.stringify(architecture), architecture);
    }
  if (drawn.size < count)
    refuse(
      `the rules leave so little of the space that only ${drawn.size} of ${count} were found; ask for fewer`,
    );
  return [...drawn.values()];
}
