/** Node only: the gradient descent of a fit, in TensorFlow.js. */

import type * as Tf from '@tensorflow/tfjs';
import { standardDeviation } from 'simple-statistics';
import { type Expression, type Group, groupColumn, groupsIn, namesIn } from '../formula/tree';
import type { LogLinear, Model } from './model';
import type { Objective } from './objective';
import { loadTensorFlow } from './tensorflow';

/** Exponents are capped here (e^20 nats), so that a wild start cannot overflow float32. */
const LARGEST_LOGARITHM = 20;

/**
 * Gradient descent (Adam) from all `starts` at once, as one tensor [starts × parameters], on the law's graph.
 * Float32: it finds the basins; `refine` finds their bottoms. Returns where each start arrived and the backend.
 */
export async function descend(
  model: Model,
  loss: Float64Array,
  objective: Objective,
  starts: Float64Array[],
  { steps = 400, rate = 0.05, onStep = (_step: number) => {} } = {},
): Promise<{ ends: Float64Array[]; backend: string }> {
  const { tf, backend } = await loadTensorFlow();
  const { rows } = model;
  const count = model.parameters.length;
  const spread = standardDeviation(Array.from(loss)) || 1;

  const variable = tf.variable(tf.tensor2d(starts.map((start) => [...start])));
  const target = tf.tensor2d(Float32Array.from(loss), [1, rows]);
  const weights = objective.weights && tf.tensor2d(Float32Array.from(objective.weights), [1, rows]);
  const graphs = [
    ...(isEmpty(model.logLinear) ? [] : [logLinearGraph(tf, model.logLinear, starts.length)]),
    ...(model.others === undefined ? [] : [generalGraph(tf, model, model.others, starts.length)]),
  ];

  const meanPenalty = () => {
    const prediction = graphs.map(({ predict }) => predict(variable)).reduce((a, b) => a.add(b));
    const error =
      objective.kind === 'squared'
        ? prediction.sub(target).div(spread)
        : prediction.maximum(1e-6).log().sub(target.log());
    const weighted = (penalty: Tf.Tensor) => (weights === undefined ? penalty : penalty.mul(weights));
    if (objective.kind === 'squared') return weighted(error.square()).mean(1).sum().asScalar();
    // Huber's loss without a branch, which has no gradient here: m (|r| − m/2) with m = min(|r|, δ).
    const size = error.abs();
    const capped = size.minimum(objective.delta);
    return weighted(size.sub(capped.div(2)).mul(capped).div(objective.delta))
      .mean(1)
      .sum()
      .asScalar();
  };

  const optimizer = tf.train.adam(rate);
  for (let step = 0; step < steps; step++) {
    optimizer.minimize(meanPenalty, false, [variable]);
    onStep(step + 1);
  }
  const flat = Float64Array.from(await variable.data());
  tf.dispose([
    variable,
    target,
    ...(weights === undefined ? [] : [weights]),
    ...graphs.flatMap(({ constants }) => constants),
  ]);
  optimizer.dispose();
  return { ends: starts.map((_, s) => flat.slice(s * count, (s + 1) * count)), backend };
}

/** A law as a graph: predictions [starts × rows] for parameters [starts × parameters]. */
interface Graph {
  predict(u: Tf.Tensor2D): Tf.Tensor2D;
  constants: Tf.Tensor[];
}

/** Whether nothing of a law is a product of powers. */
function isEmpty({ terms, plain, fixed }: LogLinear): boolean {
  return terms.length === 0 && fixed === 0 && plain.every((factor) => factor === 0);
}

/** One matrix product and one exponential for all terms, rows and starts. */
function logLinearGraph(tf: typeof Tf, law: LogLinear, starts: number): Graph {
  const { rows, terms } = law;
  const count = law.parameters.length;
  const plain = tf.tensor2d(Float32Array.from(law.plain), [count, 1]);
  if (terms.length === 0)
    return {
      predict: (u) => u.matMul(plain).add(law.fixed).broadcastTo([starts, rows]) as Tf.Tensor2D,
      constants: [plain],
    };
  const slopes = tf.tidy(() =>
    tf.concat(
      terms.map(({ used, slope }) => {
        const dense = new Float32Array(count * rows);
        used.forEach((p, k) => {
          for (let row = 0; row < rows; row++) dense[p * rows + row] = slope[row * used.length + k];
        });
        return tf.tensor2d(dense, [count, rows]);
      }),
      1,
    ),
  ) as Tf.Tensor2D;
  const offsets = tf.tidy(() => tf.concat(terms.map(({ offset }) => tf.tensor1d(Float32Array.from(offset)))));
  const signs = tf.tensor(
    terms.map(({ sign }) => sign),
    [1, terms.length, 1],
  );
  return {
    predict(u) {
      const logarithms = u.matMul(slopes).add(offsets).minimum(LARGEST_LOGARITHM);
      const sum = logarithms.exp().reshape([starts, terms.length, rows]).mul(signs).sum(1);
      return sum.add(u.matMul(plain)).add(law.fixed) as Tf.Tensor2D;
    },
    constants: [slopes, offsets, signs, plain],
  };
}

/** Expressions of any form, node by node. */
function generalGraph(
  tf: typeof Tf,
  model: Model,
  { summands, columns: known }: NonNullable<Model['others']>,
  starts: number,
): Graph {
  const row = (values: ArrayLike<number>) => tf.tensor2d(Float32Array.from(values), [1, model.rows]);
  const names = [...new Set(summands.flatMap((each) => namesIn(each, 'variable')))];
  const columns = Object.fromEntries(names.map((name) => [name, row(known[name])]));
  const groups = new Map<Expression, Tf.Tensor2D>();
  for (const group of summands.flatMap(groupsIn)) groups.set(group, oneHot(tf, model, group));
  const shifts = new Map<number, Tf.Tensor2D>();
  const constants = new Map<number, number>();
  for (const { parameter, constant, factors } of model.logLinear.shifts) {
    shifts.set(parameter, tf.tensor2d(Float32Array.from(factors), [factors.length, 1]));
    constants.set(parameter, constant);
  }
  const build = (expression: Expression, u: Tf.Tensor2D): Tf.Tensor => {
    if (expression.kind === 'number') return tf.scalar(expression.value);
    if (expression.kind === 'variable') return columns[expression.name];
    if (expression.kind === 'group')
      return valuesOf(u.matMul(groups.get(expression)!), model.isLog[placesOf(model, expression)[0]]);
    if (expression.kind === 'parameter') {
      const p = model.parameters.indexOf(expression.name);
      const shift = shifts.get(p);
      const own = u.slice([0, p], [starts, 1]);
      return valuesOf(
        shift === undefined ? own : own.add(u.matMul(shift)).add(constants.get(p)!),
        model.isLog[p],
      );
    }
    if ('of' in expression) {
      const of = build(expression.of, u);
      return expression.kind === 'log' ? of.log() : of.minimum(LARGEST_LOGARITHM).exp();
    }
    const [left, right] = [build(expression.left, u), build(expression.right, u)];
    const { kind } = expression;
    if (kind === 'min' || kind === 'max') {
      // TensorFlow.js gives these no gradient where one side is a parameter alone and the other a column.
      const shape = tf.broadcast_util.assertAndGetBroadcastShape(left.shape, right.shape);
      const [a, b] = [left, right].map((side) => side.broadcastTo(shape));
      return kind === 'min' ? tf.minimum(a, b) : tf.maximum(a, b);
    }
    return { add: tf.add, subtract: tf.sub, multiply: tf.mul, divide: tf.div, pow: tf.pow }[kind](
      left,
      right,
    );
  };
  return {
    predict: (u) =>
      summands
        .map((each) => build(each, u))
        .reduce((sum, each) => sum.add(each))
        .broadcastTo([starts, model.rows]) as Tf.Tensor2D,
    constants: [...Object.values(columns), ...groups.values(), ...shifts.values()],
  };
}

/** Which of a group's parameters belongs to each row, as ones among zeros [parameters × rows]. */
function oneHot(tf: typeof Tf, model: Model, group: Group): Tf.Tensor2D {
  const { rows, columns } = model;
  const places = placesOf(model, group);
  const ones = new Float32Array(model.parameters.length * rows);
  for (let row = 0; row < rows; row++) ones[places[columns[groupColumn(group.by)][row]] * rows + row] = 1;
  return tf.tensor2d(ones, [model.parameters.length, rows]);
}

function placesOf({ parameters }: Model, { names }: Group): number[] {
  return names.map((name) => parameters.indexOf(name));
}

/** Parameters from their coordinates. */
function valuesOf(u: Tf.Tensor, isLog: boolean): Tf.Tensor {
  return isLog ? u.clipByValue(-LARGEST_LOGARITHM * 4, LARGEST_LOGARITHM * 4).exp() : u;
}
