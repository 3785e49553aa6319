/**
 * Leaves out what cannot be part of a frontier. The numbers are sums in another order than the final ones, so they
 * are right but for rounding: an item goes only where another is better by more than that, or where all parts of
 * which both are made say so one by one (sums of floating-point numbers grow with each of their parts).
 */
export interface Items {
  seconds: ArrayLike<number>;
  loss: ArrayLike<number>;
  /** What each limit measures, if there are any. */
  bytes: readonly ArrayLike<number>[];
  /** Differences up to these may be rounding. */
  secondsSlack(item: number): number;
  lossSlack(item: number): number;
  bytesSlack(limit: number, item: number): number;
  /** Whether no part of `better` takes more seconds (or loses more) than the same part of `item`. */
  isNoSlower(better: number, item: number): boolean;
  isNoLossier(better: number, item: number): boolean;
  isBefore(better: number, item: number): boolean;
}

/** How many items of about the same seconds are compared with each other, at most. */
const MOST_COMPARED = 64;

/** Of items in the order of `bySeconds` those that are left. */
export function prune(items: Items, order: ArrayLike<number>): number[] {
  const { seconds, loss, bytes } = items;
  const kept: number[] = [];
  // Items that are clearly faster than the next, ascending in loss and descending in the first bytes.
  const stairs: number[] = [];
  let released = 0;
  const first = bytes[0];
  const bytesOf = (item: number) => (first === undefined ? 0 : first[item]);
  const upTo = (limit: number) => {
    let [low, high] = [0, stairs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (loss[stairs[middle]] <= limit) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const release = (item: number) => {
    let from = upTo(loss[item]);
    if (from > 0 && bytesOf(stairs[from - 1]) <= bytesOf(item)) return;
    while (from > 0 && loss[stairs[from - 1]] === loss[item]) from--;
    let to = from;
    while (to < stairs.length && bytesOf(stairs[to]) >= bytesOf(item)) to++;
    stairs.splice(from, to - from, item);
  };
  const isCovered = (item: number) => {
    for (const limit of [loss[item] - items.lossSlack(item), loss[item] + items.lossSlack(item)]) {
      const at = upTo(limit) - 1;
      if (at >= 0 && isCertain(items, stairs[at], item)) return true;
    }
    for (let k = kept.length - 1; k >= Math.max(released, kept.length - MOST_COMPARED); k--)
      if (isCertain(items, kept[k], item)) return true;
    return false;
  };
  for (let k = 0; k < order.length; k++) {
    const item = order[k];
    const clear = seconds[item] - items.secondsSlack(item);
    while (released < kept.length && seconds[kept[released]] <= clear) release(kept[released++]);
    if (!isCovered(item)) kept.push(item);
  }
  return kept;
}

/** Whether `better` beats `item`, or equals it and comes first, however the sums are rounded. */
function isCertain(items: Items, better: number, item: number): boolean {
  const { seconds, loss, bytes } = items;
  const isFaster = seconds[better] <= seconds[item] - items.secondsSlack(item);
  const isBetter = loss[better] <= loss[item] - items.lossSlack(item);
  if (!isFaster && !isBetter && !items.isBefore(better, item)) return false;
  for (let limit = 0; limit < bytes.length; limit++) {
    const [least, most] = [bytes[limit][better], bytes[limit][item]];
    if (least !== most && least > most - items.bytesSlack(limit, item)) return false;
  }
  return (isFaster || items.isNoSlower(better, item)) && (isBetter || items.isNoLossier(better, item));
}

/** `some` items by seconds; equal ones by loss, by bytes, and as they come. Runs that are in order are merged. */
export function bySeconds({ seconds, loss, bytes }: Items, some: readonly number[]): number[] {
  const first = bytes[0];
  return [...some].sort(
    (x, y) =>
      seconds[x] - seconds[y] ||
      loss[x] - loss[y] ||
      (first === undefined ? 0 : first[x] - first[y]) ||
      x - y,
  );
}
