/**
 * Σ max(a₀ + a₁·c, b₀ + b₁·c) over c = first … first + count − 1, exactly and at a cost that does not
 * depend on `count`: both sides are linear in c, so they cross at most once.
 *
 * @example sumOfLargerLine(0, 1, 2, 0, 1, 3) // max(1,2) + max(2,2) + max(3,2) = 7
 */
export function sumOfLargerLine(
  a0: number,
  a1: number,
  b0: number,
  b1: number,
  first: number,
  count: number,
): number {
  const last = first + count - 1;
  const aheadAtFirst = a0 + a1 * first >= b0 + b1 * first;
  const aheadAtLast = a0 + a1 * last >= b0 + b1 * last;
  if (aheadAtFirst && aheadAtLast) return sumOfLine(a0, a1, first, count);
  if (!aheadAtFirst && !aheadAtLast) return sumOfLine(b0, b1, first, count);
  const crossing = Math.floor((b0 - a0) / (a1 - b1));
  const before = Math.min(count, Math.max(0, crossing - first + 1));
  const after = count - before;
  return aheadAtFirst
    ? sumOfLine(a0, a1, first, before) + sumOfLine(b0, b1, first + before, after)
    : sumOfLine(b0, b1, first, before) + sumOfLine(a0, a1, first + before, after);
}

/** Σ (c₀ + c₁·c) over c = first … first + count − 1. */
export function sumOfLine(c0: number, c1: number, first: number, count: number): number {
  return count * (c0 + c1 * (first + (count - 1) / 2));
}
