import {
  allowsDepth,
  allowsFfn,
  assemble,
  type Frame,
  ffnAt,
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
  let total = 0n;
  for (const frame of framesOf(space)) {
    const allowed =
      rules?.widthPerLayer === undefined
        ? depths
        : depths.filter((depth) => allowsDepth(space, frame, depth));
    total +=
      rules?.maxStoredBytes === undefined
        ? BigInt(allowed.length) * BigInt(frame.kvHeads.length) * BigInt(ffnsAt(frame.width))
        : countStored(space, frame, allowed, rules.maxStoredBytes);
  }
  return total;
}

/** How many of a frame's architectures store at most `most` bytes: a search in its FFNs sorted by what they store. */
function countStored(space: Space, frame: Frame, depths: readonly number[], most: number): bigint {
  if (frame.kvHeads.length === 0) return 0n;
  const allowed = Array.from({ length: ffnCount(space) }, (_, ffn) => ffn).filter((ffn) => {
    const { ffnRatio, activeExperts } = ffnAt(space, ffn);
    return allowsFfn(space, frame.width, ffnRatio, activeExperts);
  });
  const size = (depth: number, ffn: number, kv: number) =>
    storedBytes(space, assemble(space, frame, depth, ffn, kv));
  const sizes = new Map(allowed.map((ffn) => [ffn, size(1, ffn, frame.kvHeads[0])]));
  allowed.sort((a, b) => sizes.get(a)! - sizes.get(b)!);
  let count = 0n;
  for (const depth of depths)
    for (const kv of frame.kvHeads) {
      // The order may be wrong among FFNs that differ by rounding alone: those at the limit are asked one by one.
      const clear = firstAbove(allowed, most * (1 - 1e-12), (ffn) => size(depth, ffn, kv));
      const beyond = firstAbove(allowed, most * (1 + 1e-12), (ffn) => size(depth, ffn, kv));
      count += BigInt(clear);
      for (let i = clear; i < beyond; i++) if (size(depth, allowed[i], kv) <= most) count++;
    }
  return count;
}

/** Place of the first item whose value exceeds `limit`; values ascend. */
function firstAbove(items: readonly number[], limit: number, value: (item: number) => number): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value(items[middle]) > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}
