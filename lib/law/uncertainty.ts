import { inverse, Matrix, SingularValueDecomposition } from 'ml-matrix';
import { medianAbsoluteDeviation } from 'simple-statistics';
import { evaluate, type LogLinear, parameterGradient, toParameters } from './loglinear';
import { type Objective, residual, weight } from './objective';

/** A parameter whose standard error exceeds its size, and with what it trades off. */
export interface Unidentified {
  parameter: string;
  /** Standard error over size. */
  relativeError: number;
  /** Parameters whose estimates are correlated with it by more than 0.9 in size. */
  tradesOffWith: string[];
}

/** How well the rows pin the parameters down. */
export interface Uncertainty {
  /** Standard error of each parameter: the root of the diagonal of σ² (JᵀJ)⁻¹. */
  standardErrors: Record<string, number>;
  /** Covariance of the estimates, in the order of the parameters. */
  covariance: number[][];
  /** Largest over smallest singular value of the Jacobian by the parameters, its columns scaled to length 1. */
  conditionNumber: number;
  /** What the rows cannot identify. */
  unidentified: Unidentified[];
}

/**
 * Standard errors and identifiability at the optimum `u`, from the exact Jacobian there. Errors are taken to
 * be independent and of one size; for the Huber objective, the usual M-estimator formula. The covariance is
 * computed in the coordinates of the fit, which are well conditioned, and carried over to the parameters.
 */
export function uncertainty(
  model: LogLinear,
  loss: ArrayLike<number>,
  objective: Objective,
  u: Float64Array,
): Uncertainty {
  const { rows, parameters } = model;
  const count = parameters.length;
  const predictions = new Float64Array(rows);
  const jacobian = new Float64Array(rows * count);
  evaluate(model, u, predictions, jacobian);
  const byCoordinate = new Matrix(rows, count);
  const residuals = new Float64Array(rows);
  let scores = 0;
  for (let row = 0; row < rows; row++) {
    const [r, slope] = residual(objective, predictions[row], loss[row]);
    residuals[row] = r;
    scores += (weight(objective, r) * r) ** 2;
    for (let p = 0; p < count; p++) byCoordinate.set(row, p, slope * jacobian[row * count + p]);
  }
  const variance = scores / Math.max(1, rows - count) / meanCurvature(objective, residuals) ** 2;

  const { values, directions, lengths } = scaledSvd(byCoordinate);
  const gradient = new Matrix(parameterGradient(model, u));
  // Rows of `spread`: how far one standard error along each direction moves each parameter.
  const spread = parameters.map((_, p) =>
    values.map((value, k) => {
      const along = lengths.reduce(
        (s, length, q) => s + (gradient.get(p, q) * directions.get(q, k)) / length,
        0,
      );
      return along === 0 ? 0 : (Math.sqrt(variance) * along) / value;
    }),
  );
  const errors = spread.map((moves) => Math.hypot(...moves));
  const covariance = spread.map((a) => spread.map((b) => a.reduce((sum, move, k) => sum + move * b[k], 0)));
  const correlation = (p: number, q: number) => covariance[p][q] / (errors[p] * errors[q]);

  const estimates = toParameters(model, u);
  const unidentified = parameters.flatMap((parameter, p) => {
    const relativeError = errors[p] / Math.abs(estimates[parameter]);
    if (relativeError <= 1) return [];
    const tradesOffWith = parameters.filter((_, q) => q !== p && Math.abs(correlation(p, q)) > 0.9);
    return [{ parameter, relativeError, tradesOffWith }];
  });
  return {
    standardErrors: Object.fromEntries(parameters.map((name, p) => [name, errors[p]])),
    covariance,
    conditionNumber: conditionNumber(byCoordinate, gradient),
    unidentified,
  };
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

/** Condition number of ∂residual/∂parameter; infinite where a parameter has run off to 0 or ∞. */
function conditionNumber(byCoordinate: Matrix, gradient: Matrix): number {
  if (gradient.diagonal().some((slope) => slope === 0 || !Number.isFinite(slope)))
    return Number.POSITIVE_INFINITY;
  const { values } = scaledSvd(byCoordinate.mmul(inverse(gradient)));
  return values[0] / values[values.length - 1];
}

/** Singular values and right singular vectors of `matrix`, its columns scaled to length 1. */
function scaledSvd(matrix: Matrix) {
  const lengths = Array.from({ length: matrix.columns }, (_, p) => Math.hypot(...matrix.getColumn(p)) || 1);
  const scaled = matrix.clone();
  lengths.forEach((length, p) => {
    scaled.mulColumn(p, 1 / length);
  });
  const svd = new SingularValueDecomposition(scaled, { autoTranspose: true });
  return { values: svd.diagonal, directions: svd.rightSingularVectors, lengths };
}
