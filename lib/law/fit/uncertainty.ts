import { inverse, Matrix, QrDecomposition, SingularValueDecomposition } from 'ml-matrix';
import { medianAbsoluteDeviation } from 'simple-statistics';
import { type Objective, residual, weight } from './objective';
import type { Problem } from './problem';
import { type Box, deadCoordinates } from './refine';

/** A parameter whose standard error exceeds its size, and with what it trades off. */
export interface Unidentified {
  parameter: string;
  /** Standard error over size. */
  relativeError: number;
  /** Parameters whose estimates are correlated with it by more than 0.9 in size. */
  tradesOffWith: string[];
}

/** Parameters that the rows cannot tell apart, since a change in one is made up for by the others. */
export interface Collinear {
  parameters: string[];
  /** Largest singular value of the scaled Jacobian over that of the direction in which they trade off. */
  conditionIndex: number;
}

/** How well the rows pin the parameters down. */
export interface Uncertainty {
  /** Standard error of each parameter: the root of the diagonal of σ² (JᵀJ)⁻¹; of `held` ones 0 or ∞. */
  standardErrors: Record<string, number>;
  /**
   * Parameters that the rows do not move: at one of their bounds, with which all else here is conditional on them;
   * or of a term that has vanished (a coefficient that would be 0 or below), so that nothing is known of them.
   */
  held: Record<string, 'at its bound' | 'its term has vanished'>;
  /** Covariance of the estimates, in the order of the parameters that were fitted. */
  covariance: number[][];
  /** Largest over smallest singular value of the Jacobian by the parameters, its columns scaled to length 1. */
  conditionNumber: number;
  /** What the rows cannot identify. */
  unidentified: Unidentified[];
  /** What trades off with what; strongest first. */
  collinear: Collinear[];
}

/**
 * Standard errors and identifiability at the optimum `u`, from the exact Jacobian there. Errors are taken to
 * be independent and of one size, or of variances that fall as the weights rise; for the Huber objective, the
 * usual M-estimator formula. The covariance is
 * computed in the coordinates of the fit, which are well conditioned, and carried over to the parameters.
 */
export function uncertainty({ model, loss, objective, box, fixed }: Problem, u: Float64Array): Uncertainty {
  const { rows, parameters } = model;
  const count = parameters.length;
  const predictions = new Float64Array(rows);
  const jacobian = new Float64Array(rows * count);
  model.evaluate(u, predictions, jacobian);
  const byCoordinate = new Matrix(rows, count);
  const residuals = new Float64Array(rows);
  const squaredLengths = new Float64Array(count);
  let scores = 0;
  let squares = 0;
  for (let row = 0; row < rows; row++) {
    const root = Math.sqrt(objective.weights?.[row] ?? 1);
    const [error, change] = residual(objective, predictions[row], loss[row]);
    const [r, slope] = [root * error, root * change];
    const w = weight(objective, error);
    residuals[row] = r;
    scores += (w * r) ** 2;
    squares += w * r * r;
    for (let p = 0; p < count; p++) {
      const along = slope * jacobian[row * count + p];
      byCoordinate.set(row, p, along);
      squaredLengths[p] += w * along * along;
    }
  }
  const dead = deadCoordinates(model, squaredLengths, squares);
  const bound = boundCoordinates(u, box);
  const free = [...parameters.keys()].filter((p) => !dead.includes(p) && !bound.includes(p));
  const variance = scores / Math.max(1, rows - free.length) / meanCurvature(objective, residuals) ** 2;

  const all = [...Array(rows).keys()];
  const { values, directions, lengths } = scaledSvd(byCoordinate.selection(all, free));
  const gradient = new Matrix(model.parameterGradient(u));
  // Rows of `spread`: how far one standard error along each direction moves each parameter.
  const spread = parameters.map((_, p) =>
    values.map((value, k) => {
      const along = lengths.reduce(
        (s, length, q) => s + (gradient.get(p, free[q]) * directions.get(q, k)) / length,
        0,
      );
      return along === 0 ? 0 : (Math.sqrt(variance) * along) / value;
    }),
  );
  const covariance = spread.map((a) => spread.map((b) => a.reduce((sum, move, k) => sum + move * b[k], 0)));
  for (const p of dead) covariance[p][p] = Number.POSITIVE_INFINITY;
  const errors = covariance.map((row, p) => Math.sqrt(row[p]));
  const correlation = (p: number, q: number) => covariance[p][q] / (errors[p] * errors[q]);

  const estimates = model.toParameters(u);
  const unidentified = parameters.flatMap((parameter, p) => {
    const relativeError = errors[p] / Math.abs(estimates[parameter]);
    if (relativeError <= 1 || bound.includes(p)) return [];
    const tradesOffWith = parameters.filter((_, q) => q !== p && Math.abs(correlation(p, q)) > 0.9);
    return [{ parameter, relativeError, tradesOffWith }];
  });
  const scaled =
    free.length === 0
      ? undefined
      : byParameter(byCoordinate.selection(all, free), gradient.selection(free, free));
  const names = (places: readonly number[]) => places.map((p) => parameters[p]);
  // A parameter of one group that is fixed is fitted within bounds without room; it is none of those that were fitted.
  const fitted = [...parameters.keys()].filter((p) => !(parameters[p] in fixed));
  return {
    standardErrors: Object.fromEntries(fitted.map((p) => [parameters[p], errors[p]])),
    held: Object.fromEntries([
      ...names(bound.filter((p) => fitted.includes(p))).map((name) => [name, 'at its bound'] as const),
      ...names(dead).map((name) => [name, 'its term has vanished'] as const),
    ]),
    covariance: fitted.map((p) => fitted.map((q) => covariance[p][q])),
    conditionNumber:
      scaled === undefined || dead.length > 0
        ? Number.POSITIVE_INFINITY
        : scaled.values[0] / scaled.values[free.length - 1],
    unidentified,
    collinear: scaled === undefined ? [] : collinear(scaled, names(free)),
  };
}

/** Coordinates at an end of the box. */
function boundCoordinates(u: Float64Array, box?: Box): number[] {
  return [...u.keys()].filter((p) => box !== undefined && (u[p] <= box.low[p] || u[p] >= box.high[p]));
}

/**
 * Mean of ρ″, up to the constant of `weight`: 1 for squares; for Huber the share of residuals within δ, which
 * for a small δ is estimated from a wider window, as a density.
 */
function meanCurvature({ kind, delta }: Objective, residuals: Float64Array): number {
  if (kind === 'squared') return 1;
  const scale = 1.4826 * medianAbsoluteDeviation(Array.from(residuals));
  const window = Math.max(delta, 0.9 * scale * residuals.length ** -0.2);
  const inside = residuals.filter((r) => Math.abs(r) <= window).length;
  return ((inside / residuals.length) * delta) / window;
}

/** Singular values of ∂residual/∂parameter; undefined where a parameter has run off to 0 or ∞. */
function byParameter(byCoordinate: Matrix, gradient: Matrix) {
  if (gradient.diagonal().some((slope) => slope === 0 || !Number.isFinite(slope))) return undefined;
  return scaledSvd(byCoordinate.mmul(inverse(gradient)));
}

/**
 * Collinearity after Belsley, Kuh and Welsch (1980): directions with a condition index above 30, and the
 * parameters more than half of whose variance lies along them.
 */
function collinear(
  { values, directions }: ReturnType<typeof scaledSvd>,
  parameters: readonly string[],
): Collinear[] {
  const along = parameters.map((_, p) => values.map((value, k) => (directions.get(p, k) / value) ** 2));
  const totals = along.map((each) => each.reduce((sum, part) => sum + part, 0));
  return values
    .flatMap((value, k) => {
      const conditionIndex = values[0] / value;
      const together = parameters.filter((_, p) => along[p][k] > totals[p] / 2);
      return conditionIndex > 30 && together.length > 1 ? [{ parameters: together, conditionIndex }] : [];
    })
    .sort((a, b) => b.conditionIndex - a.conditionIndex);
}

/** Singular values and right singular vectors of `matrix`, its columns scaled to length 1. */
export function scaledSvd(matrix: Matrix) {
  const lengths = Array.from({ length: matrix.columns }, (_, p) => matrix.getColumnVector(p).norm() || 1);
  const scaled = matrix.clone();
  lengths.forEach((length, p) => {
    scaled.mulColumn(p, 1 / length);
  });
  const svd = new SingularValueDecomposition(triangle(scaled), { autoTranspose: true });
  return { values: svd.diagonal, directions: svd.rightSingularVectors, lengths };
}

/** How many rows are taken at a time. */
const BLOCK = 4096;

/** The R of a QR decomposition, block after block: few rows with the same singular values and right vectors. */
function triangle(matrix: Matrix): Matrix {
  const { rows, columns } = matrix;
  if (rows <= BLOCK) return matrix;
  let top = matrix.subMatrix(0, BLOCK - 1, 0, columns - 1);
  for (let row = BLOCK; row < rows; row += BLOCK) {
    const block = matrix.subMatrix(row, Math.min(row + BLOCK, rows) - 1, 0, columns - 1);
    const { upperTriangularMatrix } = new QrDecomposition(top);
    top = new Matrix([...upperTriangularMatrix.to2DArray(), ...block.to2DArray()]);
  }
  return top;
}
