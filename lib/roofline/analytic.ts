import { type Architecture, activationRate, gqa } from '../architecture';
import type { Device } from '../device';
import { HALF_BYTES, linearPeak, type Precision, precisions, type Workload } from '../workload';
import { fitsOn, kvBytesPerToken } from './memory';
import type { Phase } from './phase';
import type { Latency } from './roofline';

/** The paper's normalised coefficients (Table 16). */
export interface Coefficients {
  /** ξ_F = 4 + 4/gqa + 6r (Eq. 24): FLOPs per layer and token over d². */
  flops: number;
  /** ξ_W^dec = 2 + 2/gqa + 3r (Eq. 25): weights read per layer and decode step over d². */
  decodeWeights: number;
  /** ξ_W^eff (Eqs. 38, 40): the same with the KV cache, in weights. */
  effectiveWeights: number;
  /** ξ_W^all = 2 + 2/gqa + 3r/ρ (Eq. 26): weights stored per layer over d². */
  storedWeights: number;
}

/**
 * S̄ = S_in + (S_out + 1)/2, the mean context while decoding (Eq. 36).
 *
 * @example meanContext(paperWorkload) // 1032.5
 */
export function meanContext({ inputTokens, outputTokens }: Workload): number {
  return inputTokens + (outputTokens + 1) / 2;
}

/**
 * Eqs. 24, 25, 26 and 40 of an architecture.
 *
 * @example coefficients(qwen, paperWorkload, 'fp16').flops // 37.14
 */
export function coefficients(
  architecture: Architecture,
  workload: Workload,
  precision: Precision,
): Coefficients {
  const group = gqa(architecture);
  const { width, ffnRatio } = architecture;
  const decodeWeights = 2 + 2 / group + 3 * ffnRatio;
  const kvInWeights =
    (2 * meanContext(workload) * HALF_BYTES) / (group * width * precisions[precision].weight);
  return {
    flops: 4 + 4 / group + 6 * ffnRatio,
    decodeWeights,
    effectiveWeights: decodeWeights + kvInWeights,
    storedWeights: 2 + 2 / group + (3 * ffnRatio) / activationRate(architecture),
  };
}

/**
 * Latency by the paper's analytic model: prefill all compute (Eq. 29), decode all bandwidth (Eq. 37), storage
 * Eq. 42. It leaves out attention scores, router, norms, activations and LM head, and takes heads · headDim
 * for width. Eqs. 31–37 carry no batch factor on the KV cache; they are kept as printed, so decode is right
 * for batch 1 only.
 *
 * @example analyticLatency(qwen, setting).decodeSeconds // 0.0569
 */
export function analyticLatency(
  architecture: Architecture,
  { device, workload, precision }: { device: Device; workload: Workload; precision: Precision },
): Latency {
  const { depth, width } = architecture;
  const { batch, inputTokens, outputTokens } = workload;
  const xi = coefficients(architecture, workload, precision);
  const { weight } = precisions[precision];
  const layerFlops = width * width * xi.flops;

  const prefillFlops = depth * batch * inputTokens * layerFlops;
  const prefill: Phase = {
    seconds: prefillFlops / linearPeak(device, precision),
    flops: prefillFlops,
    ...traffic(depth * xi.decodeWeights * width * width * weight, 0, prefillFlops),
    bound: 'compute',
    operators: [],
  };

  const stepWeightBytes = depth * xi.decodeWeights * width * width * weight;
  const stepKvBytes = (depth * 2 * meanContext(workload) * width * HALF_BYTES) / gqa(architecture);
  const decodeFlops = depth * batch * outputTokens * layerFlops;
  const decode: Phase = {
    seconds: (outputTokens * (stepWeightBytes + stepKvBytes)) / device.bandwidthBytesPerSecond,
    flops: decodeFlops,
    ...traffic(outputTokens * stepWeightBytes, outputTokens * stepKvBytes, decodeFlops),
    bound: 'memory',
    operators: [],
  };

  const weightBytes = depth * xi.storedWeights * width * width * weight;
  const kvCacheBytes = batch * (inputTokens + outputTokens) * kvBytesPerToken(architecture);
  const totalBytes = weightBytes + kvCacheBytes;
  return {
    prefill,
    decode,
    prefillSeconds: prefill.seconds,
    decodeSeconds: decode.seconds,
    totalSeconds: prefill.seconds + decode.seconds,
    memory: { weightBytes, kvCacheBytes, totalBytes, fits: fitsOn(device, totalBytes) },
  };
}

function traffic(weightBytes: number, kvBytes: number, flops: number) {
  const bytes = weightBytes + kvBytes;
  return { weightBytes, activationBytes: 0, kvBytes, intensity: bytes > 0 ? flops / bytes : 0 };
}
