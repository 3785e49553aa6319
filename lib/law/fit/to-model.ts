import type { Formula } from '../formula/formula';
import { compile } from '../formula/tree';
import type { Columns } from '../law';
import { logLinearModel, toLogLinear } from './loglinear';
import type { Model } from './model';

/** The law `formula` on rows of `columns`, ready to fit. Parameters in `uncentred` are fitted as they are. */
export function toModel(
  formula: Formula,
  columns: Columns,
  rows: number,
  uncentred: readonly string[] = [],
): Model {
  if (formula.terms.length > 0)
    return logLinearModel(formula, columns, toLogLinear(formula, columns, rows, uncentred));
  return generalModel(formula, columns, rows);
}

/** A formula of any form: positive parameters by their logarithms, derivatives by forward differentiation. */
function generalModel(formula: Formula, columns: Columns, rows: number): Model {
  const { parameters, positive, summands } = formula;
  const isLog = parameters.map((name) => positive.includes(name));
  const values = new Float64Array(parameters.length);
  const evaluators = summands.map(({ expression }) => compile(expression, parameters, values, columns));
  const plain = new Float64Array(parameters.length);
  for (const { expression } of summands)
    if (expression.kind === 'parameter') plain[parameters.indexOf(expression.name)]++;
  const read = (u: Float64Array) => {
    for (let p = 0; p < u.length; p++) values[p] = isLog[p] ? Math.exp(u[p]) : u[p];
  };
  return {
    rows,
    parameters,
    isLog,
    isLinear: parameters.map((name, p) => plain[p] !== 0 || formula.signed.includes(name)),
    plain,
    scales: formula.variables.map((name) => {
      let sum = 0;
      for (let row = 0; row < rows; row++) sum += Math.log(columns[name][row]);
      return sum / rows;
    }),
    formula,
    columns,
    evaluate(u, predictions, jacobian) {
      read(u);
      const count = u.length;
      for (let row = 0; row < rows; row++) {
        predictions[row] = 0;
        jacobian?.fill(0, row * count, (row + 1) * count);
        for (const evaluator of evaluators) {
          predictions[row] += evaluator.at(row);
          if (jacobian)
            for (let p = 0; p < count; p++)
              jacobian[row * count + p] += evaluator.gradient[p] * (isLog[p] ? values[p] : 1);
        }
      }
    },
    toParameters(u) {
      read(u);
      return Object.fromEntries(parameters.map((name, p) => [name, values[p]]));
    },
    toCoordinates: (given) =>
      Float64Array.from(parameters, (name, p) => (isLog[p] ? Math.log(given[name]) : given[name])),
    parameterGradient(u) {
      read(u);
      return parameters.map((_, p) => parameters.map((__, q) => (p !== q ? 0 : isLog[p] ? values[p] : 1)));
    },
    isRepresentable: (u) => isLog.every((each, p) => !each || Math.abs(u[p]) < 650),
  };
}
