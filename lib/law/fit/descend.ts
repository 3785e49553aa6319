/** Node only: the gradient descent of a fit, in TensorFlow.js. */

import type * as Tf from '@tensorflow/tfjs';
import { standardDeviation } from 'simple-statistics';
import type { Expression } from '../formula/tree';
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
  const graph = model.logLinear
    ? logLinearGraph(tf, model.logLinear, starts.length)
    : generalGraph(tf, model, starts.length);

  const meanPenalty = () => {
    const prediction = graph.predict(variable);
    const error =
      objective.kind === 'squared'
        ? prediction.sub(target).div(spread)
        : prediction.maximum(1e-6).log().sub(target.log());
    if (objective.kind === 'squared') return error.square().mean(1).sum().asScalar();
    // Huber's loss without a branch, which has no gradient here: m (|r| − m/2) with m = min(|r|, δ).
    const size = error.abs();
    const capped = size.minimum(objective.delta);
    return size.sub(capped.div(2)).mul(capped).div(objective.delta).mean(1).sum().asScalar();
  };

  const optimizer = tf.train.adam(rate);
  for (let step = 0; step < steps; step++) {
    optimizer.minimize(meanPenalty, false, [variable]);
    onStep(step + 1);
  }
  const flat = Float64Array.from(await variable.data());
  tf.dispose([variable, target, ...graph.constants]);
  optimizer.dispose();
  return { ends: starts.map((_, s) => flat.slice(s * count, (s + 1) * count)), backend };
}

/** A law as a graph: predictions [starts × rows] for parameters [starts × parameters]. */
interface Graph {
  predict(u: Tf.Tensor2D): Tf.Tensor2D;
  constants: Tf.Tensor[];
}

/** One matrix product and one exponential for all terms, rows and starts. */
function logLinearGraph(tf: typeof Tf, law: LogLinear, starts: number): Graph {
  const { rows, terms } = law;
  const count = law.parameters.length;
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
  const plain = tf.tensor2d(Float32Array.from(law.plain), [count, 1]);
  return {
    predict(u) {
      const logarithms = u.matMul(slopes).add(offsets).minimum(LARGEST_LOGARITHM);
      const sum = logarithms.exp().reshape([starts, terms.length, rows]).mul(signs).sum(1);
      return sum.add(u.matMul(plain)).add(law.fixed) as Tf.Tensor2D;
    },
    constants: [slopes, offsets, signs, plain],
  };
}

/** A formula of any form, node by node. */
function generalGraph(tf: typeof Tf, model: Model, starts: number): Graph {
  const columns = Object.fromEntries(
    model.formula.variables.map((name) => [
      name,
      tf.tensor2d(Float32Array.from(model.columns[name]), [1, model.rows]),
    ]),
  );
  const build = (expression: Expression, u: Tf.Tensor2D): Tf.Tensor => {
    if (expression.kind === 'number') return tf.scalar(expression.value);
    if (expression.kind === 'variable') return columns[expression.name];
    if (expression.kind === 'parameter') {
      const p = model.parameters.indexOf(expression.name);
      const value = u.slice([0, p], [starts, 1]);
      return model.isLog[p] ? value.clipByValue(-LARGEST_LOGARITHM * 4, LARGEST_LOGARITHM * 4).exp() : value;
    }
    if (expression.kind === 'log') return build(expression.of, u).log();
    const [left, right] = [build(expression.left, u), build(expression.right, u)];
    const { kind } = expression;
    return { add: tf.add, subtract: tf.sub, multiply: tf.mul, divide: tf.div, pow: tf.pow }[kind](
      left,
      right,
    );
  };
  return {
    predict: (u) =>
      model.formula.summands
        .map(({ expression }) => build(expression, u))
        .reduce((sum, each) => sum.add(each))
        .broadcastTo([starts, model.rows]) as Tf.Tensor2D,
    constants: Object.values(columns),
  };
}
