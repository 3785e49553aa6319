/** Sets of whole numbers as ascending ranges, both ends included, with gaps between them. */
export type Ranges = [from: number, to: number][];

/** The numbers of both sets. */
export function unite(x: Ranges, y: Ranges): Ranges {
  const sorted = [...x, ...y].sort((a, b) => a[0] - b[0]);
  const united: Ranges = [];
  for (const [from, to] of sorted) {
    const last = united[united.length - 1];
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else united.push([from, to]);
  }
  return united;
}

/** The numbers of `x` that are not in `y`. */
export function without(x: Ranges, y: Ranges): Ranges {
  const left: Ranges = [];
  for (const [from, to] of x) {
    let start = from;
    for (const [a, b] of y) {
      if (b < start || a > to) continue;
      if (a > start) left.push([start, a - 1]);
      start = b + 1;
    }
    if (start <= to) left.push([start, to]);
  }
  return left;
}

/** How many numbers there are. */
export const sizeOf = (ranges: Ranges) => ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);

/** The range of block `block` (from 1) of `blocks` among `units`; none where there are more blocks than units. */
export function blockRange(block: number, blocks: number, units: number): Ranges {
  const start = (b: number) => Number((BigInt(units) * BigInt(b)) / BigInt(blocks));
  const [from, to] = [start(block - 1), start(block) - 1];
  return from > to ? [] : [[from, to]];
}

/** For people: `0–3, 7`. */
export const describeRanges = (ranges: Ranges) =>
  ranges.map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`)).join(', ');
