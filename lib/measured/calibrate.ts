/** Node only: fits profiles to measurements, by gradient descent in TensorFlow.js. */
import type * as Tf from '@tensorflow/tfjs';
import { loadTensorFlow } from '../law/fit/tensorflow';
import type { Profile } from '../roofline/profile';
import { type Precision, precisionNames } from '../workload';
import { type Features, featuresOf, type Work, type WorkKind, workKinds } from './features';
import type { Observation } from './measurement';

/** The parameters of a profile, in the order of the tensors: logits of shares, logarithms of seconds. */
const PARAMETERS = [...precisionNames, 'bandwidth', 'attention', 'step', 'operator'] as const;
/** What is added to the logit of a share above where a part of its work keeps up more, or less, than the rest. */
const DETAILS = [
  'decodeAttention',
  ...precisionNames.map((name) => `bandwidth ${name}` as const),
  ...precisionNames.map((name) => `experts ${name}` as const),
] as const;
type Parameter = (typeof PARAMETERS)[number] | (typeof DETAILS)[number];

/**
 * Where the pooled parameters are drawn to, weakly: three quarters of the bandwidth, half of each peak,
 * 300 µs a step and 3 µs an operator, and no difference in details.
 */
function centreOf(name: Parameter): number {
  if (name === 'step') return Math.log(300e-6);
  if (name === 'operator') return Math.log(3e-6);
  return name === 'bandwidth' ? Math.log(3) : 0;
}
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

/** Work that has a share of its own with details, and without; see `logits` in `objective`. */
const APART = workKinds.map((kind) => [kind]);
const TOGETHER: WorkKind[][] = [['linear', 'experts'], ['attention', 'decodeAttention'], ['vector']];
const hasDetails = (parameters: readonly Parameter[]) => parameters.length > PARAMETERS.length;

/** Profiles by engine and board, pooled where one is not given. */
export type ProfileOf = (engine?: string, device?: string) => Profile;

/** One fit: how often each observation counts. */
export type Weights = Float32Array;

/**
 * Maximum a posteriori profiles for each of `weightings`, all in one tensor program. A parameter of engine e on
 * board b is μ + u_e + v_b + w_eb, with normal priors, so that few rows lean on all others. Errors are those
 * of ln(predicted / measured) under Huber's loss. Shares are logistic and overheads exponential functions, so
 * they stay within their bounds. Details are fitted where rows have the role `fit`: `colaw measure` plans these so
 * that dense models and mixtures, precisions and lengths of prompts can be told apart.
 *
 * @example (await fitProfiles(observations.slice(0, 20), [new Float32Array(20).fill(1)])).length // 1
 */
export async function fitProfiles(
  observations: readonly Observation[],
  weightings: readonly Weights[],
): Promise<ProfileOf[]> {
  const { tf } = await loadTensorFlow();
  const isOurs = observations.some(({ measurement }) => measurement.role === 'fit');
  const parameters: readonly Parameter[] = isOurs ? [...PARAMETERS, ...DETAILS] : PARAMETERS;
  const design = makeDesign(observations);
  const fits = weightings.length;
  const columns = design.names.length;
  const start = Float32Array.from({ length: fits * parameters.length * columns }, (_, i) =>
    i % columns === 0 ? centreOf(parameters[Math.floor(i / columns) % parameters.length]) : 0,
  );
  const theta = tf.variable(tf.tensor3d(start, [fits, parameters.length, columns]));
  const constants = makeConstants(tf, observations, design, weightings, parameters);
  for (const rate of RATES) {
    const optimizer = tf.train.adam(rate);
    for (let step = 0; step < STEPS; step++)
      optimizer.minimize(() => objective(tf, theta, constants, parameters));
    optimizer.dispose();
  }
  const values = await theta.data();
  tf.dispose([theta, ...Object.values(constants)]);
  return weightings.map((_, f) => (engine?: string, device?: string) => {
    const wanted = ['', `engine ${engine}`, `device ${device}`, `${engine} on ${device}`];
    return toProfile(hasDetails(parameters), (parameter) => {
      const row = (f * parameters.length + parameters.indexOf(parameter)) * columns;
      return design.names.reduce((sum, name, c) => sum + (wanted.includes(name) ? values[row + c] : 0), 0);
    });
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
  parameters: readonly Parameter[],
) {
  const features = observations.map(featuresOf);
  const matrix = (works: readonly Work[][], part: keyof Work) => {
    const width = Math.max(1, ...works.map(({ length }) => length));
    return tf.tensor3d([works.map((each) => Array.from({ length: width }, (_, i) => each[i]?.[part] ?? 0))]);
  };
  const row = (read: (features: Features) => number) => tf.tensor2d([features.map(read)]);
  return tf.tidy(() => ({
    /** The work of each share. */
    works: (hasDetails(parameters) ? APART : TOGETHER).map((kinds) => {
      const works = features.map((each) => kinds.flatMap((kind) => each[kind]));
      return { compute: matrix(works, 'compute'), move: matrix(works, 'move') };
    }),
    otherMove: row((f) => f.otherMove),
    launches: row((f) => f.launches),
    steps: row((f) => f.steps),
    logMeasured: tf.tensor2d([observations.map((o) => Math.log(o.measuredSeconds))]),
    weights: tf.tensor2d(weightings.map((each) => [...each])),
    design: tf.tensor2d(rows).transpose(),
    /** Picks, for each observation, the parameter of its precision. */
    pick: tf.tensor3d([
      precisionNames.map((name) => observations.map((o) => (o.measurement.precision === name ? 1 : 0))),
    ]),
    centre: tf.tensor3d([parameters.map((name) => names.map((_, c) => (c === 0 ? centreOf(name) : 0)))]),
    precisionOfPrior: tf.tensor1d(names.map((_, c) => (c === 0 ? POOLED_SPREAD : EFFECT_SPREAD) ** -2)),
  }));
}

/** Sum over all fits of weighted losses and half the prior's squares: minus the logarithm of the posterior. */
function objective(
  tf: typeof Tf,
  theta: Tf.Variable,
  constants: Constants,
  parameters: readonly Parameter[],
): Tf.Scalar {
  const fits = theta.shape[0];
  const count = constants.steps.shape[1] as number;
  const flat = theta.reshape([fits * parameters.length, -1]);
  const z = flat.matMul(constants.design).reshape([fits, parameters.length, count]);
  const slice = (first: Parameter, length: number) =>
    z.slice([0, parameters.indexOf(first), 0], [fits, length, count]);
  const parameter = (name: Parameter) => slice(name, 1).reshape([fits, count]);
  /** Of as many parameters as there are precisions, from `first` on, that of each observation's. */
  const ofPrecision = (first: Parameter) => slice(first, precisionNames.length).mul(constants.pick).sum(1);
  const linear = ofPrecision(PARAMETERS[0]);
  const attention = parameter('attention');
  let bandwidth = parameter('bandwidth');
  let logits: Tf.Tensor[] = [linear, attention];
  if (hasDetails(parameters)) {
    bandwidth = bandwidth.add(ofPrecision(`bandwidth ${precisionNames[0]}`));
    const experts = linear.add(ofPrecision(`experts ${precisionNames[0]}`));
    logits = [linear, experts, attention, attention.add(parameter('decodeAttention'))];
  }
  const bandwidthShare = bandwidth.sigmoid();
  // The vector units keep up their whole rate.
  const shares = [...logits.map((logit) => logit.sigmoid()), tf.onesLike(bandwidthShare)];
  const predicted = constants.works
    .map(({ compute, move }, k) =>
      tf.maximum(compute.div(shares[k].expandDims(2)), move.div(bandwidthShare.expandDims(2))).sum(2),
    )
    .reduce((sum, seconds) => sum.add(seconds))
    .add(constants.otherMove.div(bandwidthShare))
    .add(constants.launches.mul(parameter('operator').exp()))
    .add(constants.steps.mul(parameter('step').exp()));
  // Huber's loss without a branch, which would have no gradient: m (|r| − m/2) with m = min(|r|, turn).
  const size = predicted.log().sub(constants.logMeasured).div(NOISE).abs();
  const capped = size.minimum(TURN);
  const losses = size.sub(capped.div(2)).mul(capped).mul(constants.weights).sum();
  const prior = theta.sub(constants.centre).square().mul(constants.precisionOfPrior).sum().div(2);
  return losses.add(prior).asScalar();
}

/** A profile by the sum of all effects on each parameter. */
function toProfile(isDetailed: boolean, z: (name: Parameter) => number): Profile {
  const share = (name: Parameter, detail?: Parameter) =>
    1 / (1 + Math.exp(-z(name) - (detail === undefined ? 0 : z(detail))));
  const shares = (read: (precision: Precision) => number) =>
    Object.fromEntries(precisionNames.map((name) => [name, read(name)]));
  const profile: Profile = {
    bandwidthShare: share('bandwidth'),
    linearShare: shares((name) => share(name)),
    attentionShare: share('attention'),
    stepOverheadSeconds: Math.exp(z('step')),
    operatorOverheadSeconds: Math.exp(z('operator')),
  };
  if (!isDetailed) return profile;
  return {
    ...profile,
    precisionBandwidthShare: shares((name) => share('bandwidth', `bandwidth ${name}`)),
    expertShare: shares((name) => share(name, `experts ${name}`)),
    decodeAttentionShare: share('attention', 'decodeAttention'),
  };
}
