import { refuse } from '../errors';

/**
 * Indices of the points that no other point dominates (Eq. 5: at most as slow and at most as lossy, and
 * better in one), sorted by latency. Of equal points the first is kept. O(n log n). Points with a NaN are
 * refused.
 *
 * @example frontier([1, 2, 3], [5, 6, 4]) // [0, 2]
 */
export function frontier(latency: ArrayLike<number>, loss: ArrayLike<number>): number[] {
  const kept: number[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const i of sortedByLatency(latency, loss)) {
    if (loss[i] >= least) continue;
    least = loss[i];
    kept.push(i);
  }
  return kept;
}

/**
 * Indices of the points that no other point beats in both latency and loss (Eq. 6), sorted by latency. A
 * superset of `frontier`: ties stay, equal points too. O(n log n).
 */
export function weakFrontier(latency: ArrayLike<number>, loss: ArrayLike<number>): number[] {
  const order = sortedByLatency(latency, loss);
  const kept: number[] = [];
  let leastBefore = Number.POSITIVE_INFINITY;
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && latency[order[end]] === latency[order[start]]) end++;
    const tied = order.slice(start, end);
    kept.push(...tied.filter((i) => loss[i] <= leastBefore));
    leastBefore = Math.min(leastBefore, loss[order[start]]);
    start = end;
  }
  return kept;
}

/** Anything with a place in the plane of the two objectives. */
export interface Point {
  latencySeconds: number;
  loss: number;
}

/** The frontier of points that carry something with them. */
export function frontierOf<P extends Point>(points: readonly P[]): P[] {
  return frontier(
    points.map((point) => point.latencySeconds),
    points.map((point) => point.loss),
  ).map((i) => points[i]);
}

/** The frontier of the union of two frontiers; of equal points, that of `first` is kept. */
export function mergeFrontiers<P extends Point>(first: readonly P[], second: readonly P[]): P[] {
  return frontierOf([...first, ...second]);
}

/**
 * Area that a frontier dominates below and to the left of a reference point. Points beyond the reference
 * add nothing. `points` is a frontier sorted by latency.
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
