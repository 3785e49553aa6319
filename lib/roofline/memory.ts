import { type Architecture, weightGroups } from '../architecture';
import type { Device } from '../device';
import { HALF_BYTES, type Packing, type Precision, precisionBytes, type Workload } from '../workload';

/** What a model needs on the board. */
export interface Memory {
  /** Weights of all experts. */
  weightBytes: number;
  /** Keys and values at the end of the workload. */
  kvCacheBytes: number;
  totalBytes: number;
  /** Whether the total is within the device's capacity, nothing set aside for the system; null where that is not known. */
  fits: boolean | null;
}

/**
 * Memory of an architecture at the end of a workload. Projections, experts and LM head are stored at the
 * precision's bytes per weight; an untied embedding, norms, biases and router in 16 bits.
 *
 * @example memory(qwen, setting).kvCacheBytes // 12779520
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
  const { linear, other, embedding, head } = weightGroups(architecture);
  const bytes = precisionBytes(precision, packing);
  const weightBytes = linear * bytes.weight + head * bytes.head + (other + embedding) * HALF_BYTES;
  const tokens = workload.batch * (workload.inputTokens + workload.outputTokens);
  const kvCacheBytes = tokens * kvBytesPerToken(architecture);
  const totalBytes = weightBytes + kvCacheBytes;
  return { weightBytes, kvCacheBytes, totalBytes, fits: fitsOn(device, totalBytes) };
}

/**
 * Bytes of KV cache per token of context, all layers together: 2 · depth · d_m · b_kv.
 *
 * @example kvBytesPerToken(qwen) // 12288
 */
export function kvBytesPerToken(architecture: Architecture): number {
  return 2 * architecture.depth * architecture.kvHeads * architecture.headDim * HALF_BYTES;
}

/** Whether `bytes` are within a device's capacity; null where no source states it. */
export function fitsOn({ memoryCapacityBytes }: Device, bytes: number): boolean | null {
  return memoryCapacityBytes === null ? null : bytes <= memoryCapacityBytes;
}
