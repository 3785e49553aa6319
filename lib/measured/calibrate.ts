/** Node only: fits profiles to measurements, by gradient descent in TensorFlow.js. */
import type * as Tf from '@tensorflow/tfjs';
import { loadTensorFlow } from '../law/fit/tensorflow';
import type { Profile } from '../roofline/profile';
import { precisionNames } from '../workload';
import { type Features, featuresOf, type Work } from './features';
import type { Observation } from './measurement';

/** The parameters of a profile, in the order of the tensors: logits of shares, logarithms of seconds. */
const PARAMETERS = [...precisionNames, 'bandwidth', 'attention', 'step', 'operator'] as const;
const at = (name: (typeof PARAMETERS)[number]) => PARAMETERS.indexOf(name);

/**
 * Where the pooled parameters are drawn to, weakly: three quarters of the bandwidth, half of each peak,
 * 300 µs a step and 3 µs an operator.
 */
const CENTRE = PARAMETERS.map((name) => {
  if (name === 'step') return Math.log(300e-6);
  if (name === 'operator') return Math.log(3e-6);
  return name === 'bandwidth' ? Math.log(3) : 0;
});
/** Spread of a pooled parameter about its centre. */
const POOLED_SPREAD = 1.5;
/** Spread of what an engine, a board and the two together add to it: by a factor of two, typically. */
const EFFECT_SPREAD = Math.LN2;
/** Scale of the errors in ln(predicted / measured), and where the loss turns from square to linear. */
const NOISE = 0.1;
const TURN = 1.5;
/** Steps of Adam at each of its rates; several times as many move the objective by a hundredth. */
const STEPS = 400;
const RATES = [0.1, 0.03, 0.01];

/** Profiles by engine and board, pooled where one is not given. */
export type ProfileOf = (engine?: string, device?: string) => Profile;

/** One fit: how often each observation counts. */
export type Weights = Float32Array;

/**
 * Maximum a posteriori profiles for each of `weightings`, all in one tensor program. A parameter of engine e on
 * board b is μ + u_e + v_b + w_eb, with normal priors, so that few rows lean on all others. Errors are those
 * of ln(predicted / measured) under Huber's loss. Shares are logistic and overheads exponential functions, so
 * they stay within their bounds.
 *
 * @example (await fitProfiles(observations.slice(0, 20), [new Float32Array(20).fill(1)])).length // 1
 */
export async function fitProfiles(
  observations: readonly Observation[],
  weightings: readonly Weights[],
): Promise<ProfileOf[]> {
  const { tf } = await loadTensorFlow();
  const design = makeDesign(observations);
  const fits = weightings.length;
  const columns = design.names.length;
  const start = Float32Array.from({ length: fits * PARAMETERS.length * columns }, (_, i) =>
    i % columns === 0 ? CENTRE[Math.floor(i / columns) % PARAMETERS.length] : 0,
  );
  const theta = tf.variable(tf.tensor3d(start, [fits, PARAMETERS.length, columns]));
  const constants = makeConstants(tf, observations, design, weightings);
  for (const rate of RATES) {
    const optimizer = tf.train.adam(rate);
    for (let step = 0; step < STEPS; step++) optimizer.minimize(() => objective(tf, theta, constants));
    optimizer.dispose();
  }
  const values = await theta.data();
  tf.dispose([theta, ...Object.values(constants)]);
  return weightings.map((_, f) => (engine?: string, device?: string) => {
    const wanted = ['', `engine ${engine}`, `device ${device}`, `${engine} on ${device}`];
    const z = PARAMETERS.map((_, p) => {
      const row = (f * PARAMETERS.length + p) * columns;
      return design.names.reduce((sum, name, c) => sum + (wanted.includes(name) ? values[row + c] : 0), 0);
    });
    return toProfile(z);
  });
}

/** Columns of the effects: all rows, each engine, each board, each pair. */
interface Design {
  names: string[];
  /** One row of zeros and ones per observation. */
  rows: number[][];
}

function makeDesign(observations: readonly Observation[]): Design {
  const labels = observations.map(({ measurement: { engine, device } }) => [
    '',
    `engine ${engine}`,
    `device ${device.id}`,
    `${engine} on ${device.id}`,
  ]);
  const names = [...new Set(labels.flat())];
  return { names, rows: labels.map((own) => names.map((name) => (own.includes(name) ? 1 : 0))) };
}

type Constants = ReturnType<typeof makeConstants>;

function makeConstants(
  tf: typeof Tf,
  observations: readonly Observation[],
  { names, rows }: Design,
  weightings: readonly Weights[],
) {
  const features = observations.map(featuresOf);
  const matrix = (read: (features: Features) => Work[], part: keyof Work) => {
    const width = Math.max(1, ...features.map((each) => read(each).length));
    const padded = features.map((each) =>
      Array.from({ length: width }, (_, i) => read(each)[i]?.[part] ?? 0),
    );
    return tf.tensor3d([padded]);
  };
  const row = (read: (features: Features) => number) => tf.tensor2d([features.map(read)]);
  return tf.tidy(() => ({
    linearCompute: matrix((f) => f.linear, 'compute'),
    linearMove: matrix((f) => f.linear, 'move'),
    attentionCompute: matrix((f) => f.attention, 'compute'),
    attentionMove: matrix((f) => f.attention, 'move'),
    vectorCompute: matrix((f) => f.vector, 'compute'),
    vectorMove: matrix((f) => f.vector, 'move'),
    otherMove: row((f) => f.otherMove),
    launches: row((f) => f.launches),
    steps: row((f) => f.steps),
    logMeasured: tf.tensor2d([observations.map((o) => Math.log(o.measuredSeconds))]),
    weights: tf.tensor2d(weightings.map((each) => [...each])),
    design: tf.tensor2d(rows).transpose(),
    /** Picks, for each observation, the linear share of its precision. */
    pick: tf.tensor3d([
      precisionNames.map((name) => observations.map((o) => (o.measurement.precision === name ? 1 : 0))),
    ]),
    centre: tf.tensor3d([CENTRE.map((centre) => names.map((_, c) => (c === 0 ? centre : 0)))]),
    precisionOfPrior: tf.tensor1d(names.map((_, c) => (c === 0 ? POOLED_SPREAD : EFFECT_SPREAD) ** -2)),
  }));
}

/** Sum over all fits of weighted losses and half the prior's squares: minus the logarithm of the posterior. */
function objective(tf: typeof Tf, theta: Tf.Variable, constants: Constants): Tf.Scalar {
  const fits = theta.shape[0];
  const count = constants.steps.shape[1] as number;
  const flat = theta.reshape([fits * PARAMETERS.length, -1]);
  const z = flat.matMul(constants.design).reshape([fits, PARAMETERS.length, count]);
  const parameter = (name: (typeof PARAMETERS)[number]) =>
    z.slice([0, at(name), 0], [fits, 1, count]).reshape([fits, count]);
  const linear = z
    .slice([0, 0, 0], [fits, precisionNames.length, count])
    .mul(constants.pick)
    .sum(1)
    .sigmoid();
  const bandwidth = parameter('bandwidth').sigmoid();
  const longer = (compute: Tf.Tensor, move: Tf.Tensor, share: Tf.Tensor) =>
    tf.maximum(compute.div(share.expandDims(2)), move.div(bandwidth.expandDims(2))).sum(2);
  const predicted = longer(constants.linearCompute, constants.linearMove, linear)
    .add(longer(constants.attentionCompute, constants.attentionMove, parameter('attention').sigmoid()))
    .add(longer(constants.vectorCompute, constants.vectorMove, tf.onesLike(bandwidth)))
    .add(constants.otherMove.div(bandwidth))
    .add(constants.launches.mul(parameter('operator').exp()))
    .add(constants.steps.mul(parameter('step').exp()));
  // Huber's loss without a branch, which would have no gradient: m (|r| − m/2) with m = min(|r|, turn).
  const size = predicted.log().sub(constants.logMeasured).div(NOISE).abs();
  const capped = size.minimum(TURN);
  const losses = size.sub(capped.div(2)).mul(capped).mul(constants.weights).sum();
  const prior = theta.sub(constants.centre).square().mul(constants.precisionOfPrior).sum().div(2);
  return losses.add(prior).asScalar();
}

function toProfile(z: readonly number[]): Profile {
  const share = (name: (typeof PARAMETERS)[number]) => 1 / (1 + Math.exp(-z[at(name)]));
  return {
    bandwidthShare: share('bandwidth'),
    linearShare: Object.fromEntries(precisionNames.map((name) => [name, share(name)])),
    attentionShare: share('attention'),
    stepOverheadSeconds: Math.exp(z[at('step')]),
    operatorOverheadSeconds: Math.exp(z[at('operator')]),
  };
}
