import { halfPeak } from '../device';
import { unitOf } from '../roofline/costs';
import type { Phase } from '../roofline/phase';
import { rooflineLatency } from '../roofline/roofline';
import { linearPeak } from '../workload';
import { type Measurement, modelOfMeasurement, type Observation, settingOfMeasurement } from './measurement';

/** Seconds of an operator at the published peak and at the published bandwidth. */
export interface Work {
  compute: number;
  move: number;
}

/**
 * Operators by the share that they compute at: linear layers and, of them, the experts of mixtures; attention of
 * several queries and of one; and what computes on the vector units for longer than it moves, a router in prefill.
 */
export const workKinds = ['linear', 'experts', 'attention', 'decodeAttention', 'vector'] as const;
export type WorkKind = (typeof workKinds)[number];

/** An observation as the calibration sees it: whatever of its prediction does not depend on the profile. */
export interface Features extends Record<WorkKind, Work[]> {
  /** Seconds of everything else, which waits for memory under any profile. */
  otherMove: number;
  /** Operators launched. */
  launches: number;
  steps: number;
}

/**
 * The operators of an observation, from the ideal roofline. Under a profile its prediction is
 * Σ max(compute / share, move / bandwidthShare) + otherMove / bandwidthShare + launches · overhead + steps · overhead,
 * where each kind of work has its share, the vector units 1.
 */
export function featuresOf({ measurement, quantity }: Observation): Features {
  const { workload } = measurement;
  const latency = rooflineLatency(modelOfMeasurement(measurement), settingOfMeasurement(measurement));
  const decode = phaseFeatures(latency.decode, measurement, workload.outputTokens, 1);
  if (quantity === 'decode') return divide(decode, workload.outputTokens);
  const prefill = phaseFeatures(latency.prefill, measurement, 1, workload.inputTokens);
  if (quantity === 'prefill') return prefill;
  return divide(add(prefill, decode), workload.outputTokens);
}

function phaseFeatures(
  { operators }: Phase,
  measurement: Measurement,
  steps: number,
  queries: number,
): Features {
  const { device, precision } = measurement;
  const features: Features = { ...works(() => []), otherMove: 0, launches: 0, steps };
  for (const operator of operators) {
    const { name, part, flops, weightBytes, activationBytes, kvBytes, seconds, bound, layers } = operator;
    const move = (weightBytes + activationBytes + kvBytes) / device.bandwidthBytesPerSecond;
    const unit = unitOf(name);
    if (unit === 'linear')
      features[part === 'experts' ? 'experts' : 'linear'].push({
        compute: flops / linearPeak(device, precision),
        move,
      });
    else if (unit === 'matrix16')
      features[queries === 1 ? 'decodeAttention' : 'attention'].push({
        compute: flops / halfPeak(device),
        move,
      });
    else if (bound === 'compute') features.vector.push({ compute: seconds, move });
    else features.otherMove += seconds;
    features.launches += steps * layers;
  }
  return features;
}

function works(of: (kind: WorkKind) => Work[]): Record<WorkKind, Work[]> {
  return Object.fromEntries(workKinds.map((kind) => [kind, of(kind)])) as Record<WorkKind, Work[]>;
}

function add(a: Features, b: Features): Features {
  return {
    ...works((kind) => [...a[kind], ...b[kind]]),
    otherMove: a.otherMove + b.otherMove,
    launches: a.launches + b.launches,
    steps: a.steps + b.steps,
  };
}

function divide(features: Features, by: number): Features {
  return {
    ...works((kind) =>
      features[kind].map(({ compute, move }) => ({ compute: compute / by, move: move / by })),
    ),
    otherMove: features.otherMove / by,
    launches: features.launches / by,
    steps: features.steps / by,
  };
}
