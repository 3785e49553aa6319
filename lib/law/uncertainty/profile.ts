import { probit } from 'simple-statistics';
import { refuse } from '../../errors';
import type { Fit } from '../fit/fit';
import { hop } from '../fit/hop';
import { makeProblem, type ProblemOptions } from '../fit/problem';
import { refine } from '../fit/refine';
import type { Runs } from '../fit/runs';

/** The best fit with one parameter held. */
export interface ProfilePoint {
  value: number;
  /** Mean penalty over the rows. */
  objective: number;
  parameters: Record<string, number>;
}

/**
 * Holds a parameter at each of `values` and fits the others, from the neighbouring answer and in valleys beside it.
 *
 * @example profileLikelihood(runs, fitted, 'al',
 *   [1.5]).map(({ objective }) => objective > fitted.meanSquaredError) // [true]
 */
export function profileLikelihood(
  runs: Runs,
  { law, parameters }: Fit,
  name: string,
  values: readonly number[],
  options: ProblemOptions = {},
): ProfilePoint[] {
  const hold = holder(runs, law.formula, name, options);
  let from = parameters;
  return values.map((value) => {
    const point = hold(value, from, true);
    from = point.parameters;
    return point;
  });
}

/**
 * The interval of a parameter by its profile likelihood: where n·log(objective/least) stays below the quantile
 * of its χ² distribution. An end that is not found within a factor of 2²⁰ of the standard error is infinite: the
 * runs do not bound the parameter on that side. Before an end is believed, other valleys of the objective are
 * searched for one that is still below the threshold. For the squared objective.
 *
 * @example profileInterval(runs, fitted, 'al') // [1.492, 1.808]
 */
export function profileInterval(
  runs: Runs,
  fit: Fit,
  name: string,
  level = 0.9,
  options: ProblemOptions = {},
): [low: number, high: number] {
  if (!(level > 0 && level < 1)) refuse(`level ${level} is not between 0 and 1`);
  if (options.objective === 'huber') refuse('profile intervals are for the squared objective');
  const hold = holder(runs, fit.law.formula, name, options);
  const n = runs.isTraining.filter((isTraining) => isTraining).length;
  const best = fit.parameters[name];
  const threshold = fit.meanSquaredError * Math.exp(probit((1 + level) / 2) ** 2 / n);
  const isLog = makeProblem(runs, { ...options, formula: fit.law.formula }).model.isLog[
    Object.keys(fit.parameters).indexOf(name)
  ];
  const error = fit.standardErrors[name];
  // Beside parameters that have run off, a standard error may be nonsense; it only sets the first step.
  const size = error > 0 && error < 10 * Math.abs(best) ? error : Math.abs(best) / 10 || 1;
  const first = isLog ? Math.min(1, size / Math.abs(best)) : size;
  const at = (step: number) => (isLog ? best * Math.exp(step) : best + step);
  const end = (sign: 1 | -1) => {
    let inside = 0;
    let from = fit.parameters;
    for (let step = first / 4; step < first * 2 ** 20; step *= 1.6) {
      const point = hold(at(sign * step), from);
      // Beyond what float64 can hold nothing is known of the parameter: no end is found.
      if (!Number.isFinite(point.objective) || (isLog && step > 200)) break;
      if (point.objective > threshold) {
        const elsewhere = hold(at(sign * step), from, true);
        if (elsewhere.objective <= threshold) {
          inside = step;
          from = elsewhere.parameters;
          continue;
        }
        let outside = step;
        for (let i = 0; i < 20; i++) {
          const middle = (inside + outside) / 2;
          if (!(hold(at(sign * middle), from).objective <= threshold)) outside = middle;
          else inside = middle;
        }
        return at((sign * (inside + outside)) / 2);
      }
      inside = step;
      from = point.parameters;
    }
    return isLog && sign < 0 ? 0 : sign * Number.POSITIVE_INFINITY;
  };
  return [end(-1), end(1)];
}

/** A function that holds the parameter at a value and fits the others; `widely`, in other valleys as well. */
function holder(runs: Runs, formula: string, name: string, options: ProblemOptions) {
  const whole = makeProblem(runs, { ...options, formula }).model;
  return (value: number, from: Record<string, number>, widely = false): ProfilePoint => {
    const fixed = { ...options.fixed, [name]: value };
    const problem = makeProblem(runs, { ...options, formula, fixed });
    const { model, loss, objective, box } = problem;
    // From the coordinates of the fit, in which a term keeps its size when its exponent is moved.
    const u = whole.toCoordinates(from);
    const start = model.parameters.map((each) => u[whole.parameters.indexOf(each)]);
    const near = refine(model, loss, objective, start, { iterations: 300, tolerance: 1e-10, box });
    const end = widely ? hop(problem, near) : near;
    return { value, objective: end.objective, parameters: { ...model.toParameters(end.u), ...fixed } };
  };
}
