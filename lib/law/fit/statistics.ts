import { sumNthPowerDeviations } from 'simple-statistics';

/**
 * R² = 1 − SSE/SST, each row counted by its weight; NaN for fewer than two losses.
 *
 * @example rSquared([1, 2, 3], [1, 2, 4]) // 0.7857
 */
export function rSquared(
  predictions: ArrayLike<number>,
  losses: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number {
  if (losses.length < 2) return Number.NaN;
  const spread =
    weights === undefined
      ? sumNthPowerDeviations(Array.from(losses), 2)
      : sumOfSquaredErrors(
          new Float64Array(losses.length).fill(weightedMean(losses, weights)),
          losses,
          weights,
        );
  return 1 - sumOfSquaredErrors(predictions, losses, weights) / spread;
}

/** Σ weight · (prediction − loss)². */
export function sumOfSquaredErrors(
  predictions: ArrayLike<number>,
  losses: ArrayLike<number>,
  weights?: ArrayLike<number>,
): number {
  let sum = 0;
  for (let row = 0; row < losses.length; row++)
    sum += (predictions[row] - losses[row]) ** 2 * (weights?.[row] ?? 1);
  return sum;
}

function weightedMean(values: ArrayLike<number>, weights: ArrayLike<number>): number {
  let [sum, total] = [0, 0];
  for (let row = 0; row < values.length; row++) {
    sum += weights[row] * values[row];
    total += weights[row];
  }
  return sum / total;
}
