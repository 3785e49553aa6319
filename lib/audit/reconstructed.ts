/** Node only: what a fit finds in runs that are reconstructed from the published law. Tests of the method. */
import type { Fit } from '../law/fit/fit';
import type { Runs } from '../law/fit/runs';
import { CODESIGN_FORMULA } from '../law/law';
import { RECONSTRUCTION } from '../law/reconstruct';
import type { Evidence } from './evidence';
import { compared, type Finding } from './verdict';

/** R² of the fit to the reconstructed runs; for held-out runs, with what chance makes of it. */
export async function fitReaches(
  { law, fit, runs }: Evidence,
  { split, printed, within }: { split: 'train' | 'validation'; printed: number; within: number },
): Promise<Finding> {
  const fitted = await fit();
  const value = fitted.r2[split]!;
  const found = { ours: value.toFixed(3), value };
  if (split === 'train')
    return compared(Math.abs(value - printed) < within, {
      ...found,
      how: 'on reconstructed runs, whose noise was chosen to give this in expectation: a test of the fit, not of the paper',
    });
  const { chanceR2 } = await import('../law/uncertainty/held-out.js');
  const draws = chanceR2(law, await runs(), noiseOf(fitted, await runs()), { seed: RECONSTRUCTION.seed });
  return compared(Math.abs(value - printed) < within, {
    ...found,
    how: `on reconstructed runs: which 32 are held out moves it between ${draws[25].toFixed(2)} and ${draws[974].toFixed(2)} (95 %)`,
  });
}

/** Standard deviation of the runs about a law fitted to them, by the degrees of freedom that are left. */
export function noiseOf({ rmse, parameters }: Fit, { isTraining }: Runs): number {
  const rows = isTraining.filter((each) => each).length;
  return rmse * Math.sqrt(rows / (rows - Object.keys(parameters).length));
}

/** How many coefficients of the law that made the runs a fit to them finds, to two standard errors. */
export async function coefficientsFound({ law, fit }: Evidence): Promise<Finding> {
  const { parameters, standardErrors } = await fit();
  const names = Object.keys(law.parameters);
  const outside = names.filter(
    (name) => !(Math.abs(parameters[name] - law.parameters[name]) <= 2 * standardErrors[name]),
  );
  return compared(outside.length === 0, {
    ours: `${names.length - outside.length} of ${names.length} within two standard errors`,
    how:
      outside.length === 0
        ? 'on reconstructed runs: the method finds the law that made the data'
        : `on reconstructed runs, made by that law: ${outside.join(', ')} lie outside; see what the runs do not tell`,
    value: names.length - outside.length,
  });
}

/** How much the fit suffers when the KV exponent is held at other values, and where the floor goes. */
export async function exponentHeld(
  { runs }: Evidence,
  { parameter, values, atLeast }: { parameter: string; values: number[]; atLeast: number },
): Promise<Finding> {
  const { holdParameter } = await import('../law/uncertainty/held-out.js');
  const points = await holdParameter(await runs(), CODESIGN_FORMULA, parameter, values);
  const errors = points.map(({ rmse }) => rmse);
  const floors = points.map(({ parameters }) => parameters.Linf);
  const spread = Math.max(...errors) / Math.min(...errors) - 1;
  return compared(spread > atLeast, {
    ours: `α_m from ${Math.min(...values)} to ${Math.max(...values)} changes the RMSE by ${(100 * spread).toFixed(2)} % and L∞ from ${Math.min(...floors).toFixed(2)} to ${Math.max(...floors).toFixed(2)}`,
    how: 'at the noise that R² = 0.975 implies, 170 runs do not identify κ_m, α_m and L∞ apart',
    value: spread,
  });
}
