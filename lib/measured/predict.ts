import type { Profile } from '../roofline/profile';
import { type Latency, rooflineLatency } from '../roofline/roofline';
import { linearPeak } from '../workload';
import {
  type Measurement,
  modelOfMeasurement,
  type Observation,
  type Quantity,
  settingOfMeasurement,
} from './measurement';

/** The roofline's seconds for an observation, under a profile or the ideal one. */
export function predictSeconds({ measurement, quantity }: Observation, profile?: Profile): number {
  const setting = { ...settingOfMeasurement(measurement), profile };
  return quantitySeconds(rooflineLatency(modelOfMeasurement(measurement), setting), measurement, quantity);
}

/** The seconds of a latency that an observation of `quantity` stands for. */
function quantitySeconds(latency: Latency, { workload }: Measurement, quantity: Quantity): number {
  if (quantity === 'prefill') return latency.prefillSeconds;
  return (quantity === 'decode' ? latency.decodeSeconds : latency.totalSeconds) / workload.outputTokens;
}

/**
 * What no engine can undercut: every weight and the KV cache cross the bus once a step at the published
 * bandwidth, and the products of the linear layers run at the published peak. Less than the roofline's
 * prediction, which also moves activations, scores and norms that a good kernel keeps on the chip.
 *
 * @example floorSeconds(comparisons[0]) <= comparisons[0].predictedSeconds // true
 */
export function floorSeconds({ measurement, quantity }: Observation): number {
  const setting = settingOfMeasurement(measurement);
  const { device, precision, workload } = measurement;
  const latency = rooflineLatency(modelOfMeasurement(measurement), setting);
  const peak = linearPeak(device, precision);
  const floor = (phase: 'prefill' | 'decode') => {
    const { weightBytes, kvBytes, operators } = latency[phase];
    const linear = operators.filter(({ name }) => name.endsWith('Projection') || name === 'head');
    const flops = linear.reduce((sum, operator) => sum + operator.flops, 0);
    return Math.max(flops / peak, (weightBytes + kvBytes) / device.bandwidthBytesPerSecond);
  };
  if (quantity === 'prefill') return floor('prefill');
  const decode = floor('decode');
  return (quantity === 'decode' ? decode : decode + floor('prefill')) / workload.outputTokens;
}
