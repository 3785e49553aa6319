/** Whether the rows can carry a fit at all. */
import { Matrix } from 'ml-matrix';
import { refuse } from '../../errors';
import { permutation, seededRandom } from '../../random';
import { drawOrdinary } from './draw';
import { onRows, type Problem } from './problem';
import { scaledSvd } from './uncertainty';

/** Points at which the law is looked at: one at which the rows tell all parameters apart is enough. */
const POINTS = 32;
/** A direction in the parameters is lost where the predictions move by less than this share of the most they can. */
const LOST = 1e-11;
/** Rows that are looked at first. */
const SOME = 512;

/**
 * Refuses rows that leave a parameter open wherever it is: a column is constant, a parameter moves nothing, or
 * constants stand side by side. An optimum would then have any coefficients, 1e280 as well as 1. Terms that only trade
 * off with each other, as one in depth does where there are two depths, are fitted, and the fit says which.
 */
export function checkIdentified(name: string, problem: Problem): void {
  const rows = problem.loss.length;
  if (rows > SOME) {
    const some = permutation(rows, seededRandom(0)).slice(0, SOME);
    if (openParameters(onRows(problem, some)).length === 0) return;
  }
  const open = openParameters(problem);
  if (open.length === 0) return;
  const { formula, columns } = problem.model;
  const constant = formula.variables.filter((each) => {
    const values = columns[each];
    for (let row = 1; row < rows; row++) if (values[row] !== values[0]) return false;
    return true;
  });
  const { model } = problem;
  const areConstants = open.every((each) => model.plain[model.parameters.indexOf(each)] !== 0);
  if (constant.length === 0 && open.length > 1 && !areConstants) return;
  const why =
    constant.length === 0
      ? ''
      : ` (${constant.map((each) => `${each} is ${columns[each][0]}`).join(', ')} in all of them)`;
  refuse(
    `${name}: the ${rows} training rows${why} ${
      open.length === 1 ? `say nothing of ${open[0]}` : `cannot tell ${open.join(', ')} apart`
    }; fix ${open.length === 1 ? 'it' : 'some'} (--fix ${open[0]}=…) or take a smaller formula`,
  );
}

/** Parameters that can change together without changing any prediction, at every one of some points. */
function openParameters({ model, loss, fixed }: Problem): string[] {
  const random = seededRandom(0);
  const count = model.parameters.length;
  const free = [...model.parameters.keys()].filter((p) => !(model.parameters[p] in fixed));
  const predictions = new Float64Array(model.rows);
  const jacobian = new Float64Array(model.rows * count);
  let open: string[] = [];
  for (let point = 0; point < POINTS; point++) {
    model.evaluate(drawOrdinary(model, loss, random), predictions, jacobian);
    if (!jacobian.every(Number.isFinite)) continue;
    const matrix = Matrix.zeros(model.rows, free.length);
    for (let row = 0; row < model.rows; row++)
      free.forEach((p, k) => void matrix.set(row, k, jacobian[row * count + p]));
    const { values, directions } = scaledSvd(matrix);
    const lost = [...free.keys()].filter((k) => !(values[k] > LOST * values[0]));
    if (lost.length === 0) return [];
    open = free
      .filter((_, q) => lost.some((k) => Math.abs(directions.get(q, k)) > 0.01))
      .map((p) => model.parameters[p]);
  }
  return open;
}
