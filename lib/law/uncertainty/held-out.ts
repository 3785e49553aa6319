/** How far R² wanders by chance, and what one parameter does to a fit. */
import { gaussian, permutation, seededRandom } from '../../random';
import { type FitOptions, fit } from '../fit/fit';
import type { Runs } from '../fit/runs';
import { rSquared } from '../fit/statistics';
import { type Law, predictRows } from '../law';

/**
 * R² of `count` rows drawn from `runs` whose losses are the law's own plus Gaussian noise, `draws` times, sorted:
 * what chance makes of a law that is true.
 *
 * @example chanceR2(law(), runs, 0.06, { draws: 10 }).length // 10
 */
export function chanceR2(
  law: Law,
  runs: Runs,
  noise: number,
  { count = 32, draws = 1000, seed = 0 }: { count?: number; draws?: number; seed?: number } = {},
): number[] {
  const clean = predictRows(law, runs.columns, runs.loss.length);
  const random = seededRandom(seed);
  return Array.from({ length: draws }, () => {
    const rows = permutation(runs.loss.length, random).slice(0, count);
    return rSquared(
      rows.map((row) => clean[row]),
      rows.map((row) => clean[row] + noise * gaussian(random)),
    );
  }).sort((a, b) => a - b);
}

/** A fit with one parameter held at `value`. */
export interface HeldFit {
  value: number;
  rmse: number;
  parameters: Record<string, number>;
}

/**
 * Fits `formula` with its parameter `name` held at each of `values`; the others are free.
 *
 * @example (await holdParameter(runs, 'a/depth^b + c', 'b', [1], { starts: 4 })).length // 1
 */
export async function holdParameter(
  runs: Runs,
  formula: string,
  name: string,
  values: readonly number[],
  options: FitOptions = {},
): Promise<HeldFit[]> {
  const fits: HeldFit[] = [];
  for (const value of values) {
    const held = await fit(runs, {
      starts: 8,
      ...options,
      formula: formula.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), String(value)),
    });
    fits.push({ value, rmse: held.rmse, parameters: held.parameters });
  }
  return fits;
}
