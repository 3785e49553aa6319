import { type Architecture, weightGroups } from '../architecture';
import type { Device } from '../device';
import { countWeights, isLayered, kvValues, type LayeredModel, stateBytes } from '../layers';
import {
  HALF_BYTES,
  type KvPrecision,
  type Packing,
  type Precision,
  precisionBytes,
  precisions,
  type Workload,
} from '../workload';

/** What a model needs on the board. */
export interface Memory {
  /** Weights of all experts. */
  weightBytes: number;
  /** Keys and values at the end of the workload; a layer with a window keeps no more tokens than that. */
  kvCacheBytes: number;
  /** States of linear attention and state-space layers, where there are such; they do not grow. */
  stateBytes?: number;
  totalBytes: number;
  /** Whether the total is within the device's capacity, nothing set aside for the system; null where that is not known. */
  fits: boolean | null;
}

/** What memory depends on: the part of a `Setting` that it needs. */
export interface Storage {
  device: Device;
  workload: Workload;
  precision: Precision;
  packing?: Packing;
  kvPrecision?: KvPrecision;
}

/**
 * Memory of a model at the end of a workload. Projections, experts and LM head are stored at the precision's bytes
 * per weight, or as the model's checkpoint stores them; everything else in 16 bits.
 *
 * @example memory(qwen, setting).kvCacheBytes // 12779520
 */
export function memory(model: Architecture | LayeredModel, storage: Storage): Memory {
  const { device, workload } = storage;
  const weightBytes = isLayered(model) ? layeredBytes(model, storage) : architectureBytes(model, storage);
  const tokens = workload.inputTokens + workload.outputTokens;
  const kvCacheBytes = isLayered(model)
    ? workload.batch * cacheBytes(model, tokens, storage.kvPrecision)
    : workload.batch * tokens * kvBytesPerToken(model, storage.kvPrecision);
  const states = isLayered(model) ? workload.batch * statesOf(model) : 0;
  const totalBytes = weightBytes + kvCacheBytes + states;
  return {
    weightBytes,
    kvCacheBytes,
    ...(states > 0 ? { stateBytes: states } : {}),
    totalBytes,
    fits: fitsOn(device, totalBytes),
  };
}

/** Bytes of the weights of an architecture, those of all experts. */
export function architectureBytes(
  architecture: Architecture,
  { precision, packing }: Pick<Storage, 'precision' | 'packing'>,
): number {
  const { linear, other, embedding, head } = weightGroups(architecture);
  const bytes = precisionBytes(precision, packing);
  return linear * bytes.weight + head * bytes.head + (other + embedding) * HALF_BYTES;
}

function layeredBytes(model: LayeredModel, { precision, packing }: Storage): number {
  const { attention, ffn, other, lookups, head, beside } = countWeights(model);
  const { stored } = model;
  const bytes = precisionBytes(precision, packing);
  const perWeight = {
    attention: stored ? (stored.attentionBytes ?? precisions[stored.attention].weight) : bytes.weight,
    ffn: stored ? (stored.ffnBytes ?? precisions[stored.ffn].weight) : bytes.weight,
    head: stored ? stored.headBytes : bytes.head,
  };
  const linear = attention * perWeight.attention + ffn * perWeight.ffn;
  return linear + head * perWeight.head + (other + lookups + beside) * HALF_BYTES;
}

/** Bytes of KV cache of one sequence of `tokens`, all layers together; a window holds no more than its size. */
export function cacheBytes(model: LayeredModel, tokens: number, kvPrecision?: KvPrecision): number {
  let values = 0;
  for (const { count, attention } of model.groups) {
    const kept = attention.kind === 'window' ? Math.min(tokens, attention.window ?? tokens) : tokens;
    values += count * kvValues(attention) * kept;
  }
  return (values * (kvPrecision ?? model.kvPrecision ?? 16)) / 8;
}

/** Bytes of state of one sequence, all layers together. */
function statesOf({ groups }: LayeredModel): number {
  return groups.reduce((sum, { count, attention }) => sum + count * stateBytes(attention), 0);
}

/**
 * Bytes of KV cache per token of context, all layers together, before any window is full: 2 · depth · d_m · b_kv.
 *
 * @example kvBytesPerToken(qwen) // 12288
 */
export function kvBytesPerToken(model: Architecture | LayeredModel, kvPrecision?: KvPrecision): number {
  if (isLayered(model)) return cacheBytes(model, 1, kvPrecision);
  return (2 * model.depth * model.kvHeads * model.headDim * (kvPrecision ?? 16)) / 8;
}

/** Whether `bytes` are within a device's capacity; null where no source states it. */
export function fitsOn({ memoryCapacityBytes }: Device, bytes: number): boolean | null {
  return memoryCapacityBytes === null ? null : bytes <= memoryCapacityBytes;
}
