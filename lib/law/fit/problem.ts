import { refuse } from '../../errors';
import { parseFormula, substitute, withSigned } from '../formula/formula';
import { architectureVariables, CODESIGN_FORMULA } from '../law';
import { formulaOf } from '../laws';
import type { Model } from './model';
import { makeObjective, type Objective } from './objective';
import { type Box, type Refined, refine } from './refine';
import type { Runs } from './runs';
import { toModel } from './to-model';

/** What is fitted to what. */
export interface ProblemOptions {
  /** A formula, or the name of one. Default: Eq. 2. */
  formula?: string;
  objective?: Objective['kind'];
  /** δ of the Huber objective. Default 1e-3. */
  delta?: number;
  /** Parameters that are given and not fitted. */
  fixed?: Readonly<Record<string, number>>;
  /** Parameters that must stay within bounds, ends included; use ±Infinity for none. */
  bounds?: Readonly<Record<string, readonly [number, number]>>;
}

/** A law, rows and an objective, ready to be fitted. */
export interface Problem {
  /** The whole formula; in that of the model, fixed parameters are numbers. */
  text: string;
  variables: string[];
  fixed: Readonly<Record<string, number>>;
  model: Model;
  loss: Float64Array;
  objective: Objective;
  box?: Box;
}

/** Puts a formula, training rows and options together; refuses unknown parameters and too few rows. */
export function makeProblem(runs: Runs, options: ProblemOptions = {}): Problem {
  const { fixed = {}, bounds = {} } = options;
  const known = [
    ...Object.keys(runs.columns),
    ...(options.formula === undefined ? Object.keys(architectureVariables) : []),
  ];
  const text = formulaOf(options.formula ?? CODESIGN_FORMULA);
  const { parameters, variables } = parseFormula(text, known);
  for (const name of [...Object.keys(fixed), ...Object.keys(bounds)])
    if (!parameters.includes(name))
      refuse(`the formula has no parameter "${name}"; it has ${parameters.join(', ')}`);
  for (const [name, value] of Object.entries(fixed)) {
    if (!Number.isFinite(value)) refuse(`fixed ${name} ${value} is not a finite number`);
    if (name in bounds) refuse(`${name} is both fixed and bounded`);
  }
  const free = Object.entries(fixed).reduce(
    (part, [name, value]) => substitute(part, name, String(value)),
    text,
  );
  if (parameters.every((name) => name in fixed)) refuse('every parameter is fixed: nothing is left to fit');
  // A coefficient is positive unless its bounds reach below 0.
  const formula = withSigned(
    parseFormula(free, known),
    Object.keys(bounds).filter((name) => bounds[name][0] < 0 && Number.isFinite(bounds[name][0])),
  );
  const train = trainingRows(runs, true);
  if (train.loss.length < formula.parameters.length)
    refuse(
      `${runs.name}: ${train.loss.length} training rows are fewer than the law's ${formula.parameters.length} parameters`,
    );
  const model = toModel(formula, train.columns, train.loss.length, Object.keys(bounds));
  const objective = makeObjective(options.objective, options.delta);
  return { text, variables, fixed, model, loss: train.loss, objective, box: toBox(model, bounds) };
}

/** The same law and objective on other rows: `rows` are row numbers, and may repeat; `loss` replaces the losses. */
export function onRows(
  problem: Problem,
  rows: readonly number[],
  loss: ArrayLike<number> = problem.loss,
): Problem {
  const { formula, columns } = problem.model;
  const { weights } = problem.objective;
  const take = (values: ArrayLike<number>) => Float64Array.from(rows, (row) => values[row]);
  const names = [...formula.variables, ...groupsOf(formula).map(groupColumn)];
  const chosen = Object.fromEntries(names.map((name) => [name, take(columns[name])]));
  const objective =
    weights === undefined ? problem.objective : { ...problem.objective, weights: take(weights) };
  const uncentred = problem.box === undefined ? [] : formula.parameters;
  return { ...problem, model: toModel(formula, chosen, rows.length, uncentred), loss: take(loss), objective };
}

/** The optimum that is reached from given parameters: the one that a small change of the rows leads to. */
export function refit(problem: Problem, from: Readonly<Record<string, number>>, iterations = 200): Refined {
  const { model, loss, objective, box } = problem;
  return refine(model, loss, objective, model.toCoordinates(from), { iterations, tolerance: 1e-10, box });
}

/** Training (or validation) rows of runs. */
export function trainingRows(
  { columns, loss, weights, isTraining }: Runs,
  wanted: boolean,
): { loss: Float64Array; columns: Record<string, Float64Array>; weights?: Float64Array } {
  const rows = [...loss.keys()].filter((row) => isTraining[row] === wanted);
  const take = (values: ArrayLike<number>) => Float64Array.from(rows, (row) => values[row]);
  return {
    loss: take(loss),
    columns: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, take(values)])),
    ...(weights === undefined ? {} : { weights: take(weights) }),
  };
}

/** Bounds in the coordinates of the fit. */
function toBox(model: Model, bounds: NonNullable<ProblemOptions['bounds']>): Box | undefined {
  if (Object.keys(bounds).length === 0) return undefined;
  const side = (which: 0 | 1) =>
    Float64Array.from(model.parameters, (name, p) => {
      const [low, high] = bounds[name] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
      if (!(low < high)) refuse(`bounds of ${name}: ${low} is not below ${high}`);
      if (!model.isLog[p]) return which === 0 ? low : high;
      if (high <= 0)
        refuse(`bounds of ${name}: it is a coefficient, positive unless its lower bound is below 0`);
      return Math.log(Math.max(0, which === 0 ? low : high));
    });
  return { low: side(0), high: side(1) };
}
