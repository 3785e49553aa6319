/** Sums inside a formula, `log(lr) - c - a*log(N)`: centred, so that what is added does not trade off with slopes. */
import { type Expression, partsOf, walk } from '../formula/tree';
import type { Columns } from '../law';
import type { Shift } from './model';

/** A summand in a bracket: sign · Π numbers · parameter · column, where either of the last two may be absent. */
interface Part {
  factor: number;
  parameter?: string;
  column?: string;
}

/** What centring and scaling the brackets of some expressions, parts without parameters being columns, amounts to. */
export interface Centring {
  /** For each parameter that is added by itself and occurs nowhere else: what it takes over from its bracket. */
  shifts: Shift[];
  /** Of what size parameters in brackets are, where that is far from 1. */
  units: Map<string, number>;
}

/** Finds the brackets of `expressions` that are linear, and centres them unless a parameter is in `uncentred`. */
export function centreBrackets(
  expressions: readonly Expression[],
  parameters: readonly string[],
  isLog: readonly boolean[],
  columns: Columns,
  uncentred: readonly string[],
): Centring {
  const centring: Centring = { shifts: [], units: new Map() };
  const names = expressions.flatMap(walk).flatMap((each) => (each.kind === 'parameter' ? [each.name] : []));
  const isOwn = (name: string) =>
    names.filter((each) => each === name).length === 1 && !uncentred.includes(name);
  const isFree = (name: string) => !isLog[parameters.indexOf(name)];
  for (const bracket of brackets(expressions)) {
    const parts = bracket.flatMap((summand) => partOf(summand) ?? []);
    if (parts.length < bracket.length) continue;
    const fixed = parts.flatMap((p) =>
      p.parameter === undefined && p.column !== undefined ? [columns[p.column]] : [],
    );
    const size = Math.max(0, ...fixed.map(deviation));
    for (const { parameter, column } of parts) {
      if (parameter === undefined || !isFree(parameter)) continue;
      const unit = (size || 1) / (column === undefined ? 1 : deviation(columns[column]) || 1);
      if (unit > 10 || unit < 0.1) centring.units.set(parameter, unit);
    }
    const alone = parts.find(
      ({ parameter, column }) =>
        parameter !== undefined && column === undefined && isFree(parameter) && isOwn(parameter),
    );
    const others = parts.filter((part) => part !== alone);
    if (alone === undefined || !others.every((p) => p.parameter === undefined || isFree(p.parameter)))
      continue;
    const shift = {
      parameter: parameters.indexOf(alone.parameter!),
      constant: 0,
      factors: new Float64Array(parameters.length),
    };
    for (const { factor, parameter, column } of others) {
      const centre = ((column === undefined ? 1 : mean(columns[column])) * factor) / alone.factor;
      if (parameter === undefined) shift.constant -= centre;
      else shift.factors[parameters.indexOf(parameter)] -= centre;
    }
    centring.shifts.push(shift);
  }
  // What takes over from others must not itself be taken over.
  const taken = centring.shifts.map(({ parameter }) => parameter);
  centring.shifts = centring.shifts.filter(({ factors }) => taken.every((p) => factors[p] === 0));
  return centring;
}

/** The sums that stand inside expressions, split into signed summands. */
function brackets(expressions: readonly Expression[]): { sign: number; of: Expression }[][] {
  return expressions.flatMap((each) =>
    (isSum(each) ? [split(each, 1)] : []).concat(partsBelow(each).flatMap((part) => brackets([part]))),
  );
}

/** What an expression is made of; of a sum, what its summands are made of. Exponents are of ordinary size as they are. */
function partsBelow(expression: Expression): Expression[] {
  if (expression.kind === 'pow') return [expression.left];
  return isSum(expression) ? split(expression, 1).flatMap(({ of }) => partsBelow(of)) : partsOf(expression);
}

function isSum({ kind }: Expression): boolean {
  return kind === 'add' || kind === 'subtract';
}

function split(of: Expression, sign: number): { sign: number; of: Expression }[] {
  if (of.kind !== 'add' && of.kind !== 'subtract') return [{ sign, of }];
  return [...split(of.left, sign), ...split(of.right, of.kind === 'add' ? sign : -sign)];
}

/** A summand as a part, or undefined where it is none. */
function partOf({ sign, of }: { sign: number; of: Expression }): Part | undefined {
  const part: Part = { factor: sign };
  const multiply = (factor: Expression): boolean => {
    if (factor.kind === 'multiply') return multiply(factor.left) && multiply(factor.right);
    if (factor.kind === 'divide' && factor.right.kind === 'number') {
      part.factor /= factor.right.value;
      return multiply(factor.left);
    }
    if (factor.kind === 'number') part.factor *= factor.value;
    else if (factor.kind === 'parameter' && part.parameter === undefined) part.parameter = factor.name;
    else if (factor.kind === 'variable' && part.column === undefined) part.column = factor.name;
    else return false;
    return true;
  };
  return multiply(of) ? part : undefined;
}

const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

function deviation(values: ArrayLike<number>): number {
  const centre = mean(values);
  return Math.sqrt(mean(Array.from(values, (value) => (value - centre) ** 2)));
}
