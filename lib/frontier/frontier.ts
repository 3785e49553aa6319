import { refuse } from '../errors';

export interface FrontierOptions {
  /** The weaker set of Eq. 6: what no other point beats in both. Ties stay, equal points too. Default false. */
  weak?: boolean;
}

/**
 * Indices of the points that no other point dominates (Eq. 5: at most as slow and at most as lossy, and
 * better in one), sorted by latency. Of equal points the first is kept. O(n log n). Points with a NaN are
 * refused.
 *
 * @example frontier([1, 2, 3], [5, 6, 4]) // [0, 2]
 */
export function frontier(
  latency: ArrayLike<number>,
  loss: ArrayLike<number>,
  { weak = false }: FrontierOptions = {},
): number[] {
  const order = sortedByLatency(latency, loss);
  const kept: number[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && latency[order[end]] === latency[order[start]]) end++;
    // Points of one latency, the best first; `least` is the least loss of all that are faster.
    if (weak) for (const i of order.subarray(start, end)) if (loss[i] <= least) kept.push(i);
    if (loss[order[start]] < least) {
      least = loss[order[start]];
      if (!weak) kept.push(order[start]);
    }
    start = end;
  }
  return kept;
}

/** Anything with a place in the plane of the two objectives. */
export interface Point {
  latencySeconds: number;
  loss: number;
}

/**
 * The frontier of points that carry something with them.
 *
 * @example frontierOf([{ latencySeconds: 1, loss: 3 }, { latencySeconds: 2, loss: 4 }]).length // 1
 */
export function frontierOf<P extends Point>(points: readonly P[]): P[] {
  return frontier(
    points.map((point) => point.latencySeconds),
    points.map((point) => point.loss),
  ).map((i) => points[i]);
}

/**
 * The point of a frontier with the least loss within a latency budget; undefined where even the fastest is too slow.
 *
 * @example bestWithin([{ latencySeconds: 1, loss: 3 }, { latencySeconds: 2, loss: 2 }], 1.5)?.loss // 3
 */
export function bestWithin<P extends Point>(points: readonly P[], seconds: number): P | undefined {
  return points.filter(({ latencySeconds }) => latencySeconds <= seconds).pop();
}

/**
 * The frontier of the union of two frontiers; of equal points, that of `first` is kept.
 *
 * @example mergeFrontiers([{ latencySeconds: 1, loss: 3 }], [{ latencySeconds: 2, loss: 2 }]).length // 2
 */
export function mergeFrontiers<P extends Point>(first: readonly P[], second: readonly P[]): P[] {
  return frontierOf([...first, ...second]);
}

/**
 * Area that a frontier dominates below and to the left of a reference point. Points beyond the reference
 * add nothing. `points` is a frontier sorted by latency.
 *
 * @example hypervolume([{ latencySeconds: 1, loss: 3 }, { latencySeconds: 2, loss: 2 }], { latencySeconds: 4,
 *   loss: 4 }) // 5
 */
export function hypervolume(points: readonly Point[], reference: Point): number {
  let area = 0;
  let ceiling = reference.loss;
  for (const { latencySeconds, loss } of points) {
    if (latencySeconds >= reference.latencySeconds || loss >= ceiling) continue;
    area += (reference.latencySeconds - latencySeconds) * (ceiling - loss);
    ceiling = loss;
  }
  return area;
}

function sortedByLatency(latency: ArrayLike<number>, loss: ArrayLike<number>): Uint32Array {
  if (latency.length !== loss.length) refuse(`${latency.length} latencies, but ${loss.length} losses`);
  for (let i = 0; i < latency.length; i++)
    if (Number.isNaN(latency[i]) || Number.isNaN(loss[i]))
      refuse(`point ${i} (latency ${latency[i]}, loss ${loss[i]}) is not a number`);
  const order = Uint32Array.from({ length: latency.length }, (_, i) => i);
  return order.sort((a, b) => latency[a] - latency[b] || loss[a] - loss[b] || a - b);
}
