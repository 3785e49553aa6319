import { type Architecture, type ArchitectureTable, toTable } from '../architecture';
import { type Device, halfPeak, vectorRate } from '../device';
import { oneOf } from '../errors';
import {
  linearPeak,
  type Packing,
  type Precision,
  type PrecisionBytes,
  precisionBytes,
  type Workload,
} from '../workload';
import {
  ACTIVATIONS,
  ACTIVATIONS_SLOPE,
  type AttentionForm,
  attentionForms,
  FIELDS,
  FLOPS,
  FLOPS_SLOPE,
  fillCosts,
  KV,
  KV_SLOPE,
  LAYER_OPERATORS,
  makeCosts,
  type OperatorName,
  operatorNames,
  operatorUnits,
  type Pass,
  WEIGHTS,
} from './costs';
import { type Memory, memory } from './memory';
import { idealProfile, type Profile } from './profile';
import { sumOfLargerLine, sumOfLine } from './sum';

/** On what, and how, a model runs. */
export interface Setting {
  device: Device;
  workload: Workload;
  precision: Precision;
  /** Attention as one operator whose scores never leave the chip (the default), or Tables 10–13. */
  attention?: AttentionForm;
  /** Bytes per weight, where they are not those of the precision. */
  packing?: Packing;
  /** What the engine keeps up of the device's figures. Default all of it. */
  profile?: Profile;
}

/** Which roof an operator, or most of a phase's time, is under. */
export type Bound = 'compute' | 'memory';

/** FLOPs and bytes, by kind of byte. */
export interface Traffic {
  flops: number;
  weightBytes: number;
  activationBytes: number;
  /** Keys and values, read and written. */
  kvBytes: number;
}

/** One operator over all layers and steps of a phase. */
export interface OperatorCost extends Traffic {
  name: OperatorName;
  seconds: number;
  /** FLOPs per byte; unlike the phase's sums a property of the operator. */
  intensity: number;
  bound: Bound;
}

/** Prefill, or all steps of decode together. */
export interface Phase extends Traffic {
  seconds: number;
  intensity: number;
  /** The roof under which most of the phase's seconds are spent. */
  bound: Bound;
  operators: OperatorCost[];
}

export interface Latency {
  prefill: Phase;
  decode: Phase;
  prefillSeconds: number;
  decodeSeconds: number;
  totalSeconds: number;
  memory: Memory;
}

/** Seconds per architecture, in the order of the table. */
export interface LatencyTable {
  prefillSeconds: Float64Array;
  decodeSeconds: Float64Array;
  totalSeconds: Float64Array;
}

/**
 * Latency of one architecture by the per-operator roofline: T = max(FLOPs / peak, bytes / bandwidth) for each
 * operator (Eq. 16), summed over operators, layers and decode steps (Eq. 4), plus the overheads of the profile.
 *
 * @example rooflineLatency(qwen, setting).decode.bound // 'memory'
 */
export function rooflineLatency(architecture: Architecture, setting: Setting): Latency {
  const table = toTable([architecture]);
  const plan = makePlan(setting);
  const phase = (name: 'prefill' | 'decode') => {
    const costs = makeCosts();
    fillCosts(costs, table, 0, plan[name].pass, plan.bytes, plan.attention);
    return summarise(costs, table.depth[0], plan, plan[name]);
  };
  const prefill = phase('prefill');
  const decode = phase('decode');
  return {
    prefill,
    decode,
    prefillSeconds: prefill.seconds,
    decodeSeconds: decode.seconds,
    totalSeconds: prefill.seconds + decode.seconds,
    memory: memory(architecture, setting),
  };
}

/**
 * `rooflineLatency` for a whole table, to the same bits, without allocating per architecture.
 *
 * @example rooflineLatencies(toTable([qwen]), setting).totalSeconds[0] === rooflineLatency(qwen,
 *   setting).totalSeconds // true
 */
export function rooflineLatencies(table: ArchitectureTable, setting: Setting): LatencyTable {
  const plan = makePlan(setting);
  const costs = makeCosts();
  const prefillSeconds = new Float64Array(table.length);
  const decodeSeconds = new Float64Array(table.length);
  const totalSeconds = new Float64Array(table.length);
  for (let i = 0; i < table.length; i++) {
    fillCosts(costs, table, i, plan.prefill.pass, plan.bytes, plan.attention);
    prefillSeconds[i] = phaseSeconds(costs, table.depth[i], plan, plan.prefill);
    fillCosts(costs, table, i, plan.decode.pass, plan.bytes, plan.attention);
    decodeSeconds[i] = phaseSeconds(costs, table.depth[i], plan, plan.decode);
    totalSeconds[i] = prefillSeconds[i] + decodeSeconds[i];
  }
  return { prefillSeconds, decodeSeconds, totalSeconds };
}

/** A pass and the contexts in which it is repeated. */
interface Steps {
  pass: Pass;
  firstContext: number;
  count: number;
}

interface Plan {
  bytes: PrecisionBytes;
  attention: AttentionForm;
  /** Sustained, as the peaks. */
  bandwidth: number;
  /** FLOP/s of each operator. */
  peaks: Float64Array;
  /** Fixed seconds of a step, and of an operator. */
  stepOverhead: number;
  operatorOverhead: number;
  prefill: Steps;
  decode: Steps;
}

function makePlan(setting: Setting): Plan {
  const { device, workload, precision, attention = 'fused', packing, profile = idealProfile } = setting;
  const { batch, inputTokens, outputTokens } = workload;
  const peak = {
    linear: linearPeak(device, precision) * (profile.linearShare[precision] ?? 1),
    matrix16: halfPeak(device) * profile.attentionShare,
    // What runs on the vector units waits for memory, but for a router in prefill: no share to be measured.
    vector: vectorRate(device),
  };
  return {
    bytes: precisionBytes(precision, packing),
    attention: oneOf(attention, attentionForms, 'attention'),
    bandwidth: device.bandwidthBytesPerSecond * profile.bandwidthShare,
    stepOverhead: profile.stepOverheadSeconds,
    operatorOverhead: profile.operatorOverheadSeconds,
    peaks: Float64Array.from(operatorUnits, (unit) => peak[unit]),
    prefill: { pass: { sequences: batch, queries: inputTokens }, firstContext: inputTokens, count: 1 },
    decode: { pass: { sequences: batch, queries: 1 }, firstContext: inputTokens + 1, count: outputTokens },
  };
}

/** Seconds of one operator of one layer over all steps, the overhead of launching it included. */
function operatorSeconds(costs: Float64Array, operator: number, plan: Plan, steps: Steps): number {
  const seconds = workSeconds(costs, operator, plan, steps);
  return seconds > 0 ? seconds + steps.count * plan.operatorOverhead : seconds;
}

function workSeconds(costs: Float64Array, operator: number, plan: Plan, steps: Steps): number {
  const at = operator * FIELDS;
  const peak = plan.peaks[operator];
  const compute = costs[at + FLOPS] / peak;
  const move = (costs[at + WEIGHTS] + costs[at + ACTIVATIONS] + costs[at + KV]) / plan.bandwidth;
  if (costs[at + FLOPS_SLOPE] === 0) return steps.count * Math.max(compute, move);
  const computeSlope = costs[at + FLOPS_SLOPE] / peak;
  const moveSlope = (costs[at + ACTIVATIONS_SLOPE] + costs[at + KV_SLOPE]) / plan.bandwidth;
  return sumOfLargerLine(compute, computeSlope, move, moveSlope, steps.firstContext, steps.count);
}

function phaseSeconds(costs: Float64Array, depth: number, plan: Plan, steps: Steps): number {
  let layer = 0;
  let once = 0;
  for (let operator = 0; operator < LAYER_OPERATORS; operator++)
    layer += operatorSeconds(costs, operator, plan, steps);
  for (let operator = LAYER_OPERATORS; operator < operatorNames.length; operator++)
    once += operatorSeconds(costs, operator, plan, steps);
  return depth * layer + once + steps.count * plan.stepOverhead;
}

function summarise(costs: Float64Array, depth: number, plan: Plan, steps: Steps): Phase {
  const operators: OperatorCost[] = [];
  const sum: Traffic = { flops: 0, weightBytes: 0, activationBytes: 0, kvBytes: 0 };
  let computeSeconds = 0;
  operatorNames.forEach((name, operator) => {
    const repeats = operator < LAYER_OPERATORS ? depth : 1;
    const total = (field: number, slope: number) => {
      const at = operator * FIELDS;
      const growth = slope === 0 ? 0 : costs[at + slope];
      return repeats * sumOfLine(costs[at + field], growth, steps.firstContext, steps.count);
    };
    const flops = total(FLOPS, FLOPS_SLOPE);
    const weightBytes = total(WEIGHTS, 0);
    const activationBytes = total(ACTIVATIONS, ACTIVATIONS_SLOPE);
    const kvBytes = total(KV, KV_SLOPE);
    const bytes = weightBytes + activationBytes + kvBytes;
    if (flops === 0 && bytes === 0) return;
    const seconds = repeats * operatorSeconds(costs, operator, plan, steps);
    const bound = flops / plan.peaks[operator] >= bytes / plan.bandwidth ? 'compute' : 'memory';
    if (bound === 'compute') computeSeconds += seconds;
    const intensity = flops / bytes;
    operators.push({ name, seconds, flops, weightBytes, activationBytes, kvBytes, intensity, bound });
    sum.flops += flops;
    sum.weightBytes += weightBytes;
    sum.activationBytes += activationBytes;
    sum.kvBytes += kvBytes;
  });
  const seconds = phaseSeconds(costs, depth, plan, steps);
  const bytes = sum.weightBytes + sum.activationBytes + sum.kvBytes;
  const bound = 2 * computeSeconds >= seconds && seconds > 0 ? 'compute' : 'memory';
  return { seconds, ...sum, intensity: bytes > 0 ? sum.flops / bytes : 0, bound, operators };
}
