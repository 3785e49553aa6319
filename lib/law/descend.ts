/** Node only: the gradient descent of a fit, in TensorFlow.js. */
import { standardDeviation } from 'simple-statistics';
import type { LogLinear } from './loglinear';
import type { Objective } from './objective';
import { loadTensorFlow } from './tensorflow';

/** Exponents are capped here (e^20 nats), so that a wild start cannot overflow float32. */
const LARGEST_LOGARITHM = 20;

/**
 * Gradient descent (Adam) from all `starts` at once, as one tensor [starts × parameters], on the law's graph.
 * Float32: it finds the basins; `refine` finds their bottoms. Returns where each start arrived and the backend.
 */
export async function descend(
  model: LogLinear,
  loss: Float64Array,
  objective: Objective,
  starts: Float64Array[],
  { steps = 400, rate = 0.05, onStep = (_step: number) => {} } = {},
): Promise<{ ends: Float64Array[]; backend: string }> {
  const { tf, backend } = await loadTensorFlow();
  const { rows } = model;
  const count = model.parameters.length;
  const kinds = model.terms.length;
  const spread = standardDeviation(Array.from(loss)) || 1;

  const variable = tf.variable(tf.tensor2d(starts.map((start) => [...start])));
  const constants = tf.tidy(() => ({
    slopes: tf.concat(
      model.terms.map(({ slope }) => tf.tensor2d(Float32Array.from(slope), [rows, count]).transpose()),
      1,
    ),
    offsets: tf.concat(model.terms.map(({ offset }) => tf.tensor1d(Float32Array.from(offset)))),
    signs: tf.tensor(
      model.terms.map(({ sign }) => sign),
      [1, kinds, 1],
    ),
    plain: tf.tensor2d(Float32Array.from(model.plain), [count, 1]),
    target: tf.tensor2d(Float32Array.from(loss), [1, rows]),
  }));
  const { slopes, offsets, signs, plain, target } = constants;

  const meanPenalty = () => {
    const logarithms = variable.matMul(slopes).add(offsets).minimum(LARGEST_LOGARITHM);
    const terms = logarithms.exp().reshape([starts.length, kinds, rows]).mul(signs).sum(1);
    const prediction = terms.add(variable.matMul(plain)).add(model.fixed);
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
  tf.dispose([variable, ...Object.values(constants)]);
  optimizer.dispose();
  return { ends: starts.map((_, s) => flat.slice(s * count, (s + 1) * count)), backend };
}
