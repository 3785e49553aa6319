import type { Formula, Summand } from '../formula/formula';
import { isPlain } from '../formula/terms';
import { compile, type Expression, namesIn, walk } from '../formula/tree';
import type { Columns } from '../law';
import { centreBrackets } from './brackets';
import { logLinearModel, parameterAt, toLogLinear } from './loglinear';
import type { Model } from './model';
import { evaluator } from './slopes';

/** The law `formula` on rows of `columns`, ready to fit. Parameters in `uncentred` are fitted as they are. */
export function toModel(
  formula: Formula,
  columns: Columns,
  rows: number,
  uncentred: readonly string[] = [],
): Model {
  if (formula.terms.length > 0)
    return logLinearModel(formula, columns, toLogLinear(formula, columns, rows, uncentred));
  return mixedModel(formula, columns, rows, uncentred);
}

/** A formula of any form: its products of powers as such, the rest by its values and slopes, column by column. */
function mixedModel(formula: Formula, columns: Columns, rows: number, uncentred: readonly string[]): Model {
  const { parameters, positive, summands } = formula;
  const known: Record<string, ArrayLike<number>> = { ...columns };
  for (const [name, expression] of Object.entries(formula.derived))
    known[name] = columnOf(expression, columns, rows);
  const isPositive = (name: string) =>
    (formula.groups[name]?.names ?? [name]).every((each) => positive.includes(each));
  const isProduct = ({ product }: Summand) =>
    product !== undefined &&
    Object.keys(product.coefficients).every((name) =>
      isPlain(product) ? formula.groups[name] === undefined : isPositive(name),
    ) &&
    product.powers.every(
      ({ base }) => typeof base === 'number' || Array.from(known[base]).every((x) => x > 0),
    );
  const terms = summands.flatMap((each) => (isProduct(each) ? [each.product!] : []));
  const rest = summands.filter((each) => !isProduct(each)).map(({ expression }) => expression);
  const others = rest.map((expression) => folded(expression, known, rows));
  const inOthers = others.flatMap((each) => namesIn(each, 'parameter'));
  const law = toLogLinear({ ...formula, terms }, known, rows, [...uncentred, ...inOthers]);
  const { shifts, units } = centreBrackets(others, parameters, law.isLog, known, uncentred);
  law.shifts.push(...shifts);
  const model = logLinearModel(formula, columns, law);

  const values = new Float64Array(parameters.length);
  const evaluators = others.map((each) => evaluator(each, parameters, values, known, rows));
  const plain = Float64Array.from(law.plain);
  for (const expression of rest)
    if (expression.kind === 'group') for (const name of expression.names) plain[parameters.indexOf(name)] = 1;
  const scales = formula.variables.flatMap((name) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += Math.log(columns[name][row]);
    return Number.isFinite(sum) ? [sum / rows] : [];
  });
  return {
    ...model,
    isLinear: parameters.map((name, p) => plain[p] !== 0 || formula.signed.includes(name)),
    plain,
    constants: model.constants + rest.filter(({ kind }) => kind === 'group').length,
    scales: parameters.map((_, p) => (law.shifts.some(({ parameter }) => parameter === p) ? [] : scales)),
    units: Float64Array.from(parameters, (name) => units.get(name) ?? 1),
    ...(others.length === 0 ? {} : { others: { summands: others, columns: known } }),
    evaluate(u, predictions, jacobian) {
      model.evaluate(u, predictions, jacobian);
      const count = u.length;
      for (let p = 0; p < count; p++) values[p] = parameterAt(law, u, p);
      for (const each of evaluators) {
        each.run(jacobian !== undefined);
        const step = each.value.length === 1 ? 0 : 1;
        for (let row = 0; row < rows; row++) predictions[row] += each.value[row * step];
        if (jacobian === undefined) continue;
        for (const { parameter, along } of each.slopes) {
          const scale = law.isLog[parameter] ? values[parameter] : 1;
          addColumn(jacobian, parameter, count, along, scale);
          shifts
            .find((shift) => shift.parameter === parameter)
            ?.factors.forEach((factor, q) => {
              if (factor !== 0) addColumn(jacobian, q, count, along, factor);
            });
        }
      }
    },
  };
}

/** Adds scale · values to a column of a matrix of `count` columns. */
function addColumn(
  matrix: Float64Array,
  column: number,
  count: number,
  values: Float64Array,
  scale: number,
): void {
  const step = values.length === 1 ? 0 : 1;
  for (let at = column, i = 0; at < matrix.length; at += count, i += step) matrix[at] += values[i] * scale;
}

/** An expression with each part that has no parameter computed once, as a column that is added to `columns`. */
function folded(
  expression: Expression,
  columns: Record<string, ArrayLike<number>>,
  rows: number,
): Expression {
  const isFixed = walk(expression).every(({ kind }) => kind !== 'parameter' && kind !== 'group');
  if (isFixed && namesIn(expression, 'variable').length > 0) {
    if (expression.kind === 'variable') return expression;
    const name = JSON.stringify(expression);
    columns[name] ??= columnOf(expression, columns, rows);
    return { kind: 'variable', name };
  }
  if (isFixed) return { kind: 'number', value: compile(expression, {}, {})(0) };
  if ('left' in expression)
    return {
      kind: expression.kind,
      left: folded(expression.left, columns, rows),
      right: folded(expression.right, columns, rows),
    };
  return 'of' in expression
    ? { kind: expression.kind, of: folded(expression.of, columns, rows) }
    : expression;
}

function columnOf(expression: Expression, columns: Columns, rows: number): Float64Array {
  const at = compile(expression, {}, columns);
  return Float64Array.from({ length: rows }, (_, row) => at(row));
}
