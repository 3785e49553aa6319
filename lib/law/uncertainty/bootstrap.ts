import { mean, quantile } from 'simple-statistics';
import { oneOf, positiveInteger, refuse } from '../../errors';
import { seededRandom } from '../../random';
import type { Fit } from '../fit/fit';
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

/** More than anyone needs to know an interval by; a million would take hours. */
const MOST_DRAWS = 100_000;

/** The number of refits, or an error where it is none that can be computed. */
export function drawCount(count: unknown): number {
  const draws = positiveInteger(count, 'bootstrap count');
  if (draws > MOST_DRAWS) refuse(`bootstrap count ${draws} is more than ${MOST_DRAWS}`);
  return draws;
}

/** Parameters of one refit, by name. */
export type Draw = Record<string, number>;

/**
 * Refits a law to resampled runs, each from the fit itself, with its options. Residuals are centred and scaled
 * by √(n / (n − p)), since a fit makes them smaller than the errors. Refits that reach no optimum that float64
 * can hold are left out; if that is more than a tenth of them, an `InputError` says so.
 */
export function bootstrap(runs: Runs, { law, parameters }: Fit, options: BootstrapOptions = {}): Draw[] {
  const { kind = 'residual', fixed = {} } = options;
  oneOf(kind, ['residual', 'case'], 'kind of bootstrap');
  const count = drawCount(options.count ?? 500);
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

/** The interval that holds the middle `level` of values. */
export function interval(values: readonly number[], level = 0.9): [low: number, high: number] {
  if (!(level > 0 && level < 1)) refuse(`level ${level} is not between 0 and 1`);
  const [low, high] = quantile(values as number[], [(1 - level) / 2, (1 + level) / 2]);
  return [low, high];
}

/** Intervals of all parameters. */
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

/** Predictions of every draw [draws][rows]. */
export function predictDraws(
  law: Law,
  draws: readonly Draw[],
  columns: Columns,
  rows: number,
): Float64Array[] {
  return draws.map((parameters) => predictRows({ ...law, parameters }, columns, rows));
}

/** For each row the interval that holds the middle `level` of the draws' predictions. */
export function predictionBand(predictions: readonly Float64Array[], level = 0.9): [number, number][] {
  const rows = predictions[0]?.length ?? 0;
  return Array.from({ length: rows }, (_, row) =>
    interval(
      predictions.map((draw) => draw[row]),
      level,
    ),
  );
}
