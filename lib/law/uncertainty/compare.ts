/** Node only, through TensorFlow.js: which of several laws the runs support. */
import { mean } from 'simple-statistics';
import { positiveInteger, refuse } from '../../errors';
import { permutation, seededRandom } from '../../random';
import { type FitOptions, fit } from '../fit/fit';
import { makeProblem, onRows, type Problem, refit } from '../fit/problem';
import type { Runs } from '../fit/runs';
import { predictRows } from '../law';

/** How a law fares on a table. */
export interface LawComparison {
  name: string;
  formula: string;
  /** Parameters that are fitted. */
  parameters: number;
  /** Root mean squared error on the rows that it was fitted to. */
  rmse: number;
  r2: number;
  /** The same on rows that were held out, over all folds. */
  heldOutRmse: number;
  /** Standard error of the held-out mean squared error, as a root: how far chance moves `heldOutRmse`. */
  heldOutError: number;
  /** Information criteria for normal errors: n·ln(MSE) + 2(k + 1), and + ln(n)(k + 1). */
  aic: number;
  bic: number;
}

/**
 * Fits each formula to the training rows and judges it on held-out folds, the same for all. In each fold the
 * fit starts from that to all rows. Sorted by held-out error.
 *
 * @example (await compareLaws(runs, { depth: 'a/depth^b + c' }, { starts: 4 }))[0].parameters // 3
 */
export async function compareLaws(
  runs: Runs,
  formulas: Readonly<Record<string, string>>,
  options: FitOptions & { folds?: number } = {},
): Promise<LawComparison[]> {
  const folds = positiveInteger(options.folds ?? 10, 'folds');
  const rows: LawComparison[] = [];
  for (const [name, formula] of Object.entries(formulas)) {
    const fitted = await fit(runs, { ...options, formula });
    const problem = makeProblem(runs, { ...options, formula });
    const n = problem.loss.length;
    if (folds < 2 || folds > n) refuse(`folds ${folds} is not from 2 to ${n}, the number of rows`);
    const order = permutation(n, seededRandom(options.seed ?? 0));
    const errors = Array.from({ length: folds }, (_, fold) =>
      heldOut(problem, fitted.parameters, order, (place) => place % folds === fold),
    ).flat();
    const squares = errors.map((error) => error * error);
    const heldOutMean = mean(squares);
    const spread = Math.sqrt(mean(squares.map((each) => (each - heldOutMean) ** 2)) / n);
    const k = problem.model.parameters.length;
    rows.push({
      name,
      formula: problem.text,
      parameters: k,
      rmse: fitted.rmse,
      r2: fitted.r2.train,
      heldOutRmse: Math.sqrt(heldOutMean),
      heldOutError: spread / (2 * Math.sqrt(heldOutMean)),
      aic: n * Math.log(fitted.meanSquaredError) + 2 * (k + 1),
      bic: n * Math.log(fitted.meanSquaredError) + Math.log(n) * (k + 1),
    });
  }
  return rows.sort((a, b) => a.heldOutRmse - b.heldOutRmse);
}

/** Errors on the smaller and on the larger part of the runs by a column, of a law fitted to the smaller alone. */
export interface Extrapolation {
  insideRmse: number;
  outsideRmse: number;
  /** Mean of prediction − loss on the larger part: above zero, the law is too pessimistic. */
  outsideBias: number;
}

/**
 * Fits a law to the `share` of the rows that is smallest by `column` and judges it on the rest.
 *
 * @example (await extrapolate(runs, runs.columns.width, { starts: 4,
 *   formula: 'a/width^b + c' })).outsideRmse > 0 // true
 */
export async function extrapolate(
  runs: Runs,
  column: ArrayLike<number>,
  options: FitOptions & { share?: number } = {},
): Promise<Extrapolation> {
  const { share = 0.5 } = options;
  if (!(share > 0 && share < 1)) refuse(`share ${share} is not between 0 and 1`);
  const rows = [...runs.loss.keys()].filter((row) => runs.isTraining[row]);
  rows.sort((a, b) => column[a] - column[b]);
  const small = new Set(rows.slice(0, Math.round(share * rows.length)));
  const fitted = await fit({ ...runs, isTraining: runs.isTraining.map((_, row) => small.has(row)) }, options);
  const predictions = predictRows(fitted.law, runs.columns, runs.loss.length);
  const large = rows.filter((row) => !small.has(row));
  const errors = large.map((row) => predictions[row] - runs.loss[row]);
  return {
    insideRmse: fitted.rmse,
    outsideRmse: Math.sqrt(mean(errors.map((error) => error * error))),
    outsideBias: mean(errors),
  };
}

/** Errors, prediction − loss, on the rows of a fold, of a law fitted to the others. */
function heldOut(
  problem: Problem,
  from: Record<string, number>,
  order: readonly number[],
  isHeldOut: (place: number) => boolean,
): number[] {
  const kept = onRows(
    problem,
    order.filter((_, place) => !isHeldOut(place)),
  );
  const held = onRows(
    problem,
    order.filter((_, place) => isHeldOut(place)),
  );
  const parameters = kept.model.toParameters(refit(kept, from).u);
  const predictions = new Float64Array(held.loss.length);
  held.model.evaluate(held.model.toCoordinates(parameters), predictions);
  return Array.from(predictions, (prediction, row) => prediction - held.loss[row]);
}
