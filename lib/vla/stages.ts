import type { Architecture } from '../architecture';
import type { Device } from '../device';
import { positiveInteger, positiveNumber, refuse } from '../errors';
import { asLayers, type LayeredModel } from '../layers';
import type { Pass } from '../roofline/costs';
import { fitsOn, memory } from '../roofline/memory';
import { layerOperators, type Operator, project } from '../roofline/operators';
import { type Bound, type Layers, type Machine, type Phase, phaseOf, sumOperators } from '../roofline/phase';
import type { Profile } from '../roofline/profile';
import { machineOf } from '../roofline/roofline';
import { HALF_BYTES, type Precision, paperWorkload, precisionBytes } from '../workload';
import type { FlowHead, Linear, Sees, Stack, Vla } from './vla';
import { countBeside } from './weights';

/** On what, and how often, a vision-language-action model runs. */
export interface VlaSetting {
  device: Device;
  /** Of all linear layers, those of the encoder too. */
  precision: Precision;
  profile?: Profile;
  /** Default the model's own. */
  cameras?: number;
  promptTokens?: number;
  /** Actions in a chunk. */
  horizon?: number;
  /** Denoising steps; only for a head that has them. */
  steps?: number;
}

export const stageNames = ['vision', 'projector', 'prefill', 'adapter', 'action'] as const;
export type StageName = (typeof stageNames)[number];

/** One stage of a control step. */
export interface Stage {
  name: StageName;
  seconds: number;
  flops: number;
  bytes: number;
  /** The roof under which most of its seconds are spent. */
  bound: Bound;
}

/** From images to a chunk of actions. */
export interface VlaLatency {
  stages: Stage[];
  /** All stages one after the other. */
  secondsPerChunk: number;
  /** Chunks per second: how often the robot looks. */
  hertz: number;
  /**
   * The most that overlapping stages of successive chunks can give on one board: neither its arithmetic nor its
   * memory works on two things at once.
   */
  hertzOverlapped: number;
  /** Actions per second, a whole chunk of them from each look. */
  actionsPerSecond: number;
  memory: { weightBytes: number; kvCacheBytes: number; totalBytes: number };
  /** Null where the capacity of the board is not published. */
  fits: boolean | null;
}

/**
 * Roofline of every stage by the operators of a language model (Eq. 16): an encoder is layers without a cache, an
 * action expert reads the backbone's keys and values, or its features, at every denoising step.
 *
 * @example vlaLatency(vla('openvla-7b'), setting).hertz > 0 // true
 */
export function vlaLatency(vla: Vla, setting: VlaSetting): VlaLatency {
  const asked = withSetting(vla, setting);
  const machine = vlaMachine(setting);
  const phases = stagesOf(asked, machine);
  const stages = phases.map(([name, phase]): Stage => {
    const { seconds, flops, weightBytes, activationBytes, kvBytes, bound } = phase;
    return { name, seconds, flops, bytes: weightBytes + activationBytes + kvBytes, bound };
  });
  const secondsPerChunk = stages.reduce((sum, { seconds }) => sum + seconds, 0);
  let [arithmetic, movement] = [0, 0];
  for (const [, { operators }] of phases)
    for (const { peak, flops, weightBytes, activationBytes, kvBytes } of operators) {
      arithmetic += flops / peak;
      movement += (weightBytes + activationBytes + kvBytes) / machine.bandwidth;
    }
  const { fits, ...memory } = vlaMemory(vla, setting);
  return {
    stages,
    secondsPerChunk,
    hertz: 1 / secondsPerChunk,
    hertzOverlapped: 1 / Math.max(arithmetic, movement),
    actionsPerSecond: asked.action.horizon / secondsPerChunk,
    memory,
    fits,
  };
}

/** The operators of every stage that `vlaLatency` sums up, by stage, in the order in which they run. */
export function vlaPhases(vla: Vla, setting: VlaSetting): [StageName, Phase][] {
  return stagesOf(withSetting(vla, setting), vlaMachine(setting));
}

/** What the whole model needs on the board: weights of all parts, and the backbone's cache when a chunk is done. */
export function vlaMemory(vla: Vla, setting: VlaSetting): VlaLatency['memory'] & { fits: boolean | null } {
  const { device, precision } = setting;
  const asked = withSetting(vla, setting);
  const { linear, other } = countBeside(asked);
  const workload = { batch: 1, inputTokens: contextOf(asked), outputTokens: 0 };
  const backbone = memory(asked.backbone, { device, precision, workload });
  const weightBytes = backbone.weightBytes + linear * precisionBytes(precision).weight + other * HALF_BYTES;
  const { kvCacheBytes } = backbone;
  const totalBytes = weightBytes + kvCacheBytes;
  return { weightBytes, kvCacheBytes, totalBytes, fits: fitsOn(device, totalBytes) };
}

/** The model with the cameras, prompt, horizon and steps that are asked for. */
export function withSetting(vla: Vla, { cameras, promptTokens, horizon, steps }: VlaSetting): Vla {
  const most = (value: number | undefined, name: string, limit: number) => {
    if (value !== undefined && positiveInteger(value, name) > limit)
      refuse(`${name} ${value} is more than ${limit}`);
  };
  most(cameras, 'cameras', 1000);
  if (promptTokens !== 0) most(promptTokens, 'promptTokens', 1e6);
  most(horizon, 'horizon', 1e5);
  most(steps, 'steps', 1e5);
  if (steps !== undefined && vla.action.kind !== 'flow')
    refuse(`steps ${steps}: ${vla.id} takes no denoising steps, its actions are ${vla.action.kind}`);
  if (horizon !== undefined && vla.action.kind !== 'flow')
    refuse(
      `horizon ${horizon}: the chunk of ${vla.id} is fixed at ${vla.action.horizon} by its ${vla.action.kind} head`,
    );
  const action = {
    ...vla.action,
    ...(horizon === undefined ? {} : { horizon }),
    ...(steps === undefined ? {} : { steps }),
  };
  return { ...vla, cameras: cameras ?? vla.cameras, promptTokens: promptTokens ?? vla.promptTokens, action };
}

/** The machine of a setting. */
export function vlaMachine({ device, precision, profile }: VlaSetting): Machine {
  return machineOf({ device, precision, profile, workload: paperWorkload });
}

/** Tokens that the backbone reads. */
export function prefixOf({ cameras, imageTokens, promptTokens }: Vla): number {
  return cameras * imageTokens + promptTokens;
}

/** Tokens in the backbone's cache when a chunk is done. */
function contextOf(vla: Vla): number {
  const { action } = vla;
  return prefixOf(vla) + (action.kind === 'flow' ? 0 : action.tokens);
}

/** Every stage that the model has, in the order in which they run. */
function stagesOf(vla: Vla, machine: Machine): [StageName, Phase][] {
  const adapter = adapterPhase(vla, machine);
  return [
    ['vision', visionPhase(vla, machine)],
    ['projector', projectorPhase(vla, machine)],
    ['prefill', prefillPhase(vla, machine)],
    ...(adapter === undefined ? [] : [['adapter', adapter] satisfies [StageName, Phase]]),
    ['action', actionPhase(vla, machine)],
  ];
}

/** From the encoders' width to the backbone's, for every image token. */
export function projectorPhase({ projector, cameras, imageTokens }: Vla, machine: Machine): Phase {
  return linearPhase(projector, cameras * imageTokens, machine);
}

/** Layers over the backbone's features, if there are any. */
export function adapterPhase(vla: Vla, machine: Machine): Phase | undefined {
  const tokens = prefixOf(vla);
  return vla.adapter && phaseOf(layersOf(vla.adapter, 'none'), once(1, tokens), machine);
}

/** Encoders over all images: a projection of every patch, then layers in which every token sees every other. */
export function visionPhase({ encoders, cameras }: Vla, machine: Machine): Phase {
  const all = encoders.flatMap((encoder): [Layers[], number][] => {
    const { tokens, patch, width } = encoder;
    const pass = { sequences: cameras, queries: tokens };
    const patches = project('inputProjection', 'ffn', 3 * patch ** 2, width, pass, machine.bytes.ffn);
    return [[[...stackOperators(encoder, 'none', pass, machine), [[patches], 1]], tokens]];
  });
  return addPhases(all.map(([layers, tokens]) => sumOperators(layers, once(cameras, tokens), machine)));
}

/** The backbone over images and prompt, and over the actions where they come in the same pass. */
export function prefillPhase(vla: Vla, machine: Machine): Phase {
  const { action, backbone } = vla;
  const tokens = prefixOf(vla) + (action.kind === 'parallel' ? action.tokens : 0);
  return phaseOf(backboneLayers(backbone, action.kind === 'tokens'), once(1, tokens), machine);
}

/** From the backbone's pass to actions. */
export function actionPhase(vla: Vla, machine: Machine): Phase {
  const { action, backbone } = vla;
  const prefix = prefixOf(vla);
  if (action.kind === 'parallel') return linearPhase(action.layers, action.rows, machine);
  if (action.kind === 'tokens') {
    const steps = { pass: { sequences: 1, queries: 1 }, firstContext: prefix + 1, count: action.tokens };
    return phaseOf(backboneLayers(backbone, true), steps, machine);
  }
  return flowPhase(action, backbone, prefix, machine);
}

/** All denoising steps of an action expert. Every step does the same, in the same context. */
function flowPhase(action: FlowHead, backbone: Architecture, prefix: number, whole: Machine): Phase {
  // A step is launched once, however many kinds of layers it has.
  const machine = { ...whole, stepOverhead: 0 };
  const { expert, pattern, modulation = [], layers, horizon, extraTokens, sequences = 1 } = action;
  const queries = horizon + extraTokens;
  const pass = { sequences, queries };
  const phases = [...new Set(pattern)].map((sees) => {
    const count = countOf(sees, pattern, expert.depth);
    const isCross = sees === 'cache' || sees === 'features';
    const context = sees === 'itself' ? queries : isCross ? prefix : prefix + queries;
    const cache = isCross ? 'shared' : sees === 'joint' ? 'own' : 'none';
    const rows: Operator[] = stackOperators(expert, cache, pass, machine)[0][0].slice();
    // Keys and values of what is seen, projected anew at every step.
    if (isCross) {
      const inputs = sees === 'cache' ? backbone.kvHeads * backbone.headDim : backbone.width;
      const outputs = expert.kvHeads * expert.headDim;
      for (const name of ['keyProjection', 'valueProjection'] as const)
        rows.push(
          project(name, 'attention', inputs, outputs, { sequences, queries: prefix }, machine.bytes.ffn),
        );
    }
    for (const [inputs, outputs] of modulation)
      rows.push(
        project('inputProjection', 'ffn', inputs, outputs, { sequences, queries: 1 }, machine.bytes.ffn),
      );
    return sumOperators([[rows, count]], { pass, firstContext: context, count: 1 }, machine);
  });
  const step = addPhases([...phases, linearPhase(layers, sequences * queries, machine)]);
  return repeat({ ...step, seconds: step.seconds + whole.stepOverhead }, action.steps);
}

/** How many of `depth` layers see `sees`, when they take turns in a pattern. */
export function countOf(sees: Sees, pattern: readonly Sees[], depth: number): number {
  let count = 0;
  for (let layer = 0; layer < depth; layer++) if (pattern[layer % pattern.length] === sees) count++;
  return count;
}

/** Linear layers one after the other on `rows` of numbers. */
function linearPhase(layers: readonly Linear[], rows: number, machine: Machine): Phase {
  const pass = { sequences: 1, queries: rows };
  const operators = layers.map(([inputs, outputs]) =>
    project('inputProjection', 'ffn', inputs, outputs, pass, machine.bytes.ffn),
  );
  return sumOperators([[operators, 1]], once(1, rows), machine);
}

/** A stack as layer groups; `cache` as in `GroupedAttention`. */
function layersOf(stack: Stack, cache: 'own' | 'shared' | 'none'): LayeredModel {
  const { depth, width, heads, kvHeads, headDim, ffn, gated } = stack;
  return {
    width,
    groups: [
      {
        count: depth,
        attention: { kind: 'full', heads, kvHeads, headDim, cache },
        ffn: { kind: 'dense', size: ffn, matrices: gated ? 3 : 2 },
        other: 2 * width,
      },
    ],
    vocabulary: 0,
    lookups: 0,
    once: width,
  };
}

/** The backbone, with its LM head where it writes tokens. */
export function backboneLayers(backbone: Architecture, hasHead: boolean): LayeredModel {
  return asLayers(hasHead ? backbone : { ...backbone, vocabulary: undefined });
}

function stackOperators(
  stack: Stack,
  cache: 'own' | 'shared' | 'none',
  pass: Pass,
  machine: Machine,
): Layers[] {
  const { groups, width } = layersOf(stack, cache);
  return groups.map((group) => [
    layerOperators(group, width, pass, machine.bytes, machine.attention),
    group.count,
  ]);
}

/** One pass over `queries` tokens of `sequences` that see each other. */
function once(sequences: number, queries: number) {
  return { pass: { sequences, queries }, firstContext: queries, count: 1 };
}

function addPhases(phases: readonly Phase[]): Phase {
  const sum = (read: (phase: Phase) => number) => phases.reduce((total, phase) => total + read(phase), 0);
  const flops = sum((p) => p.flops);
  const bytes = sum((p) => p.weightBytes + p.activationBytes + p.kvBytes);
  const seconds = sum((p) => p.seconds);
  const operators = phases.flatMap((phase) => phase.operators);
  const bySeconds = operators.reduce((total, o) => total + (o.bound === 'compute' ? o.seconds : 0), 0);
  return {
    seconds,
    flops,
    weightBytes: sum((p) => p.weightBytes),
    activationBytes: sum((p) => p.activationBytes),
    kvBytes: sum((p) => p.kvBytes),
    intensity: bytes > 0 ? flops / bytes : 0,
    bound: 2 * bySeconds >= seconds && seconds > 0 ? 'compute' : 'memory',
    operators,
  };
}

/** A phase `times` over. */
function repeat(phase: Phase, times: number): Phase {
  const scaled = <
    T extends {
      seconds: number;
      flops: number;
      weightBytes: number;
      activationBytes: number;
      kvBytes: number;
    },
  >(
    each: T,
  ): T => ({
    ...each,
    seconds: times * each.seconds,
    flops: times * each.flops,
    weightBytes: times * each.weightBytes,
    activationBytes: times * each.activationBytes,
    kvBytes: times * each.kvBytes,
  });
  return { ...scaled(phase), operators: phase.operators.map(scaled) };
}

/** Chunks per second asked for, as seconds per chunk. */
export function secondsOf(hertz: number): number {
  if (positiveNumber(hertz, 'hertz', 1e6) < 1e-6) refuse(`hertz ${hertz} is less than once in eleven days`);
  return 1 / hertz;
}
