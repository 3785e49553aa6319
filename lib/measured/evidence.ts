import { median, quantile, sampleWithReplacement } from 'simple-statistics';
import { seededRandom } from '../random';
import { type Comparison, logRatio, percentError } from './compare';

/**
 * 90 % interval of the median absolute percent error when the models are drawn anew, `draws` times.
 *
 * @example medianErrorInterval(comparisons, 100, 1).low < medianErrorInterval(comparisons, 100, 1).high // true
 */
export function medianErrorInterval(
  comparisons: readonly Comparison[],
  { draws = 1000, seed = 0 }: { draws?: number; seed?: number } = {},
): { low: number; high: number } {
  const errorsByModel = groupBy(comparisons, ({ measurement }) => measurement.model).map((group) =>
    group.map((comparison) => Math.abs(percentError(comparison))),
  );
  const random = seededRandom(seed);
  const medians = Array.from({ length: draws }, () =>
    median(sampleWithReplacement(errorsByModel, errorsByModel.length, random).flat()),
  );
  return { low: quantile(medians, 0.05), high: quantile(medians, 0.95) };
}

/**
 * Comparisons after the best that one factor per model, board, engine, precision, batch and quantity can do:
 * each prediction times the factor that centres its group. What error is left comes from versions, prompts
 * and timing, and is below what any profile can reach. Groups of one are left out: a factor fits them exactly.
 *
 * @example correctedByGroup(comparisons).length < comparisons.length // true
 */
export function correctedByGroup(comparisons: readonly Comparison[]): Comparison[] {
  const key = ({ measurement: m, quantity }: Comparison) =>
    [m.model, m.device.id, m.engine, m.precision, m.workload.batch, quantity].join();
  return groupBy(comparisons, key)
    .filter((group) => group.length > 1)
    .flatMap((group) => {
      const factor = Math.exp(-median(group.map(logRatio)));
      return group.map((each) => ({ ...each, predictedSeconds: factor * each.predictedSeconds }));
    });
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return [...groups.values()];
}
