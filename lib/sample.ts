import type { Architecture } from './architecture';
import { refuse } from './errors';
import { latinHypercube, seededRandom } from './random';

/**
 * A space-filling sample of `count` architectures out of `candidates`, without repeats, in the order of
 * `candidates`. Each point of a seeded Latin hypercube takes the nearest candidate that is still free, every
 * axis (depth, width, FFN ratio, mixture, kvHeads) being measured in ranks, so that each value is drawn about
 * as often as it occurs.
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
