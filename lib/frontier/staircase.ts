/** A frontier that grows point by point, in the memory that its own points take. */
export interface Staircase<P> {
  /** Whether a point is already here that is at most as slow and at most as lossy. */
  covers(seconds: number, loss: number): boolean;
  /** The point of just these seconds and this loss. */
  find(seconds: number, loss: number): P | undefined;
  /** Adds a point that is not covered, and removes those that it covers. */
  add(seconds: number, loss: number, point: P): void;
  /** Ascending in seconds, descending in loss. */
  points(): P[];
}

export function makeStaircase<P>(): Staircase<P> {
  const seconds: number[] = [];
  const losses: number[] = [];
  const points: P[] = [];
  /** How many points are at most as slow. */
  const upTo = (limit: number) => {
    let [low, high] = [0, seconds.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (seconds[middle] <= limit) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return {
    covers(slow, lossy) {
      const at = upTo(slow);
      return at > 0 && losses[at - 1] <= lossy;
    },
    find(slow, lossy) {
      const at = upTo(slow) - 1;
      return at >= 0 && seconds[at] === slow && losses[at] === lossy ? points[at] : undefined;
    },
    add(slow, lossy, point) {
      let from = upTo(slow);
      if (from > 0 && seconds[from - 1] === slow) from--;
      let to = from;
      while (to < seconds.length && losses[to] >= lossy) to++;
      seconds.splice(from, to - from, slow);
      losses.splice(from, to - from, lossy);
      points.splice(from, to - from, point);
    },
    points: () => points,
  };
}

/** A frontier as columns, which may have room for more: seconds ascend, losses descend. */
export interface Stairs {
  length: number;
  seconds: Float64Array;
  loss: Float64Array;
}

/** No stairs yet, with room for some. */
export const makeStairs = (room = 0): Stairs => ({
  ...{ length: 0, seconds: new Float64Array(room), loss: new Float64Array(room) },
});

/** The place of the slowest stair within a time; −1 where none is as fast. */
export function stairWithin({ length, seconds }: Stairs, limit: number): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (seconds[middle] <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Writes the stairs of `x` and of points `y`, which come by seconds, into `all`, which has room for both. */
export function mergeStairs(x: Stairs, y: Stairs, all: Stairs): void {
  let length = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0, k = 0; i < x.length || k < y.length; ) {
    const isX = k === y.length || (i < x.length && x.seconds[i] <= y.seconds[k]);
    const seconds = isX ? x.seconds[i] : y.seconds[k];
    const loss = isX ? x.loss[i++] : y.loss[k++];
    if (loss >= least) continue;
    least = loss;
    all.seconds[length] = seconds;
    all.loss[length++] = loss;
  }
  all.length = length;
}
