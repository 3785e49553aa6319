import { refuse } from '../../errors';
import { type Formula, groupsOf, parseFormula, substitute, withSigned } from '../formula/formula';
import { groupColumn } from '../formula/tree';
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
  /** The groups of parameters, by column. */
  levels: Record<string, string[]>;
  fixed: Readonly<Record<string, number>>;
  model: Model;
  loss: Float64Array;
  objective: Objective;
  box?: Box;
}

/**
 * Puts a formula, training rows and options together; refuses unknown parameters, too few rows, and groups without
 * rows.
 *
 * @example makeProblem(runs).model.parameters.length // 11
 */
export function makeProblem(runs: Runs, options: ProblemOptions = {}): Problem {
  const known = [
    ...Object.keys(runs.columns),
    ...(options.formula === undefined ? Object.keys(architectureVariables) : []),
  ];
  const text = formulaOf(options.formula ?? CODESIGN_FORMULA);
  const { levels = {} } = runs;
  const whole = parseFormula(text, known, levels);
  const fixed = perGroup(whole, options.fixed);
  const bounds = perGroup(whole, options.bounds);
  for (const [name, value] of Object.entries(fixed)) {
    if (!Number.isFinite(value)) refuse(`fixed ${name} ${value} is not a finite number`);
    if (name in bounds) refuse(`${name} is both fixed and bounded`);
  }
  const { parameters, variables } = whole;
  if (parameters.every((name) => name in fixed)) refuse('every parameter is fixed: nothing is left to fit');
  const free = Object.entries(options.fixed ?? {})
    .filter(([name]) => !isMember(whole, name))
    .reduce((part, [name, value]) => substitute(part, name, String(value)), text);
  // A coefficient is positive unless its bounds reach below 0.
  const formula = withSigned(
    parseFormula(free, known, levels),
    Object.keys(bounds).filter((name) => bounds[name][0] < 0 && Number.isFinite(bounds[name][0])),
  );
  const train = trainingRows(runs, true);
  checkRows(runs, train, formula, options.objective);
  const given = { ...bounds, ...pinned(formula, fixed) };
  const model = toModel(formula, train.columns, train.loss.length, Object.keys(given));
  const objective = {
    ...makeObjective(options.objective, options.delta),
    ...(train.weights === undefined ? {} : { weights: normalised(train.weights) }),
  };
  return {
    text,
    variables,
    levels: Object.fromEntries(groupsOf(whole).map((by) => [by, levels[by]])),
    fixed,
    model,
    loss: train.loss,
    objective,
    box: toBox(model, given, fixed),
  };
}

/** Whether a parameter is that of one group. */
function isMember({ groups }: Formula, name: string): boolean {
  return Object.values(groups).some(({ names }) => names.includes(name));
}

/** Options by parameter, where what is said of `E[train]` is said of each group's; refuses unknown names. */
function perGroup<T>(
  { groups, parameters }: Formula,
  values: Readonly<Record<string, T>> = {},
): Record<string, T> {
  const entries = Object.entries(values).flatMap(([name, value]) => {
    const names = groups[name]?.names ?? [name];
    for (const each of names)
      if (!parameters.includes(each))
        refuse(`the formula has no parameter "${each}"; it has ${parameters.join(', ')}`);
    return names.map((each) => [each, value] as const);
  });
  return Object.fromEntries(entries);
}

/** Parameters of single groups that are fixed, which the formula cannot say: as bounds without room. */
function pinned({ parameters }: Formula, fixed: Record<string, number>): Record<string, [number, number]> {
  const names = parameters.filter((name) => name in fixed);
  return Object.fromEntries(names.map((name) => [name, [fixed[name], fixed[name]]]));
}

/** Refuses rows that can carry no fit. */
function checkRows(
  { name, levels = {}, isTraining, columns }: Runs,
  { loss }: { loss: Float64Array },
  { parameters, groups }: Formula,
  objective?: string,
): void {
  if (loss.length < parameters.length)
    refuse(`${name}: ${loss.length} training rows are fewer than the law's ${parameters.length} parameters`);
  if (objective === 'huber' && !loss.every((each) => each > 0))
    refuse(
      `${name}: the loss ${loss.find((each) => !(each > 0))} is not positive; the Huber objective takes its logarithm`,
    );
  for (const { by } of Object.values(groups))
    for (const [place, text] of levels[by].entries())
      if (!isTraining.some((isOne, row) => isOne && columns[groupColumn(by)][row] === place))
        refuse(`${name}: no training row has ${by} "${text}", so its own parameters cannot be fitted`);
}

/** Weights as shares of their mean. */
function normalised(weights: Float64Array): Float64Array {
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  return weights.map((weight) => weight / mean);
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

/**
 * The optimum that is reached from given parameters: the one that a small change of the rows leads to.
 *
 * @example refit(makeProblem(runs), law().parameters).objective // 0.003953
 */
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
function toBox(
  model: Model,
  bounds: NonNullable<ProblemOptions['bounds']>,
  fixed: Problem['fixed'],
): Box | undefined {
  if (Object.keys(bounds).length === 0) return undefined;
  const side = (which: 0 | 1) =>
    Float64Array.from(model.parameters, (name, p) => {
      const [low, high] = bounds[name] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
      if (!(low < high) && !(name in fixed)) refuse(`bounds of ${name}: ${low} is not below ${high}`);
      if (!model.isLog[p]) return which === 0 ? low : high;
      if (high <= 0)
        refuse(`bounds of ${name}: it is a coefficient, positive unless its lower bound is below 0`);
      return Math.log(Math.max(0, which === 0 ? low : high));
    });
  return { low: side(0), high: side(1) };
}
