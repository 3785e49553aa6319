import { inverse, Matrix } from 'ml-matrix';
import { oneOf, positiveInteger, refuse } from '../../errors';
import { toModel } from '../fit/to-model';
import { parseFormula } from '../formula/formula';
import type { Columns, Law } from '../law';

export interface PlanOptions {
  /** Rows that are trained already. */
  have?: readonly number[];
  /** `parameters`: least volume of the parameters' uncertainty (D-optimal); `predictions`: least mean variance at `targets` (I-optimal). */
  criterion?: 'parameters' | 'predictions';
  /** Rows whose predictions matter, e.g. those on the frontier. Default all. */
  targets?: readonly number[];
}

/**
 * Which rows to train next: `count` of the candidates, chosen one after another, each the one that most reduces
 * the uncertainty of the law given those before it (J the law's Jacobian, A = JᵀJ: the largest jᵀA⁻¹j, or the
 * largest drop of Σ gᵀA⁻¹g over the targets). A row may be chosen again where repeating it tells most. A weak
 * prior stands in for the rows that are missing at the beginning.
 *
 * @example planRuns(law(), Object.fromEntries(Object.entries(runs.columns)), runs.loss.length, 3).length // 3
 */
export function planRuns(
  law: Law,
  candidates: Columns,
  rows: number,
  count: number,
  { have = [], criterion = 'parameters', targets }: PlanOptions = {},
): number[] {
  positiveInteger(count, 'count');
  oneOf(criterion, ['parameters', 'predictions'], 'criterion');
  const model = toModel(parseFormula(law.formula, law.variables, law.levels ?? {}), candidates, rows);
  const p = model.parameters.length;
  const jacobian = new Float64Array(rows * p);
  model.evaluate(model.toCoordinates(law.parameters), new Float64Array(rows), jacobian);
  if (!jacobian.every(Number.isFinite)) refuse('the law has no finite slope at some candidate');
  const wanted = targets ?? Array.from({ length: rows }, (_, row) => row);
  return chooseRows(jacobian, p, count, { have, targets: criterion === 'predictions' ? wanted : undefined });
}

/**
 * `count` rows of a Jacobian with `p` columns, which it scales: those that shrink the volume of the parameters'
 * uncertainty most or, with `targets`, the variance of their predictions. `distinct`: no row twice.
 */
export function chooseRows(
  jacobian: Float64Array,
  p: number,
  count: number,
  { have = [], targets, distinct = false }: Omit<PlanOptions, 'criterion'> & { distinct?: boolean } = {},
): number[] {
  const rows = jacobian.length / p;
  scaleColumns(jacobian, p);
  const information = Matrix.eye(p, p).mul(1e-6);
  const add = (row: number) => {
    const j = jacobian.subarray(row * p, (row + 1) * p);
    for (let a = 0; a < p; a++)
      for (let b = 0; b < p; b++) information.set(a, b, information.get(a, b) + j[a] * j[b]);
  };
  have.forEach(add);
  const chosen: number[] = [];
  for (let i = 0; i < count; i++) {
    const covariance = inverse(information);
    const spread = targets && secondMoment(covariance, jacobian, targets, p);
    let [best, most] = [-1, -1];
    for (let row = 0; row < rows; row++) {
      if (distinct && chosen.includes(row)) continue;
      const j = jacobian.subarray(row * p, (row + 1) * p);
      const variance = quadratic(covariance, j);
      const gain = spread === undefined ? variance : quadratic(spread, j) / (1 + variance);
      if (gain > most) [best, most] = [row, gain];
    }
    chosen.push(best);
    add(best);
  }
  return chosen;
}

/** Σ A⁻¹ g gᵀ A⁻¹ over the targets. */
function secondMoment(
  covariance: Matrix,
  jacobian: Float64Array,
  rows: readonly number[],
  p: number,
): Matrix {
  const sum = Matrix.zeros(p, p);
  for (const row of rows) {
    const g = jacobian.subarray(row * p, (row + 1) * p);
    for (let a = 0; a < p; a++) for (let b = 0; b < p; b++) sum.set(a, b, sum.get(a, b) + g[a] * g[b]);
  }
  return covariance.mmul(sum).mmul(covariance);
}

function quadratic(matrix: Matrix, j: Float64Array): number {
  let sum = 0;
  for (let a = 0; a < j.length; a++) for (let b = 0; b < j.length; b++) sum += j[a] * matrix.get(a, b) * j[b];
  return sum;
}

/** Columns of a Jacobian scaled to mean square 1, which changes no choice and keeps the prior weak for all. */
function scaleColumns(jacobian: Float64Array, p: number): void {
  const rows = jacobian.length / p;
  for (let a = 0; a < p; a++) {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += jacobian[row * p + a] ** 2;
    const size = Math.sqrt(sum / rows) || 1;
    for (let row = 0; row < rows; row++) jacobian[row * p + a] /= size;
  }
}
