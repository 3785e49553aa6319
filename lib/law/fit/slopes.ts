/** Values and exact slopes of an expression on all rows at once, column after column. */
import { type Binary, type Expression, type Group, groupColumn } from '../formula/tree';
import type { Columns } from '../law';

/** An expression on given rows. Its arrays are of length 1 where the rows make no difference. */
export interface Evaluator {
  value: Float64Array;
  /** ∂value/∂parameter, of the parameters that occur. */
  slopes: Slope[];
  /** Computes the value, and on request the slopes, at the parameters as they are now. */
  run(withSlopes: boolean): void;
}

interface Slope {
  parameter: number;
  along: Float64Array;
}

/**
 * Makes an evaluator with forward-mode derivatives. `values` holds the parameters and is read anew at each run;
 * `columns` the variables, and the groups of rows by number.
 */
export function evaluator(
  expression: Expression,
  parameters: readonly string[],
  values: Float64Array,
  columns: Columns,
  rows: number,
): Evaluator {
  if (expression.kind === 'number') return constant(Float64Array.of(expression.value));
  if (expression.kind === 'variable') return constant(Float64Array.from(columns[expression.name]));
  if (expression.kind === 'group') return grouped(expression, parameters, values, columns, rows);
  if (expression.kind === 'parameter') {
    const parameter = parameters.indexOf(expression.name);
    const value = new Float64Array(1);
    const run = () => {
      value[0] = values[parameter];
    };
    return { value, slopes: [{ parameter, along: Float64Array.of(1) }], run };
  }
  const inner = (part: Expression) => evaluator(part, parameters, values, columns, rows);
  if ('of' in expression) return unary(expression.kind, inner(expression.of));
  return binary(expression.kind, inner(expression.left), inner(expression.right));
}

function constant(value: Float64Array): Evaluator {
  return { value, slopes: [], run: () => {} };
}

/** A parameter of each group's own. */
function grouped(
  { names, by }: Group,
  parameters: readonly string[],
  values: Float64Array,
  columns: Columns,
  rows: number,
): Evaluator {
  const group = columns[groupColumn(by)];
  const places = names.map((name) => parameters.indexOf(name));
  const value = new Float64Array(rows);
  const run = () => {
    for (let row = 0; row < rows; row++) value[row] = values[places[group[row]]];
  };
  const isOf = (g: number) => Float64Array.from({ length: rows }, (_, row) => (group[row] === g ? 1 : 0));
  return { value, slopes: places.map((parameter, g) => ({ parameter, along: isOf(g) })), run };
}

function unary(kind: 'log' | 'exp', of: Evaluator): Evaluator {
  const n = of.value.length;
  const value = new Float64Array(n);
  const slopes = of.slopes.map(({ parameter }) => ({ parameter, along: new Float64Array(n) }));
  return {
    value,
    slopes,
    run(withSlopes) {
      of.run(withSlopes);
      for (let i = 0; i < n; i++) value[i] = kind === 'log' ? Math.log(of.value[i]) : Math.exp(of.value[i]);
      if (!withSlopes) return;
      slopes.forEach(({ along }, s) => {
        const inner = of.slopes[s].along;
        const step = inner.length === 1 ? 0 : 1;
        for (let i = 0; i < n; i++)
          along[i] = kind === 'log' ? inner[i * step] / of.value[i] : inner[i * step] * value[i];
      });
    },
  };
}

function binary(kind: Binary, left: Evaluator, right: Evaluator): Evaluator {
  const n = Math.max(left.value.length, right.value.length);
  const value = new Float64Array(n);
  const byLeft = new Float64Array(n);
  const byRight = new Float64Array(n);
  const [parameters, inLeft, inRight] = union(left.slopes, right.slopes);
  const slopes = parameters.map((parameter) => ({ parameter, along: new Float64Array(n) }));
  return {
    value,
    slopes,
    run(withSlopes) {
      left.run(withSlopes);
      right.run(withSlopes);
      combine(kind, left.value, right.value, value);
      if (!withSlopes || slopes.length === 0) return;
      if (left.slopes.length > 0) slopesByLeft(kind, left.value, right.value, byLeft);
      if (right.slopes.length > 0) slopesByRight(kind, left.value, right.value, value, byRight);
      slopes.forEach(({ along }, s) => {
        const [a, b] = [left.slopes[inLeft[s]]?.along, right.slopes[inRight[s]]?.along];
        if (a === undefined) scale(along, byRight, b);
        else scale(along, byLeft, a);
        if (a !== undefined && b !== undefined) addScaled(along, byRight, b);
      });
    },
  };
}

/** The parameters of both sides, and where each stands in their slopes, −1 for nowhere. */
function union(left: readonly Slope[], right: readonly Slope[]): [number[], number[], number[]] {
  const parameters = [...new Set([...left, ...right].map(({ parameter }) => parameter))];
  const places = (slopes: readonly Slope[]) =>
    parameters.map((parameter) => slopes.findIndex((slope) => slope.parameter === parameter));
  return [parameters, places(left), places(right)];
}

function scale(into: Float64Array, factor: Float64Array, of: Float64Array): void {
  const step = of.length === 1 ? 0 : 1;
  for (let i = 0; i < into.length; i++) into[i] = factor[i] * of[i * step];
}

function addScaled(into: Float64Array, factor: Float64Array, of: Float64Array): void {
  const step = of.length === 1 ? 0 : 1;
  for (let i = 0; i < into.length; i++) into[i] += factor[i] * of[i * step];
}

function combine(kind: Binary, x: Float64Array, y: Float64Array, into: Float64Array): void {
  const [p, q] = [x.length === 1 ? 0 : 1, y.length === 1 ? 0 : 1];
  const n = into.length;
  if (kind === 'add') for (let i = 0; i < n; i++) into[i] = x[i * p] + y[i * q];
  else if (kind === 'subtract') for (let i = 0; i < n; i++) into[i] = x[i * p] - y[i * q];
  else if (kind === 'multiply') for (let i = 0; i < n; i++) into[i] = x[i * p] * y[i * q];
  else if (kind === 'divide') for (let i = 0; i < n; i++) into[i] = x[i * p] / y[i * q];
  else if (kind === 'min') for (let i = 0; i < n; i++) into[i] = Math.min(x[i * p], y[i * q]);
  else if (kind === 'max') for (let i = 0; i < n; i++) into[i] = Math.max(x[i * p], y[i * q]);
  else if (q === 0 && y[0] === 2) for (let i = 0; i < n; i++) into[i] = x[i * p] * x[i * p];
  else for (let i = 0; i < n; i++) into[i] = x[i * p] ** y[i * q];
}

function slopesByLeft(kind: Binary, x: Float64Array, y: Float64Array, into: Float64Array): void {
  const [p, q] = [x.length === 1 ? 0 : 1, y.length === 1 ? 0 : 1];
  const n = into.length;
  if (kind === 'add' || kind === 'subtract') into.fill(1);
  else if (kind === 'multiply') for (let i = 0; i < n; i++) into[i] = y[i * q];
  else if (kind === 'divide') for (let i = 0; i < n; i++) into[i] = 1 / y[i * q];
  else if (kind === 'min') for (let i = 0; i < n; i++) into[i] = x[i * p] <= y[i * q] ? 1 : 0;
  else if (kind === 'max') for (let i = 0; i < n; i++) into[i] = x[i * p] >= y[i * q] ? 1 : 0;
  else if (q === 0 && y[0] === 2) for (let i = 0; i < n; i++) into[i] = 2 * x[i * p];
  else for (let i = 0; i < n; i++) into[i] = y[i * q] * x[i * p] ** (y[i * q] - 1);
}

/** The slope by the right side; `value` is what both sides make. */
function slopesByRight(
  kind: Binary,
  x: Float64Array,
  y: Float64Array,
  value: Float64Array,
  into: Float64Array,
): void {
  const [p, q] = [x.length === 1 ? 0 : 1, y.length === 1 ? 0 : 1];
  const n = into.length;
  if (kind === 'add') into.fill(1);
  else if (kind === 'subtract') into.fill(-1);
  else if (kind === 'multiply') for (let i = 0; i < n; i++) into[i] = x[i * p];
  else if (kind === 'divide') for (let i = 0; i < n; i++) into[i] = -x[i * p] / (y[i * q] * y[i * q]);
  else if (kind === 'min') for (let i = 0; i < n; i++) into[i] = x[i * p] <= y[i * q] ? 0 : 1;
  else if (kind === 'max') for (let i = 0; i < n; i++) into[i] = x[i * p] >= y[i * q] ? 0 : 1;
  else for (let i = 0; i < n; i++) into[i] = x[i * p] > 0 ? value[i] * Math.log(x[i * p]) : 0;
}
