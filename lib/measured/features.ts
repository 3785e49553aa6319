import { halfPeak } from '../device';
import { unitOf } from '../roofline/costs';
import type { Phase } from '../roofline/phase';
import { rooflineLatency } from '../roofline/roofline';
import { linearPeak } from '../workload';
import { type Measurement, modelOfMeasurement, type Observation, settingOfMeasurement } from './measurement';

/** Seconds of some operators at the published peak and at the published bandwidth. */
export interface Work {
  compute: number;
  move: number;
}

/** An observation as the calibration sees it: whatever of its prediction does not depend on the profile. */
export interface Features {
  /** Linear layers, operator by operator. */
  linear: Work[];
  attention: Work[];
  /** What computes on the vector units for longer than it moves: a router in prefill. */
  vector: Work[];
  /** Seconds of everything else, which waits for memory under any profile. */
  otherMove: number;
  /** Operators launched. */
  launches: number;
  steps: number;
}

/**
 * The operators of an observation, from the ideal roofline. Under a profile its prediction is
 * Σ max(compute / share, move / bandwidthShare) + otherMove / bandwidthShare + launches · overhead + steps · overhead,
 * with share 1 for the vector units.
 */
export function featuresOf({ measurement, quantity }: Observation): Features {
  const { workload } = measurement;
  const latency = rooflineLatency(modelOfMeasurement(measurement), settingOfMeasurement(measurement));
  const decode = phaseFeatures(latency.decode, measurement, workload.outputTokens);
  if (quantity === 'decode') return divide(decode, workload.outputTokens);
  const prefill = phaseFeatures(latency.prefill, measurement, 1);
  if (quantity === 'prefill') return prefill;
  return divide(add(prefill, decode), workload.outputTokens);
}

function phaseFeatures({ operators }: Phase, measurement: Measurement, steps: number): Features {
  const { device, precision } = measurement;
  const features: Features = { linear: [], attention: [], vector: [], otherMove: 0, launches: 0, steps };
  for (const { name, flops, weightBytes, activationBytes, kvBytes, seconds, bound, layers } of operators) {
    const move = (weightBytes + activationBytes + kvBytes) / device.bandwidthBytesPerSecond;
    const unit = unitOf(name);
    if (unit === 'linear') features.linear.push({ compute: flops / linearPeak(device, precision), move });
    else if (unit === 'matrix16') features.attention.push({ compute: flops / halfPeak(device), move });
    else if (bound === 'compute') features.vector.push({ compute: seconds, move });
    else features.otherMove += seconds;
    features.launches += steps * layers;
  }
  return features;
}

function add(a: Features, b: Features): Features {
  return {
    linear: [...a.linear, ...b.linear],
    attention: [...a.attention, ...b.attention],
    vector: [...a.vector, ...b.vector],
    otherMove: a.otherMove + b.otherMove,
    launches: a.launches + b.launches,
    steps: a.steps + b.steps,
  };
}

function divide({ linear, attention, vector, otherMove, launches, steps }: Features, by: number): Features {
  const each = (works: Work[]) =>
    works.map(({ compute, move }) => ({ compute: compute / by, move: move / by }));
  return {
    linear: each(linear),
    attention: each(attention),
    vector: each(vector),
    otherMove: otherMove / by,
    launches: launches / by,
    steps: steps / by,
  };
}
