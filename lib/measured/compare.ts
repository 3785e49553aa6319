import { mean, median, sampleRankCorrelation } from 'simple-statistics';
import type { Profile } from '../roofline/profile';
import { type Measurement, type Observation, observationsOf } from './measurement';
import { predictSeconds } from './predict';

/** A measured number beside its prediction. */
export interface Comparison extends Observation {
  predictedSeconds: number;
}

/** Two numbers to hold against each other. */
export interface Compared {
  measuredSeconds: number;
  predictedSeconds: number;
}

/** How far predictions are from measurements; null where there are too few. */
export interface ErrorSummary {
  /** Of |predicted / measured − 1|. */
  medianAbsolutePercentError: number | null;
  meanAbsolutePercentError: number | null;
  /** Rank correlation of predicted and measured. */
  spearman: number | null;
  /** Geometric mean of predicted / measured, minus 1, in percent: below 0 where predictions are too fast. */
  bias: number | null;
}

/** Errors by phase. */
export interface PhaseErrors {
  prefill: ErrorSummary;
  /** Seconds per token of the answer; end-to-end rows count here, with their share of the prefill on both sides. */
  decode: ErrorSummary;
}

/** Errors of some measurements. */
export interface GroupSummary extends PhaseErrors {
  /** Measurements compared; one may give several numbers. */
  rows: number;
}

/** Predicted against measured. */
export interface Validation extends GroupSummary {
  byDevice: Record<string, GroupSummary>;
  byEngine: Record<string, GroupSummary>;
  /** The ten comparisons that are furthest off by ratio. */
  worst: Miss[];
}

export interface Miss {
  id: string;
  quantity: Observation['quantity'];
  model: string;
  device: string;
  engine: string;
  measuredSeconds: number;
  predictedSeconds: number;
  percentError: number;
}

/**
 * Predictions for all numbers of `measurements`, each under the profile that `choose` gives it.
 *
 * @example compare(measurements.slice(0, 1), () => idealProfile)[0].predictedSeconds > 0 // true
 */
export function compare(
  measurements: readonly Measurement[],
  choose: (measurement: Measurement) => Profile,
): Comparison[] {
  return observationsOf(measurements).map((observation) => ({
    ...observation,
    predictedSeconds: predictSeconds(observation, choose(observation.measurement)),
  }));
}

/**
 * The errors of comparisons, all together.
 *
 * @example summariseErrors(comparisons).medianAbsolutePercentError // 35.83
 */
export function summariseErrors(comparisons: readonly Compared[]): ErrorSummary {
  if (comparisons.length === 0)
    return { medianAbsolutePercentError: null, meanAbsolutePercentError: null, spearman: null, bias: null };
  const errors = comparisons.map((comparison) => Math.abs(percentError(comparison)));
  const predicted = comparisons.map((c) => c.predictedSeconds);
  const measured = comparisons.map((c) => c.measuredSeconds);
  const correlation = comparisons.length < 3 ? Number.NaN : sampleRankCorrelation(predicted, measured);
  return {
    medianAbsolutePercentError: median(errors),
    meanAbsolutePercentError: mean(errors),
    spearman: Number.isFinite(correlation) ? correlation : null,
    bias: 100 * Math.expm1(mean(comparisons.map(logRatio))),
  };
}

/** The errors of comparisons, by phase. */
export function phaseErrors(comparisons: readonly Comparison[]): PhaseErrors {
  return {
    prefill: summariseErrors(comparisons.filter(({ quantity }) => quantity === 'prefill')),
    decode: summariseErrors(comparisons.filter(({ quantity }) => quantity !== 'prefill')),
  };
}

/**
 * How far a prediction lies above what was measured, 100 · (predicted / measured − 1).
 *
 * @example percentError({ measuredSeconds: 2, predictedSeconds: 1 }) // -50
 */
export function percentError({ predictedSeconds, measuredSeconds }: Compared): number {
  return 100 * (predictedSeconds / measuredSeconds - 1);
}

/** ln(predicted / measured): 0 is right, and twice too fast is as far as twice too slow. */
export function logRatio({ predictedSeconds, measuredSeconds }: Compared): number {
  return Math.log(predictedSeconds / measuredSeconds);
}

/** The report of `colaw validate`. */
export function summariseValidation(comparisons: readonly Comparison[]): Validation {
  const by = (read: (measurement: Measurement) => string) => {
    const names = [...new Set(comparisons.map(({ measurement }) => read(measurement)))].sort();
    const members = (name: string) => comparisons.filter(({ measurement }) => read(measurement) === name);
    return Object.fromEntries(names.map((name) => [name, summariseGroup(members(name))]));
  };
  const furthest = [...comparisons].sort((a, b) => Math.abs(logRatio(b)) - Math.abs(logRatio(a)));
  return {
    ...summariseGroup(comparisons),
    byDevice: by(({ device }) => device.id),
    byEngine: by(({ engine }) => engine),
    worst: furthest.slice(0, 10).map(miss),
  };
}

function summariseGroup(comparisons: readonly Comparison[]): GroupSummary {
  return {
    rows: new Set(comparisons.map(({ measurement }) => measurement)).size,
    ...phaseErrors(comparisons),
  };
}

function miss(comparison: Comparison): Miss {
  const { measurement, quantity, measuredSeconds, predictedSeconds } = comparison;
  const { id, model, device, engine } = measurement;
  return {
    id,
    quantity,
    model,
    device: device.id,
    engine,
    measuredSeconds,
    predictedSeconds,
    percentError: percentError(comparison),
  };
}

/**
 * Errors of named groups of comparisons, a row each, for a frame: the words and units of `ErrorSummary`.
 *
 * @example errorRows({ ideal: comparisons }).length // 1
 */
export function errorRows(groups: Readonly<Record<string, readonly Comparison[]>>) {
  return Object.entries(groups).map(([name, comparisons]) => {
    const { medianAbsolutePercentError, meanAbsolutePercentError, bias, spearman } =
      summariseErrors(comparisons);
    const near = comparisons.filter((each) => Math.abs(percentError(each)) <= 20).length;
    return {
      group: name,
      numbers: comparisons.length,
      'median error, %': medianAbsolutePercentError ?? Number.NaN,
      'mean error, %': meanAbsolutePercentError ?? Number.NaN,
      'bias, %': bias ?? Number.NaN,
      'rank correlation': spearman ?? Number.NaN,
      'within 20 %, %': (100 * near) / comparisons.length,
    };
  });
}
