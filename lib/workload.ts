import { type Device, halfPeak } from './device';
import { oneOf, plainObject, positiveInteger, refuse } from './errors';
import { type Precision, precisionNames } from './precision';

/** What is asked of the model. */
export interface Workload {
  /** Sequences at once, B. */
  batch: number;
  /** Prompt length, S_in. */
  inputTokens: number;
  /** Tokens generated, S_out; 0 for prefill alone. */
  outputTokens: number;
}

/** The paper's workload: a driving agent reads 1,024 tokens and answers in 16 (§4.2.2). */
export const paperWorkload: Workload = { batch: 1, inputTokens: 1024, outputTokens: 16 };

/** More sequences or tokens than this are no workload; what they cost could not be told to the last digit. */
const MOST = 1e9;

/**
 * Checks a workload and returns a copy; throws an `InputError` naming value and rule.
 *
 * @example validateWorkload({ batch: 0, inputTokens: 8, outputTokens: 8 }) // refuses: batch 0
 */
export function validateWorkload(value: unknown): Workload {
  const { batch, inputTokens, outputTokens } = plainObject(value, Object.keys(paperWorkload), 'workload');
  if (outputTokens !== 0) positiveInteger(outputTokens, 'outputTokens', MOST);
  return {
    batch: positiveInteger(batch, 'batch', MOST),
    inputTokens: positiveInteger(inputTokens, 'inputTokens', MOST),
    outputTokens: outputTokens as number,
  };
}

export { type Precision, precisionNames };

/** What a precision means for the linear layers. Everything else stays 16-bit; the KV cache has a precision of its own. */
export interface PrecisionBytes {
  /** Bytes per weight of the linear layers, b_w. */
  weight: number;
  /** Bytes per weight of the LM head. */
  head: number;
  /** Bytes per element that a linear layer reads; below 2, a conversion comes before it. */
  linearInput: number;
  /** Which matrix peak the linear layers run at. */
  peak: 'fp16' | 'int8' | 'fp4';
  /** Bytes per element of the KV cache, b_kv. */
  kv: number;
}

/** Bits of an element of the KV cache. */
export type KvPrecision = 16 | 8 | 4;
export const kvPrecisions: readonly KvPrecision[] = [16, 8, 4];

/**
 * fp16; int8 weights and activations; int4 weights only (computed in fp16); nvfp4 weights and activations,
 * 4 bits and an 8-bit scale for every 16 of them.
 */
export const precisions: Record<Precision, PrecisionBytes> = {
  fp16: { weight: 2, head: 2, linearInput: 2, peak: 'fp16', kv: 2 },
  int8: { weight: 1, head: 1, linearInput: 1, peak: 'int8', kv: 2 },
  int4: { weight: 0.5, head: 0.5, linearInput: 2, peak: 'fp16', kv: 2 },
  nvfp4: { weight: 0.5625, head: 0.5625, linearInput: 0.5625, peak: 'fp4', kv: 2 },
};

/** Bytes per weight as an engine packs them, block scales included, where a precision's own do not say it. */
export interface Packing {
  /** Of the linear layers. */
  weight: number;
  /** Of the LM head, which engines often leave in 16 bits. */
  head: number;
}

/** What `precision` means with the bytes of `packing`, if there is one, and a KV cache of `kvPrecision` bits. */
export function precisionBytes(
  precision: Precision,
  packing?: Packing,
  kvPrecision: KvPrecision = 16,
): PrecisionBytes {
  if (!kvPrecisions.includes(kvPrecision))
    refuse(`unknown KV precision ${kvPrecision}; known: ${kvPrecisions.join(', ')} bits`);
  const bytes = precisions[oneOf(precision, precisionNames, 'precision')];
  return { ...bytes, ...packing, kv: kvPrecision / 8 };
}

/** Bytes per activation, b_a, at every precision; and of a KV-cache element in 16 bits. */
export const HALF_BYTES = 2;

/** A model's linear layers as a checkpoint stores them: what is quantised, and how it computes. */
export interface Stored {
  /** In words, e.g. `fp8`. */
  name: string;
  attention: Precision;
  ffn: Precision;
  /** Bytes per weight, scales included, where they are not those of the precision. */
  attentionBytes?: number;
  ffnBytes?: number;
  headBytes: number;
}

/** The device's matrix peak for linear layers at `precision`, in FLOP/s. */
export function linearPeak(device: Device, precision: Precision): number {
  const { peak } = precisions[oneOf(precision, precisionNames, 'precision')];
  const rate = peak === 'fp16' ? halfPeak(device) : device.peakFlopsPerSecond[peak];
  return rate ?? refuse(`device "${device.id}" has no ${peak} peak, so precision "${precision}" cannot run`);
}
