import type { Formula } from '../formula/formula';
import type { Expression } from '../formula/tree';
import type { Columns } from '../law';

/**
 * A law on given rows, in the coordinates u in which it is fitted:
 *
 *     prediction[row] = Σ_k sign_k · exp(offset_k[row] + Σ_p slope_k[row, p] · u_p) + Σ_p plain_p · u_p + fixed
 *
 * where u_p is the logarithm of a positive parameter and any other parameter itself. Every term is a product
 * of powers, so its logarithm is linear in u, and a fit needs one matrix product and one exponential.
 * Variables are centred (geometric mean 1) in the terms whose coefficient can absorb it: this keeps
 * coefficient and exponent from trading off.
 */
export interface LogLinear {
  rows: number;
  parameters: string[];
  /** Whether u_p is the logarithm of parameter p. */
  isLog: boolean[];
  terms: LogLinearTerm[];
  plain: Float64Array;
  fixed: number;
  /** For each parameter that absorbs a centring. */
  shifts: Shift[];
}

/** What a parameter takes over from a centring: κ, or its logarithm, is u + constant + Σ factor · u_other. */
export interface Shift {
  parameter: number;
  constant: number;
  factors: Float64Array;
}

/** An exponential term of a `LogLinear`. */
export interface LogLinearTerm {
  sign: number;
  /** [rows] */
  offset: Float64Array;
  /** The parameters in it. */
  used: Int32Array;
  /** [rows × used] */
  slope: Float64Array;
  /** Rows of a term are often alike (eight depths in 170 runs): for each row the first row that is like it. */
  like: Int32Array;
}

/** A law on given rows, in the coordinates u in which it is fitted. */
export interface Model {
  rows: number;
  parameters: string[];
  /** Whether u_p is the logarithm of parameter p. */
  isLog: boolean[];
  /** Whether parameter p is a summand, or a factor of one that may have either sign. */
  isLinear: boolean[];
  /** How often each parameter is added as it is: an additive constant. */
  plain: Float64Array;
  /** How many constants are added to a prediction. */
  constants: number;
  /** Where starts of each parameter may lie: logarithms of the columns' geometric means; none where they are centred. */
  scales: number[][];
  /** How large parameters that are neither logarithms nor constants are: starts are drawn in these units. */
  units: Float64Array;
  formula: Formula;
  columns: Columns;
  /** The summands that have the form that is fitted fastest. */
  logLinear: LogLinear;
  /** The other summands, and the columns in them, those computed beforehand too. */
  others?: { summands: Expression[]; columns: Columns };
  /** Predictions at `u`, and, if `jacobian` is given, ∂prediction/∂u in its rows. */
  evaluate(u: Float64Array, predictions: Float64Array, jacobian?: Float64Array): void;
  /** Parameters by name at `u`. */
  toParameters(u: Float64Array): Record<string, number>;
  /** The coordinates of parameters, which must be positive where `isLog` says so. */
  toCoordinates(parameters: Readonly<Record<string, number>>): Float64Array;
  /** ∂parameters/∂u at `u`, as rows. */
  parameterGradient(u: Float64Array): number[][];
  /** Whether float64 can hold the positive parameters at `u`. */
  isRepresentable(u: Float64Array): boolean;
}
