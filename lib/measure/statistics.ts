/** What repeats of a measurement say together. */
import { median, medianAbsoluteDeviation } from 'simple-statistics';

/** Median of repeats, and their spread: the median absolute deviation from it. */
export interface Repeated {
  median: number;
  /** Median absolute deviation, in the unit of the median. */
  deviation: number;
  count: number;
}

/**
 * Median, median absolute deviation and count.
 *
 * @example summarise([1, 2, 9]) // { median: 2, deviation: 1, count: 3 }
 */
export function summarise(values: readonly number[]): Repeated {
  return {
    median: median(values as number[]),
    deviation: medianAbsoluteDeviation(values as number[]),
    count: values.length,
  };
}

/** Spread as a share of the median. */
export function shareOf({ median: middle, deviation }: Repeated): number {
  return deviation / middle;
}
