import { sumNthPowerDeviations } from 'simple-statistics';

/**
 * R² = 1 − SSE/SST; NaN for fewer than two losses.
 *
 * @example rSquared([1, 2, 3], [1, 2, 4]) // 0.7857
 */
export function rSquared(predictions: ArrayLike<number>, losses: ArrayLike<number>): number {
  if (losses.length < 2) return Number.NaN;
  return 1 - sumOfSquaredErrors(predictions, losses) / sumNthPowerDeviations(Array.from(losses), 2);
}

/** Σ (prediction − loss)². */
export function sumOfSquaredErrors(predictions: ArrayLike<number>, losses: ArrayLike<number>): number {
  let sum = 0;
  for (let row = 0; row < losses.length; row++) sum += (predictions[row] - losses[row]) ** 2;
  return sum;
}
