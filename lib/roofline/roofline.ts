import type { Architecture, ArchitectureTable } from '../architecture';
import { type Device, halfPeak, vectorRate } from '../device';
import { oneOf } from '../errors';
import { asLayers, isLayered, type LayeredModel } from '../layers';
import {
  type KvPrecision,
  linearPeak,
  type Packing,
  type Precision,
  type PrecisionBytes,
  precisionBytes,
  precisions,
  type Stored,
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
  fillFfn,
  isExpertProduct,
  KV,
  KV_SLOPE,
  LAYER_OPERATORS,
  makeCosts,
  operatorNames,
  operatorUnits,
  WEIGHTS,
} from './costs';
import { type Memory, memory } from './memory';
import type { Part, PartBytes, StoredPart } from './operators';
import { type Machine, type Phase, phaseOf, type Steps } from './phase';
import { idealProfile, type Profile } from './profile';
import { sumOfLargerLine } from './sum';

/** On what, and how, a model runs. */
export interface Setting {
  device: Device;
  workload: Workload;
  precision: Precision;
  /** Attention as one operator whose scores never leave the chip (the default), or Tables 10–13. */
  attention?: AttentionForm;
  /** Bytes per weight, where they are not those of the precision. */
  packing?: Packing;
  /** Bits of the KV cache; default those of the model's checkpoint, or else 16. */
  kvPrecision?: KvPrecision;
  /** What the engine keeps up of the device's figures. Default all of it. */
  profile?: Profile;
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
 * Latency of one model by the per-operator roofline: T = max(FLOPs / peak, bytes / bandwidth) for each operator
 * (Eq. 16), summed over operators, layers and decode steps (Eq. 4), plus the overheads of the profile.
 *
 * @example rooflineLatency(qwen, setting).decode.bound // 'memory'
 */
export function rooflineLatency(model: Architecture | LayeredModel, setting: Setting): Latency {
  const layered = isLayered(model) ? model : asLayers(model);
  const machine = machineOf(setting, layered);
  const { prefill: reading, decode: writing } = stepsOf(setting.workload);
  const prefill = phaseOf(layered, reading, machine);
  const decode = phaseOf(layered, writing, machine);
  return {
    prefill,
    decode,
    prefillSeconds: prefill.seconds,
    decodeSeconds: decode.seconds,
    totalSeconds: prefill.seconds + decode.seconds,
    memory: memory(model, setting),
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
    prefillSeconds[i] = phaseSeconds(costs, table, i, plan, plan.prefill);
    fillCosts(costs, table, i, plan.decode.pass, plan.bytes, plan.attention);
    decodeSeconds[i] = phaseSeconds(costs, table, i, plan, plan.decode);
    totalSeconds[i] = prefillSeconds[i] + decodeSeconds[i];
  }
  return { prefillSeconds, decodeSeconds, totalSeconds };
}

/** Times the operators of a layer one by one, for those who put layers together from parts as `phaseSeconds` does. */
export interface OperatorTimer {
  /** Takes architecture `i`; returns what each operator does (`FIELDS` numbers each), until the next is taken. */
  take(table: ArchitectureTable, i: number): Float64Array;
  /** Takes the FFN of an architecture alone; what other operators do stays that of the one taken before. */
  takeFfn(architecture: Architecture): void;
  /** Seconds of one operator in one layer of the architecture taken last. */
  seconds(operator: number): number;
  /** Fixed seconds of the steps. */
  overhead: number;
}

/** A timer for one phase of a setting. */
export function operatorTimer(setting: Setting, phase: 'prefill' | 'decode'): OperatorTimer {
  const plan = makePlan(setting);
  const steps = plan[phase];
  const costs = makeCosts();
  let { peaks } = steps;
  return {
    take(table, i) {
      fillCosts(costs, table, i, steps.pass, plan.bytes, plan.attention);
      peaks = peaksOf(steps, table.experts[i]);
      return costs;
    },
    takeFfn({ width, ffnRatio, experts, activeExperts, ffnMatrices = 3 }) {
      const { pass } = steps;
      fillFfn(costs, width, ffnRatio * width, experts, activeExperts, ffnMatrices, pass, plan.bytes);
      peaks = peaksOf(steps, experts);
    },
    seconds: (operator) => operatorSeconds(costs, operator, peaks[operator], plan, steps),
    overhead: steps.count * plan.stepOverhead,
  };
}

interface Plan {
  bytes: PrecisionBytes;
  attention: AttentionForm;
  /** Sustained, as the peaks. */
  bandwidth: number;
  /** Fixed seconds of a step, and of an operator. */
  stepOverhead: number;
  operatorOverhead: number;
  prefill: PlannedSteps;
  decode: PlannedSteps;
}

interface PlannedSteps extends Steps {
  /** FLOP/s of each operator, and of those of a mixture of experts. */
  peaks: Float64Array;
  mixturePeaks: Float64Array;
}

function peaksOf({ peaks, mixturePeaks }: PlannedSteps, experts: number): Float64Array {
  return experts > 1 ? mixturePeaks : peaks;
}

function makePlan(setting: Setting): Plan {
  const { bandwidth, attention, stepOverhead, operatorOverhead, bytes, peak } = machineOf(setting);
  const { prefill, decode } = stepsOf(setting.workload);
  const planned = (steps: Steps): PlannedSteps => {
    const peaks = Float64Array.from(operatorUnits, (unit) => peak(unit, 'ffn', steps.pass));
    const expertPeak = peak('linear', 'experts', steps.pass);
    const mixturePeaks = peaks.map((each, i) => (isExpertProduct(operatorNames[i]) ? expertPeak : each));
    return { ...steps, peaks, mixturePeaks };
  };
  return {
    bytes: bytes.ffn,
    attention,
    bandwidth,
    stepOverhead,
    operatorOverhead,
    prefill: planned(prefill),
    decode: planned(decode),
  };
}

/** Prefill is one pass over the prompt; decode a pass for each token, in a context that holds it too. */
function stepsOf({ batch, inputTokens, outputTokens }: Workload): { prefill: Steps; decode: Steps } {
  return {
    prefill: { pass: { sequences: batch, queries: inputTokens }, firstContext: inputTokens, count: 1 },
    decode: { pass: { sequences: batch, queries: 1 }, firstContext: inputTokens + 1, count: outputTokens },
  };
}

/** The machine of a setting: linear layers at its precision, or each part as the checkpoint of `model` stores it. */
export function machineOf(setting: Setting, { stored, kvPrecision }: Partial<LayeredModel> = {}): Machine {
  const { device, precision, attention = 'fused', packing, profile = idealProfile } = setting;
  const kv = setting.kvPrecision ?? kvPrecision;
  const plain = precisionBytes(precision, packing, kv);
  const bytes: PartBytes = stored
    ? storedBytes(stored, device, kv)
    : { attention: plain, ffn: plain, head: plain };
  const precisionOf = (part: StoredPart) =>
    stored === undefined ? precision : runnable(part === 'head' ? 'fp16' : stored[part], device);
  const linear = (part: StoredPart, share = profile.linearShare) => {
    const run = precisionOf(part);
    return linearPeak(device, run) * (share[run] ?? profile.linearShare[run] ?? 1);
  };
  const linearPeaks: Record<Part, number> = {
    attention: linear('attention'),
    ffn: linear('ffn'),
    experts: linear('ffn', profile.expertShare),
    head: linear('head'),
  };
  const { attentionShare, decodeAttentionShare = attentionShare, bandwidthShare } = profile;
  const matrix16 = halfPeak(device) * attentionShare;
  const decodeMatrix16 = halfPeak(device) * decodeAttentionShare;
  // What runs on the vector units waits for memory, but for a router in prefill: no share to be measured.
  const vector = vectorRate(device);
  return {
    bytes,
    attention: oneOf(attention, attentionForms, 'attention'),
    // Of the FFN's precision, in which most bytes are.
    bandwidth:
      device.bandwidthBytesPerSecond *
      (profile.precisionBandwidthShare?.[precisionOf('ffn')] ?? bandwidthShare),
    peak: (unit, part, { queries }) => {
      if (unit === 'linear') return linearPeaks[part];
      if (unit === 'vector') return vector;
      return queries === 1 ? decodeMatrix16 : matrix16;
    },
    stepOverhead: profile.stepOverheadSeconds,
    operatorOverhead: profile.operatorOverheadSeconds,
  };
}

/** Bytes of each part as a checkpoint stores it. */
function storedBytes(stored: Stored, device: Device, kvPrecision: KvPrecision | undefined): PartBytes {
  const part = (precision: Precision, weight = precisions[precision].weight): PrecisionBytes => ({
    ...precisionBytes(runnable(precision, device), undefined, kvPrecision),
    weight,
    head: stored.headBytes,
  });
  return {
    attention: part(stored.attention, stored.attentionBytes),
    ffn: part(stored.ffn, stored.ffnBytes),
    head: part('fp16'),
  };
}

/** `precision`, or 16 bits where the device has no peak for it: weights stay small, and are expanded to compute. */
export function runnable(precision: Precision, device: Device): Precision {
  return device.peakFlopsPerSecond[precisions[precision].peak] ? precision : 'fp16';
}

/** Seconds of one operator of one layer over all steps, the overhead of launching it included. */
function operatorSeconds(
  costs: Float64Array,
  operator: number,
  peak: number,
  plan: Plan,
  steps: Steps,
): number {
  const seconds = workSeconds(costs, operator, peak, plan, steps);
  return seconds > 0 ? seconds + steps.count * plan.operatorOverhead : seconds;
}

function workSeconds(costs: Float64Array, operator: number, peak: number, plan: Plan, steps: Steps): number {
  const at = operator * FIELDS;
  const compute = costs[at + FLOPS] / peak;
  const move = (costs[at + WEIGHTS] + costs[at + ACTIVATIONS] + costs[at + KV]) / plan.bandwidth;
  if (costs[at + FLOPS_SLOPE] === 0) return steps.count * Math.max(compute, move);
  const computeSlope = costs[at + FLOPS_SLOPE] / peak;
  const moveSlope = (costs[at + ACTIVATIONS_SLOPE] + costs[at + KV_SLOPE]) / plan.bandwidth;
  return sumOfLargerLine(compute, computeSlope, move, moveSlope, steps.firstContext, steps.count);
}

function phaseSeconds(
  costs: Float64Array,
  table: ArchitectureTable,
  i: number,
  plan: Plan,
  steps: PlannedSteps,
): number {
  const peaks = peaksOf(steps, table.experts[i]);
  let layer = 0;
  let once = 0;
  for (let operator = 0; operator < LAYER_OPERATORS; operator++)
    layer += operatorSeconds(costs, operator, peaks[operator], plan, steps);
  for (let operator = LAYER_OPERATORS; operator < operatorNames.length; operator++)
    once += operatorSeconds(costs, operator, peaks[operator], plan, steps);
  return table.depth[i] * layer + once + steps.count * plan.stepOverhead;
}
