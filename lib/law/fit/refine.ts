import { factorise, solveFactorised } from './cholesky';
import type { Model } from './model';
import { type Objective, residuals, weight } from './objective';

/** Where a refinement ended. */
export interface Refined {
  u: Float64Array;
  /** Mean penalty over the rows. */
  objective: number;
  /** The last steps improved the objective by less than the tolerance, relatively. */
  converged: boolean;
}

/** Where the coordinates must stay, ends included. */
export interface Box {
  low: Float64Array;
  high: Float64Array;
}

export interface RefineOptions {
  /** Steps at most. Default 500. */
  iterations?: number;
  /** Relative gain of the objective that counts as none. Default 1e-9. */
  tolerance?: number;
  box?: Box;
  /** An objective to come below: given up where what is lacking is many times what the last steps gained. */
  goal?: number;
}

/** Steps in a row that must be small before a refinement counts as converged. */
const PATIENCE = 4;
/** Steps after which a refinement asks whether it will come near its goal. */
const ROUND = 5;
/** A coordinate is dead where moving it by 10 changes the predictions by less than this share of the errors. */
const DEAD = 1e-10;

/**
 * Levenberg–Marquardt in float64 with the exact Jacobian, from `start`, for any objective (rows are reweighted
 * at each step for the Huber loss). Laws trade off coefficients against constants along curved valleys, so
 * each step is bent by its second-order correction (geodesic acceleration, Transtrum and Sethna 2012).
 */
export function refine(
  model: Model,
  loss: ArrayLike<number>,
  objective: Objective,
  start: ArrayLike<number>,
  { iterations = 500, tolerance = 1e-9, box, goal }: RefineOptions = {},
): Refined {
  const { rows } = model;
  const count = start.length;
  const predictions = new Float64Array(rows);
  const jacobian = new Float64Array(rows * count);
  const errors = new Float64Array(rows);
  const slopes = new Float64Array(rows);
  const weights = new Float64Array(rows);
  const bent = new Float64Array(rows);
  const factor = new Float64Array(rows);
  const factors = new Float64Array(count * count);
  const objectiveAt = (u: Float64Array, into: Float64Array) => {
    if (!model.isRepresentable(u)) return Number.POSITIVE_INFINITY;
    model.evaluate(u, predictions);
    return residuals(objective, predictions, loss, into);
  };
  /** −Jᵀ W r for the given right side r. */
  const projected = (r: Float64Array) => {
    const sums = new Float64Array(count);
    for (let row = 0; row < rows; row++) factor[row] = -weights[row] * slopes[row] * r[row];
    for (let p = 0; p < count; p++) {
      let sum = 0;
      for (let row = 0, at = p; row < rows; row++, at += count) sum += factor[row] * jacobian[at];
      sums[p] = sum;
    }
    return sums;
  };

  let u: Float64Array = clamped(Float64Array.from(start), box);
  let value = objectiveAt(u, bent);
  let damping = 1e-3;
  let small = 0;
  let before = value;
  if (!Number.isFinite(value)) return { u, objective: Number.POSITIVE_INFINITY, converged: false };
  for (let iteration = 0; iteration < iterations; iteration++) {
    if (goal !== undefined && iteration > 0 && iteration % ROUND === 0) {
      if (value - goal > 20 * (before - value)) return { u, objective: value, converged: false };
      before = value;
    }
    model.evaluate(u, predictions, jacobian);
    residuals(objective, predictions, loss, errors, slopes);
    for (let row = 0; row < rows; row++)
      weights[row] = weight(objective, errors[row]) * (objective.weights?.[row] ?? 1);
    const normal = normalMatrix(jacobian, slopes, weights, count);
    const downhill = projected(errors);
    // At the edge of what a formula is defined for, its value may be finite and its slopes not.
    if (!normal.every(Number.isFinite)) return { u, objective: value, converged: false };
    const dead = deadCoordinates(model, diagonal(normal, count), sumOfSquares(errors, weights));
    const growth = growths(model, normal, downhill, dead);
    const held = box === undefined ? dead : [...dead, ...pressed(downhill, u, box)];
    for (const p of held) hold(p, normal, downhill);
    let next = Number.NaN;
    for (; damping < 1e14 && !(next < value); damping *= 4) {
      factors.set(normal);
      for (let p = 0; p < count; p++) factors[p * count + p] = normal[p * count + p] * (1 + damping) + 1e-300;
      if (!factorise(factors, count)) continue;
      const step = solveFactorised(factors, downhill);
      // No step gains more than this by the quadratic model; what float64 does not show of the value is no gain.
      if (2 * product(step, downhill) < Number.EPSILON * value * rows) break;

      // Second derivative of the residuals along the step, by a finite difference: 2/h (Δr/h − J·step).
      const h = 0.1;
      const isBendKnown = Number.isFinite(objectiveAt(moved(u, step, h), bent));
      for (let row = 0; row < rows; row++) {
        const at = row * count;
        let along = 0;
        for (let p = 0; p < count; p++) along += jacobian[at + p] * step[p];
        bent[row] = (2 / h) * ((bent[row] - errors[row]) / h - slopes[row] * along);
      }
      const bending = isBendKnown ? projected(bent) : new Float64Array(count);
      // What is held stays: moved off its bound by a bend, it would be pressed against it by the next step, and so on.
      for (const p of held) bending[p] = 0;
      const bend = solveFactorised(factors, bending);
      const accelerated = step.map((s, p) => s + bend[p] / 2);
      const isModest = Math.hypot(...bend) <= 1.5 * Math.hypot(...step);

      for (const candidate of isModest ? [accelerated, step] : [step]) {
        const there = clamped(moved(u, candidate, 1), box);
        next = objectiveAt(there, bent);
        if (next < value) {
          small = value - next <= tolerance * value ? small + 1 : 0;
          u = there;
          break;
        }
      }
    }
    const isAtEnd = !(next < value) || small >= PATIENCE;
    if (next < value) value = next;
    damping = Math.max(damping / 40, 1e-15);
    if (isAtEnd) {
      const again = clamped(moved(u, growth, 1), box);
      const there = dead.length === 0 ? value : objectiveAt(again, bent);
      if (!(there < value * (1 - tolerance))) return { u, objective: value, converged: true };
      u = again;
      value = there;
      damping = 1e-3;
      small = 0;
    }
  }
  return { u, objective: value, converged: false };
}

/**
 * Coordinates that no longer matter, since their term has vanished: a coefficient on its way to 0, an exponent
 * beside it. They are held, or their vast steps would keep all others where they are.
 */
export function deadCoordinates(model: Model, squaredLengths: ArrayLike<number>, squares: number): number[] {
  return model.parameters.flatMap((_, p) =>
    !model.isLinear[p] && 100 * squaredLengths[p] <= DEAD ** 2 * squares ? [p] : [],
  );
}

/** How far each dead coefficient's logarithm should grow for it alone to be best; 0 for all that should not. */
function growths(
  { isLog }: Model,
  normal: Float64Array,
  downhill: Float64Array,
  dead: readonly number[],
): Float64Array {
  const count = downhill.length;
  return downhill.map((along, p) => {
    const growth = Math.log1p(along / normal[p * count + p]);
    return isLog[p] && along > 0 && dead.includes(p) && Number.isFinite(growth) ? growth : 0;
  });
}

function clamped(u: Float64Array, box?: Box): Float64Array {
  if (box === undefined) return u;
  return u.map((coordinate, p) => Math.min(Math.max(coordinate, box.low[p]), box.high[p]));
}

/** Coordinates that press against a bound. */
function pressed(downhill: Float64Array, u: Float64Array, { low, high }: Box): number[] {
  return [...u.keys()].filter(
    (p) => (u[p] <= low[p] && downhill[p] < 0) || (u[p] >= high[p] && downhill[p] > 0),
  );
}

/** Takes a coordinate out of the step. */
function hold(p: number, normal: Float64Array, downhill: Float64Array): void {
  const count = downhill.length;
  for (let q = 0; q < count; q++) {
    normal[p * count + q] = 0;
    normal[q * count + p] = 0;
  }
  normal[p * count + p] = 1;
  downhill[p] = 0;
}

function diagonal(matrix: Float64Array, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, p) => matrix[p * count + p]);
}

function sumOfSquares(errors: Float64Array, weights: Float64Array): number {
  let sum = 0;
  for (let row = 0; row < errors.length; row++) sum += weights[row] * errors[row] * errors[row];
  return sum;
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let p = 0; p < a.length; p++) sum += a[p] * b[p];
  return sum;
}

function moved(u: Float64Array, step: Float64Array, factor: number): Float64Array {
  return u.map((coordinate, p) => coordinate + factor * step[p]);
}

/** Jᵀ W J, where each row of J is scaled by its slope. */
function normalMatrix(
  jacobian: Float64Array,
  slopes: Float64Array,
  weights: Float64Array,
  count: number,
): Float64Array {
  const sums = new Float64Array(count * count);
  const scaled = new Float64Array(slopes.length);
  const factors = slopes.map((slope, row) => weights[row] * slope ** 2);
  for (let p = 0; p < count; p++) {
    for (let row = 0, at = p; row < scaled.length; row++, at += count)
      scaled[row] = factors[row] * jacobian[at];
    for (let q = 0; q <= p; q++) {
      let sum = 0;
      for (let row = 0, at = q; row < scaled.length; row++, at += count) sum += scaled[row] * jacobian[at];
      sums[p * count + q] = sum;
      sums[q * count + p] = sum;
    }
  }
  return sums;
}
