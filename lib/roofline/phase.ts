import type { LayeredModel } from '../layers';
import { type AttentionForm, type OperatorName, type Pass, type Unit, unitOf } from './costs';
import { headOperators, layerOperators, type Operator, type Part, type PartBytes } from './operators';
import { sumOfLargerLine, sumOfLine } from './sum';

/** Which roof an operator, or most of a phase's time, is under. */
export type Bound = 'compute' | 'memory';

/** FLOPs and bytes, by kind of byte. */
export interface Traffic {
  flops: number;
  weightBytes: number;
  activationBytes: number;
  /** Keys, values and states, read and written. */
  kvBytes: number;
}

/** One operator over all layers of a group and all steps of a phase. */
export interface OperatorCost extends Traffic {
  name: OperatorName;
  part: Part;
  /** Sustained FLOP/s of what it computes on. */
  peak: number;
  seconds: number;
  /** FLOPs per byte; unlike the phase's sums a property of the operator. */
  intensity: number;
  bound: Bound;
  /** Layers in which it runs; 1 for what follows the last of them. */
  layers: number;
}

/** Prefill, or all steps of decode together. */
export interface Phase extends Traffic {
  seconds: number;
  intensity: number;
  /** The roof under which most of the phase's seconds are spent. */
  bound: Bound;
  operators: OperatorCost[];
}

/** A pass and the contexts in which it is repeated. */
export interface Steps {
  pass: Pass;
  firstContext: number;
  count: number;
}

/** A machine as the roofline of a phase sees it. */
export interface Machine {
  bytes: PartBytes;
  attention: AttentionForm;
  /** Sustained, as the peaks. */
  bandwidth: number;
  /** FLOP/s of a unit: for linear layers by their part, for attention by the queries that pass at once. */
  peak: (unit: Unit, part: Part, pass: Pass) => number;
  /** Fixed seconds of a step, and of an operator. */
  stepOverhead: number;
  operatorOverhead: number;
}

/**
 * Time and traffic of a model over some steps: for each operator T = max(FLOPs / peak, bytes / bandwidth)
 * (Eq. 16), summed over steps in closed form, over the layers of each group, and over groups (Eq. 4).
 */
export function phaseOf(model: LayeredModel, steps: Steps, machine: Machine): Phase {
  const layers = model.groups.map(
    (group): Layers => [
      layerOperators(group, model.width, steps.pass, machine.bytes, machine.attention),
      group.count,
    ],
  );
  return sumOperators([...layers, [headOperators(model, steps.pass, machine.bytes), 1]], steps, machine);
}

/** Operators, and the number of layers in which they run. */
export type Layers = [operators: readonly Operator[], layers: number];

/** Time and traffic of operators over some steps, each in its number of layers. */
export function sumOperators(all: readonly Layers[], steps: Steps, machine: Machine): Phase {
  const operators: OperatorCost[] = [];
  const sum: Traffic = { flops: 0, weightBytes: 0, activationBytes: 0, kvBytes: 0 };
  let seconds = 0;
  for (const [some, layers] of all) {
    let layer = 0;
    for (const operator of some) {
      const cost = costOf(operator, layers, steps, machine);
      if (cost === undefined) continue;
      layer += cost.layerSeconds;
      operators.push(cost.total);
      sum.flops += cost.total.flops;
      sum.weightBytes += cost.total.weightBytes;
      sum.activationBytes += cost.total.activationBytes;
      sum.kvBytes += cost.total.kvBytes;
    }
    seconds += layers * layer;
  }
  seconds += steps.count * machine.stepOverhead;
  let computeSeconds = 0;
  for (const operator of operators) if (operator.bound === 'compute') computeSeconds += operator.seconds;
  const bytes = sum.weightBytes + sum.activationBytes + sum.kvBytes;
  const bound = 2 * computeSeconds >= seconds && seconds > 0 ? 'compute' : 'memory';
  return { seconds, ...sum, intensity: bytes > 0 ? sum.flops / bytes : 0, bound, operators };
}

/** One operator over all steps: seconds of one layer, and everything of all layers. Undefined where it does nothing. */
function costOf(operator: Operator, layers: number, steps: Steps, machine: Machine) {
  const { name, part, window, kvWindow } = operator;
  const over = (base: number, slope: number, limit: number) => {
    const { before, last, after } = split(steps, limit);
    const grown = sumOfLine(base, slope, steps.firstContext, before);
    return layers * (after === 0 ? grown : grown + after * (base + slope * last));
  };
  const flops = over(operator.flops, operator.flopsSlope, window);
  const weightBytes = layers * sumOfLine(operator.weightBytes, 0, steps.firstContext, steps.count);
  const activationBytes = over(operator.activationBytes, operator.activationSlope, window);
  const kvBytes = over(operator.kvBytes, operator.kvSlope, kvWindow);
  const bytes = weightBytes + activationBytes + kvBytes;
  if (flops === 0 && bytes === 0) return undefined;
  const peak = machine.peak(unitOf(name), part, steps.pass);
  const work = workSeconds(operator, peak, steps, machine.bandwidth);
  const layerSeconds = work > 0 ? work + steps.count * machine.operatorOverhead : work;
  const bound: Bound = flops / peak >= bytes / machine.bandwidth ? 'compute' : 'memory';
  const total: OperatorCost = {
    name,
    part,
    peak,
    seconds: layers * layerSeconds,
    flops,
    weightBytes,
    activationBytes,
    kvBytes,
    intensity: flops / bytes,
    bound,
    layers,
  };
  return { layerSeconds, total };
}

/** Steps up to and beyond a window, and the context at which what depends on it stops to grow. */
function split({ firstContext, count }: Steps, window: number) {
  const before = Math.min(count, Math.max(0, window - firstContext + 1));
  return { before, last: window, after: count - before };
}

/**
 * Seconds of an operator of one layer over all steps. Between the break points, the windows, both the time to
 * compute and the time to move are lines in the context; the last stretch is constant.
 */
function workSeconds(operator: Operator, peak: number, steps: Steps, bandwidth: number): number {
  const { window, kvWindow, flopsSlope, activationSlope, kvSlope } = operator;
  const compute = operator.flops / peak;
  const move = (operator.weightBytes + operator.activationBytes + operator.kvBytes) / bandwidth;
  if (flopsSlope === 0) return steps.count * Math.max(compute, move);
  let seconds = 0;
  let { firstContext, count } = steps;
  for (const end of [Math.min(window, kvWindow), Math.max(window, kvWindow), Number.POSITIVE_INFINITY]) {
    const before = Math.min(count, Math.max(0, end - firstContext + 1));
    if (before === 0) continue;
    const grows = firstContext <= window;
    const kvGrows = firstContext <= kvWindow;
    const moveBase =
      (grows ? 0 : (activationSlope * window) / bandwidth) + (kvGrows ? 0 : (kvSlope * kvWindow) / bandwidth);
    const moveSlope = ((grows ? activationSlope : 0) + (kvGrows ? kvSlope : 0)) / bandwidth;
    seconds += sumOfLargerLine(
      grows ? compute : compute + (flopsSlope * window) / peak,
      grows ? flopsSlope / peak : 0,
      move + moveBase,
      moveSlope,
      firstContext,
      before,
    );
    firstContext += before;
    count -= before;
  }
  return seconds;
}
