import { quantile } from 'simple-statistics';
import { frontier } from './frontier';

/**
 * For each architecture the share of draws in which it is Pareto-optimal; `losses` is [draws][architectures].
 *
 * @example Array.from(frontierProbability([1, 2], [[3, 2], [3, 4]])) // [1, 0.5]
 */
export function frontierProbability(
  latencySeconds: ArrayLike<number>,
  losses: readonly ArrayLike<number>[],
): Float64Array {
  const share = new Float64Array(latencySeconds.length);
  for (const loss of losses) for (const i of frontier(latencySeconds, loss)) share[i] += 1 / losses.length;
  return share;
}

/** Least loss within a latency budget, over the draws. */
export interface BandPoint {
  latencySeconds: number;
  low: number;
  median: number;
  high: number;
}

/**
 * The frontier as a band: at each budget the middle `level` of the draws' least losses.
 *
 * @example frontierBand([1, 2], [[3, 2], [3, 4]], [2], 0.5)[0].median // 2.5
 */
export function frontierBand(
  latencySeconds: ArrayLike<number>,
  losses: readonly ArrayLike<number>[],
  budgets: readonly number[],
  level = 0.9,
): BandPoint[] {
  const least = losses.map((loss) => {
    const points = frontier(latencySeconds, loss).map((i) => ({ seconds: latencySeconds[i], loss: loss[i] }));
    return budgets.map(
      (budget) => points.filter(({ seconds }) => seconds <= budget).pop()?.loss ?? Number.NaN,
    );
  });
  return budgets.map((budget, b) => {
    const values = least.map((each) => each[b]);
    if (values.some(Number.isNaN))
      return { latencySeconds: budget, low: Number.NaN, median: Number.NaN, high: Number.NaN };
    const [low, median, high] = quantile(values, [(1 - level) / 2, 0.5, (1 + level) / 2]);
    return { latencySeconds: budget, low, median, high };
  });
}
