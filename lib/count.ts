import {
  allowsDepth,
  allowsFfn,
  assemble,
  type Frame,
  ffnCount,
  framesOf,
  type Space,
  storedBytes,
} from './space';

/**
 * How many architectures `space` holds, exactly, without making them.
 *
 * @example countSpace(paperSpace) // 8160n
 */
export function countSpace(space: Space): bigint {
  const { mixtures, ffnRatios, depths, rules } = space;
  const byActive = new Map<number, number>();
  for (const [, active] of mixtures) byActive.set(active, (byActive.get(active) ?? 0) + 1);
  const ffnsAt = (width: number) => {
    if (rules?.expertWidthMultiple === undefined) return ffnCount(space);
    let count = 0;
    for (const ratio of ffnRatios)
      for (const [active, times] of byActive) if (allowsFfn(space, width, ratio, active)) count += times;
    return count;
  };
  const byRatio = [...ffnRatios.keys()].sort((a, b) => ffnRatios[a] - ffnRatios[b]);
  let total = 0n;
  for (const frame of framesOf(space)) {
    const allowed =
      rules?.widthPerLayer === undefined
        ? depths
        : depths.filter((depth) => allowsDepth(space, frame, depth));
    total +=
      rules?.maxStoredBytes === undefined
        ? BigInt(allowed.length) * BigInt(frame.kvHeads.length) * BigInt(ffnsAt(frame.width))
        : countStored(space, frame, allowed, byRatio, rules.maxStoredBytes);
  }
  return total;
}

/**
 * How many of a frame's architectures store at most `most` bytes. Bytes grow with depth, KV heads and FFN ratio: at
 * each depth a search among the ratios, by what the bytes are but for rounding; those at the limit are asked one by
 * one.
 */
function countStored(
  space: Space,
  frame: Frame,
  depths: readonly number[],
  byRatio: readonly number[],
  most: number,
): bigint {
  if (depths.length === 0 || frame.kvHeads.length === 0) return 0n;
  const { ffnRatios, mixtures } = space;
  const ascending = [...depths].sort((a, b) => a - b);
  const stored = (depth: number, ratio: number, mixture: number, kv: number) =>
    storedBytes(space, assemble(space, frame, depth, ratio * mixtures.length + mixture, kv));
  let count = 0n;
  for (let mixture = 0; mixture < mixtures.length; mixture++) {
    const [, active] = mixtures[mixture];
    if (stored(ascending[0], byRatio[0], mixture, frame.kvHeads[0]) > most) continue;
    const some =
      space.rules?.expertWidthMultiple === undefined
        ? byRatio
        : byRatio.filter((ratio) => allowsFfn(space, frame.width, ffnRatios[ratio], active));
    for (const kv of frame.kvHeads) {
      const exact = (depth: number, k: number) => stored(depth, some[k], mixture, kv);
      const within = countWithin(ascending, ffnRatios, some, exact, most);
      if (within === 0) break;
      count += BigInt(within);
    }
  }
  return count;
}

/** How many depths and ratios (`some` of the list, ascending) keep the limit. */
function countWithin(
  depths: readonly number[],
  ratios: readonly number[],
  some: readonly number[],
  exact: (depth: number, k: number) => number,
  most: number,
): number {
  if (some.length === 0 || exact(depths[0], 0) > most) return 0;
  const last = some.length - 1;
  if (exact(depths[depths.length - 1], last) <= most) return some.length * depths.length;
  const [least, greatest] = [ratios[some[0]], ratios[some[last]]];
  const layer = exact(2, 0) - exact(1, 0);
  const once = exact(1, 0) - layer;
  const perRatio = last === 0 ? 0 : (exact(2, last) - exact(1, last) - layer) / (greatest - least);
  let count = 0;
  for (const depth of depths) {
    const bytes = (k: number) => once + depth * (layer + perRatio * (ratios[some[k]] - least));
    const clear = firstAbove(some.length, most * (1 - SLACK), bytes);
    const beyond = firstAbove(some.length, most * (1 + SLACK), bytes);
    count += clear;
    for (let k = clear; k < beyond && exact(depth, k) <= most; k++) count++;
    if (beyond === 0) break;
  }
  return count;
}

/** Share of the limit by which the bytes of `countWithin` may be wrong, and more. */
const SLACK = 1e-9;

/** The first of `length` places whose value exceeds `limit`; values ascend. */
function firstAbove(length: number, limit: number, value: (place: number) => number): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value(middle) > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}
