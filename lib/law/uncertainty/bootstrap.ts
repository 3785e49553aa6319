import { mean, quantile } from 'simple-statistics';
import { oneOf, positiveInteger, refuse } from '../../errors';
import { seededRandom } from '../../random';
import type { Fit } from '../fit/fit';
import { MOST_REFITS } from '../fit/limits';
import { residual } from '../fit/objective';
import { makeProblem, onRows, type ProblemOptions, refit } from '../fit/problem';
import type { Runs } from '../fit/runs';
import { type Columns, type Law, predictRows } from '../law';

export interface BootstrapOptions extends ProblemOptions {
  /** `residual`: the same rows with resampled errors; `case`: resampled rows. Default `residual`. */
  kind?: 'residual' | 'case';
  /** Refits. Default 500. */
  count?: number;
  /** Default 0. */
  seed?: number;
}

/** Parameters of one refit, by name. */
export type Draw = Record<string, number>;

/**
 * Refits a law to resampled runs, each from the fit itself, with its options. Residuals are centred and scaled
 * by √(n / (n − p)), since a fit makes them smaller than the errors. Refits that reach no optimum that float64
 * can hold are left out; if that is more than a tenth of them, an `InputError` says so.
 *
 * @example bootstrap(runs, fitted, { count: 20, seed: 1 }).length // 20
 */
export function bootstrap(runs: Runs, { law, parameters }: Fit, options: BootstrapOptions = {}): Draw[] {
  const { kind = 'residual', fixed = {} } = options;
  oneOf(kind, ['residual', 'case'], 'kind of bootstrap');
  const count = positiveInteger(options.count ?? 500, 'count', MOST_REFITS);
  const problem = makeProblem(runs, { ...options, formula: law.formula });
  const { model, loss, objective } = problem;
  const n = loss.length;
  const random = seededRandom(options.seed ?? 0);
  const pick = () => Array.from({ length: n }, () => Math.floor(n * random()));

  const predictions = new Float64Array(n);
  model.evaluate(model.toCoordinates(parameters), predictions);
  // Of one size where weights say how sure each row is.
  const roots = Float64Array.from(loss, (_, row) => Math.sqrt(objective.weights?.[row] ?? 1));
  const errors = Array.from(
    loss,
    (each, row) => -residual(objective, predictions[row], each)[0] * roots[row],
  );
  const centre = mean(errors);
  const scale = Math.sqrt(n / Math.max(1, n - model.parameters.length));
  const disturbed = (row: number, from: number) => {
    const error = (scale * (errors[from] - centre)) / roots[row];
    return objective.kind === 'squared' ? predictions[row] + error : predictions[row] * Math.exp(error);
  };
  const all = Array.from({ length: n }, (_, row) => row);

  const draws: Draw[] = [];
  for (let i = 0; i < count; i++) {
    const rows = pick();
    const again =
      kind === 'case'
        ? onRows(problem, rows)
        : { ...problem, loss: Float64Array.from(all, (row) => disturbed(row, rows[row])) };
    const { u, objective: value } = refit(again, parameters);
    if (Number.isFinite(value)) draws.push({ ...again.model.toParameters(u), ...fixed });
  }
  if (draws.length < 0.9 * count)
    refuse(`${runs.name}: ${count - draws.length} of ${count} refits reached no optimum`);
  return draws;
}

/** Refuses what is no share of the draws. */
export function checkLevel(level: number): void {
  if (!(level > 0 && level < 1)) refuse(`level ${level} is not between 0 and 1`);
}

/**
 * The interval that holds the middle `level` of values.
 *
 * @example interval([1, 2, 3, 4, 5], 0.5) // [2, 4]
 */
export function interval(values: readonly number[], level = 0.9): [low: number, high: number] {
  checkLevel(level);
  const [low, high] = quantile(values as number[], [(1 - level) / 2, (1 + level) / 2]);
  return [low, high];
}

/**
 * Intervals of all parameters.
 *
 * @example parameterIntervals([{ a: 1 }, { a: 2 }, { a: 3 }], 0.5) // { a: [1.5, 2.5] }
 */
export function parameterIntervals(draws: readonly Draw[], level = 0.9): Record<string, [number, number]> {
  const names = Object.keys(draws[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [
      name,
      interval(
        draws.map((draw) => draw[name]),
        level,
      ),
    ]),
  );
}

/**
 * Predictions of every draw [draws][rows].
 *
 * @example predictDraws({ formula: 'a/n', variables: ['n'], parameters: {} }, [{ a: 1 }, { a: 2 }], { n: [2] },
 *   1)[1][0] // 1
 */
export function predictDraws(
  law: Law,
  draws: readonly Draw[],
  columns: Columns,
  rows: number,
): Float64Array[] {
  return draws.map((parameters) => predictRows({ ...law, parameters }, columns, rows));
}

/**
 * For each row the interval that holds the middle `level` of the draws' predictions.
 *
 * @example predictionBand([Float64Array.of(1), Float64Array.of(3)], 0.5) // [[1.5, 2.5]]
 */
export function predictionBand(predictions: readonly Float64Array[], level = 0.9): [number, number][] {
  const rows = predictions[0]?.length ?? 0;
  return Array.from({ length: rows }, (_, row) =>
    interval(
      predictions.map((draw) => draw[row]),
      level,
    ),
  );
}
