import { describe, expect, it } from 'vitest';
import { frontier, frontierOf, hypervolume, mergeFrontiers } from '../../lib/frontier/frontier';
import { seededRandom } from '../../lib/random';

/** Eq. 5 by comparing all pairs; of equal points the first is kept. */
function bruteForce(latency: number[], loss: number[]): number[] {
  return latency.flatMap((_, i) => {
    const isDominated = latency.some((__, j) => {
      const isNoWorse = latency[j] <= latency[i] && loss[j] <= loss[i];
      const isEqual = latency[j] === latency[i] && loss[j] === loss[i];
      return isNoWorse && (!isEqual || j < i);
    });
    return isDominated ? [] : [i];
  });
}

/** Tables with many ties: coordinates are small whole numbers. */
function tables(count: number) {
  const random = seededRandom(9);
  return Array.from({ length: count }, () => {
    const size = Math.floor(60 * random());
    const draw = () => Array.from({ length: size }, () => Math.floor(12 * random()));
    return [draw(), draw()] as const;
  });
}

describe('the frontier', () => {
  it('equals the brute-force one on 300 tables full of ties', () => {
    for (const [latency, loss] of tables(300)) {
      const found = frontier(latency, loss);
      expect([...found].sort((a, b) => a - b)).toEqual(bruteForce(latency, loss));
      const sorted = found.map((i) => latency[i]);
      expect(sorted).toEqual([...sorted].sort((a, b) => a - b));
    }
  });

  it('in the weak sense equals all pairs of Eq. 6', () => {
    for (const [latency, loss] of tables(300)) {
      const kept = latency.flatMap((_, i) =>
        latency.some((__, j) => latency[j] < latency[i] && loss[j] < loss[i]) ? [] : [i],
      );
      expect(frontier(latency, loss, { weak: true }).sort((a, b) => a - b)).toEqual(kept);
    }
  });

  it('of nothing is nothing, of one point that point', () => {
    expect(frontier([], [])).toEqual([]);
    expect(frontier([1], [1])).toEqual([0]);
  });

  it('keeps the first of equal points', () => {
    expect(frontier([1, 1, 1], [2, 2, 2])).toEqual([0]);
  });

  it('takes infinity as the worst and refuses what is not a number', () => {
    expect(frontier([1, 2], [Number.POSITIVE_INFINITY, 3])).toEqual([1]);
    expect(() => frontier([1, Number.NaN], [1, 1])).toThrow('point 1 (latency NaN, loss 1) is not a number');
    expect(() => frontier([1], [1, 2])).toThrow('1 latencies, but 2 losses');
  });
});

describe('merging', () => {
  it('two frontiers gives the frontier of the union', () => {
    for (const [latency, loss] of tables(100)) {
      const points = latency.map((latencySeconds, i) => ({ latencySeconds, loss: loss[i] }));
      const half = Math.floor(points.length / 2);
      const merged = mergeFrontiers(frontierOf(points.slice(0, half)), frontierOf(points.slice(half)));
      expect(merged).toEqual(frontierOf(points));
    }
  });
});

describe('hypervolume', () => {
  it('is the area below and left of the reference, by counting cells', () => {
    for (const [latency, loss] of tables(100)) {
      const points = latency.map((latencySeconds, i) => ({ latencySeconds, loss: loss[i] }));
      let cells = 0;
      for (let x = 0; x < 10; x++)
        for (let y = 0; y < 10; y++) if (points.some((p) => p.latencySeconds <= x && p.loss <= y)) cells++;
      expect(hypervolume(frontierOf(points), { latencySeconds: 10, loss: 10 })).toBe(cells);
    }
  });
});
