/**
 * Node only. GGUF files with random weights, so that any architecture can be run without a download.
 * Data goes one way: an architecture becomes a list of tensors, the list a header, and both a file.
 */
import { closeSync, openSync, writeSync, writevSync } from 'node:fs';
import type { Architecture } from '../architecture';
import { refuse } from '../errors';
import { type Random, seededRandom } from '../random';
import { type FormatName, weightFormats } from './formats';
import { ggufHeader, padded, type TensorInfo } from './gguf-header';
import { randomBlocks } from './random-weights';

/** Vocabulary of an architecture that states none: bytes, a few fillers and an end token. */
const VOCABULARY = 512;
/** FFN sizes are whole blocks of the quantised formats. */
const FFN_STEP = 32;

/** An architecture as a file can hold it, and what had to be changed for that. */
export interface Runnable {
  architecture: Architecture;
  changes: string[];
}

/**
 * `architecture` as llama.cpp's `qwen3` and `qwen3moe` run it: a vocabulary of 512 where none is given, FFNs of whole
 * blocks of 32, queries and keys normalised, no biases. Refuses two-matrix FFNs and rows that are not whole blocks.
 *
 * @example runnable(paperArchitecture, 'q8_0').architecture.vocabulary // 512
 */
export function runnable(architecture: Architecture, format: FormatName): Runnable {
  const { width, heads, headDim, experts, activeExperts, vocabulary = VOCABULARY } = architecture;
  if (architecture.ffnMatrices === 2)
    refuse('ffnMatrices 2 cannot be measured: the engine runs gated FFNs, which have 3');
  if (vocabulary < 300)
    refuse(`vocabulary ${vocabulary} is less than 300, which the tokens for all bytes need`);
  const { block } = weightFormats[format];
  for (const [name, size] of [
    ['width', width],
    ['heads · headDim', heads * headDim],
  ] as const)
    if (size % block !== 0)
      refuse(`${name} ${size} is not a multiple of ${block}, the block of ${format}; take f16`);
  if (headDim % 2 !== 0) refuse(`headDim ${headDim} is odd; rotary positions need pairs`);
  const ffn = ffnSize(architecture);
  const ffnRatio = (activeExperts * ffn) / width;
  const { qkvBias, ...rest } = architecture;
  const isRounded = Math.abs(ffnRatio / architecture.ffnRatio - 1) > 1e-3;
  const perExpert = experts > 1 ? ' of an expert' : '';
  return {
    architecture: { ...rest, ffnRatio, vocabulary, qkNorm: true },
    changes: [
      ...(qkvBias ? ['biases of queries, keys and values are left out'] : []),
      ...(isRounded ? [`FFN${perExpert} rounded to ${ffn}, a multiple of ${FFN_STEP}`] : []),
    ],
  };
}

/** Hidden size of one FFN, or of one expert: the nearest multiple of 32. */
function ffnSize({ ffnRatio, width, activeExperts }: Architecture): number {
  return Math.max(FFN_STEP, FFN_STEP * Math.round((ffnRatio * width) / activeExperts / FFN_STEP));
}

/** A tensor to write: `dims` fastest first, standard deviation of its weights or 0 for ones. */
export interface Tensor extends TensorInfo {
  format: FormatName;
  bytes: number;
  deviation: number;
  /** Drawn anew for each layer rather than repeated from a pattern. */
  fresh: boolean;
}

/** The tensors of a runnable architecture in the order of the file, offsets set. */
export function tensorsOf(architecture: Architecture, format: FormatName): Tensor[] {
  const { depth, width, heads, headDim, kvHeads, experts, vocabulary = VOCABULARY } = architecture;
  const [query, kv, ffn] = [heads * headDim, kvHeads * headDim, ffnSize(architecture)];
  const tensors: Tensor[] = [];
  let offset = 0;
  const put = (name: string, dims: number[], as: FormatName, deviation: number, fresh = false) => {
    const { type, block, blockBytes } = weightFormats[as];
    const bytes = (dims.reduce((product, n) => product * n, 1) / block) * blockBytes;
    tensors.push({ name, dims, type, offset, format: as, bytes, deviation, fresh });
    offset += padded(bytes);
  };
  const matrix = (name: string, ...dims: number[]) => put(name, dims, format, 0.7 / Math.sqrt(dims[0]));
  const norm = (name: string, size: number) => put(name, [size], 'f32', 0);
  matrix('token_embd.weight', width, vocabulary);
  norm('output_norm.weight', width);
  if (architecture.tiedEmbeddings === false) matrix('output.weight', width, vocabulary);
  for (let layer = 0; layer < depth; layer++) {
    const at = `blk.${layer}.`;
    norm(`${at}attn_norm.weight`, width);
    matrix(`${at}attn_q.weight`, width, query);
    matrix(`${at}attn_k.weight`, width, kv);
    matrix(`${at}attn_v.weight`, width, kv);
    norm(`${at}attn_q_norm.weight`, headDim);
    norm(`${at}attn_k_norm.weight`, headDim);
    matrix(`${at}attn_output.weight`, query, width);
    norm(`${at}ffn_norm.weight`, width);
    const ends = experts > 1 ? [experts] : [];
    const suffix = experts > 1 ? '_exps.weight' : '.weight';
    // Each layer a router of its own, or all layers would choose the same experts.
    if (experts > 1) put(`${at}ffn_gate_inp.weight`, [width, experts], 'f32', 1 / Math.sqrt(width), true);
    matrix(`${at}ffn_gate${suffix}`, width, ffn, ...ends);
    matrix(`${at}ffn_up${suffix}`, width, ffn, ...ends);
    matrix(`${at}ffn_down${suffix}`, ffn, width, ...ends);
  }
  return tensors;
}

/** Bytes of the weights in a file. */
export function weightBytes(architecture: Architecture, format: FormatName): number {
  return tensorsOf(architecture, format).reduce((sum, { bytes }) => sum + padded(bytes), 0);
}

/** Bytes of the pattern that is repeated: many rows, so that no two outputs are the same. */
const PATTERN_BYTES = 2 ** 18;
/** Patterns that one system call writes. */
const PATTERNS_AT_ONCE = 256;

/**
 * Writes a model with random weights to the open file `descriptor`; `architecture` comes from `runnable`. The
 * weights are one random pattern for each format and deviation, repeated, so that the disk sets the pace.
 * Norms are ones. Same seed, same bytes.
 */
export function writeGguf(
  descriptor: number,
  architecture: Architecture,
  format: FormatName,
  { context = 32768, seed = 0 }: { context?: number; seed?: number } = {},
): void {
  const tensors = tensorsOf(architecture, format);
  const random = seededRandom(seed);
  const patterns = new Map<string, Buffer>();
  const patternOf = ({ format: as, deviation }: Tensor) => {
    const key = `${as} ${deviation}`;
    // An odd number of blocks, so that repeats do not line up with rows.
    const blocks = Math.floor(PATTERN_BYTES / weightFormats[as].blockBytes) | 1;
    if (!patterns.has(key)) patterns.set(key, randomBlocks(as, blocks, deviation, random));
    return patterns.get(key)!;
  };
  const ffn = ffnSize(architecture);
  writeAll(descriptor, [ggufHeader(architecture, ffn, weightFormats[format].fileType, context, tensors)]);
  for (const tensor of tensors) {
    const source = contentOf(tensor, patternOf, random);
    writeRepeated(descriptor, source, tensor.bytes);
    const rest = padded(tensor.bytes) - tensor.bytes;
    if (rest > 0) writeAll(descriptor, [Buffer.alloc(rest)]);
  }
}

function contentOf(tensor: Tensor, patternOf: (tensor: Tensor) => Buffer, random: Random): Buffer {
  const { format, deviation, fresh, bytes } = tensor;
  const { blockBytes } = weightFormats[format];
  if (deviation === 0) return Buffer.from(new Float32Array(bytes / 4).fill(1).buffer);
  if (fresh) return randomBlocks(format, bytes / blockBytes, deviation, random);
  return patternOf(tensor);
}

function writeRepeated(descriptor: number, source: Buffer, bytes: number): void {
  for (let left = bytes; left > 0; ) {
    const batch: Buffer[] = [];
    for (let i = 0; i < PATTERNS_AT_ONCE && left > 0; i++) {
      batch.push(source.subarray(0, Math.min(left, source.length)));
      left -= batch[i].length;
    }
    writeAll(descriptor, batch);
  }
}

/** Writes all of `buffers`: a call may take less, as when the disk is nearly full. */
function writeAll(descriptor: number, buffers: readonly Buffer[]): void {
  const wanted = buffers.reduce((sum, { length }) => sum + length, 0);
  let written = writevSync(descriptor, buffers);
  if (written === wanted) return;
  const rest = Buffer.concat(buffers).subarray(written);
  for (written = 0; written < rest.length; ) written += writeSync(descriptor, rest, written);
}

/** The same, to a file of that name. */
export function writeGgufFile(
  file: string,
  architecture: Architecture,
  format: FormatName,
  options?: { context?: number; seed?: number },
): void {
  const descriptor = openSync(file, 'w');
  try {
    writeGguf(descriptor, architecture, format, options);
  } finally {
    closeSync(descriptor);
  }
}
