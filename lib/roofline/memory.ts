import { type Architecture, weightGroups } from '../architecture';
import type { Device } from '../device';
import {
  HALF_BYTES,
  type Packing,
  type Precision,
  type PrecisionBytes,
  precisionBytes,
  type Workload,
} from '../workload';

/** What a model needs on the board. */
export interface Memory {
  /** Weights of all experts. */
  weightBytes: number;
  /** Keys and values at the end of the workload. */
  kvCacheBytes: number;
  totalBytes: number;
  /** Whether the total is within the device's capacity; nothing is set aside for the system. */
  fits: boolean;
}

/**
 * Memory of an architecture at the end of a workload. Projections, experts and LM head are stored at the
 * precision's bytes per weight; an untied embedding, norms, biases and router in 16 bits.
 */
export function memory(
  architecture: Architecture,
  {
    device,
    workload,
    precision,
    packing,
  }: { device: Device; workload: Workload; precision: Precision; packing?: Packing },
): Memory {
  const weights = weightBytes(architecture, precisionBytes(precision, packing));
  const tokens = workload.batch * (workload.inputTokens + workload.outputTokens);
  const kvCacheBytes = tokens * kvBytesPerToken(architecture);
  const totalBytes = weights + kvCacheBytes;
  return { weightBytes: weights, kvCacheBytes, totalBytes, fits: totalBytes <= device.memoryCapacityBytes };
}

/** Bytes of the weights, those of all experts. */
export function weightBytes(architecture: Architecture, bytes: PrecisionBytes): number {
  const { linear, other, embedding, head } = weightGroups(architecture);
  return linear * bytes.weight + head * bytes.head + (other + embedding) * HALF_BYTES;
}

/** Bytes of KV cache per token of context, all layers together: 2 · depth · d_m · b_kv. */
export function kvBytesPerToken(architecture: Architecture): number {
  return 2 * architecture.depth * architecture.kvHeads * architecture.headDim * HALF_BYTES;
}
