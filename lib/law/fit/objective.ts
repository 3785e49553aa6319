import { refuse } from '../../errors';

/** What a fit minimises. */
export interface Objective {
  /** `squared`: mean squared error of the loss; `huber`: mean Huber loss of the error in log loss. */
  kind: 'squared' | 'huber';
  /** Where the Huber loss turns from quadratic to linear. */
  delta: number;
  /** How much each row counts, 1 on average; absent where all count alike. */
  weights?: Float64Array;
}

/** δ where none is given. */
export const DELTA = 1e-3;

/** Checks an objective's δ. */
export function makeObjective(kind: Objective['kind'] = 'squared', delta = DELTA): Objective {
  if (!(delta > 0 && Number.isFinite(delta))) refuse(`delta ${delta} is not a positive number`);
  return { kind, delta };
}

/** The residual that the objective looks at, and how it changes with the prediction. */
export function residual(
  { kind }: Objective,
  prediction: number,
  loss: number,
): [value: number, slope: number] {
  if (kind === 'squared') return [prediction - loss, 1];
  return prediction > 0 ? [Math.log(prediction) - Math.log(loss), 1 / prediction] : [Number.NaN, Number.NaN];
}

/** `residual` for all rows, into the arrays that are given. Returns the mean penalty. */
export function residuals(
  objective: Objective,
  predictions: Float64Array,
  loss: ArrayLike<number>,
  into: Float64Array,
  slopes?: Float64Array,
): number {
  const { weights } = objective;
  const isSquared = objective.kind === 'squared';
  let sum = 0;
  for (let row = 0; row < into.length; row++) {
    const prediction = predictions[row];
    into[row] = isSquared
      ? prediction - loss[row]
      : prediction > 0
        ? Math.log(prediction) - Math.log(loss[row])
        : Number.NaN;
    if (slopes) slopes[row] = isSquared ? 1 : 1 / prediction;
    sum +=
      weights === undefined ? penalty(objective, into[row]) : weights[row] * penalty(objective, into[row]);
  }
  return sum / into.length;
}

/** ρ(r): r², or the Huber loss (quadratic up to δ, then linear), halved or not as is customary for each. */
export function penalty({ kind, delta }: Objective, r: number): number {
  if (kind === 'squared') return r * r;
  const size = Math.abs(r);
  return size <= delta ? (r * r) / 2 : delta * (size - delta / 2);
}

/** The weight with which r² stands in for ρ(r) near r, up to a constant: ρ′(r)/r. */
export function weight({ kind, delta }: Objective, r: number): number {
  if (kind === 'squared') return 1;
  return Math.min(1, delta / Math.abs(r));
}
