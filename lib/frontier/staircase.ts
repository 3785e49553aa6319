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
