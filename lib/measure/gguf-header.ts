/** The head of a GGUF file, version 3: what the model is, a made-up vocabulary, and where each tensor lies. */
import type { Architecture } from '../architecture';

/** What the header says of a tensor. */
export interface TensorInfo {
  name: string;
  /** Fastest first, as ggml counts. */
  dims: number[];
  /** Number of its type in ggml. */
  type: number;
  /** From the beginning of the data, in bytes. */
  offset: number;
}

const ALIGNMENT = 32;

/** `bytes` with the padding that a tensor gets. */
export function padded(bytes: number): number {
  return ALIGNMENT * Math.ceil(bytes / ALIGNMENT);
}

/** A value of the metadata with its type. */
type Value =
  | { uint32: number }
  | { float32: number }
  | { bool: boolean }
  | { string: string }
  | { strings: string[] }
  | { int32s: number[] };

/** Types of values in GGUF. */
const UINT32 = 4;
const INT32 = 5;
const FLOAT32 = 6;
const BOOL = 7;
const STRING = 8;
const ARRAY = 9;
const VERSION = 3;

/**
 * Everything before the data, padded. `ffn` is the hidden size of one FFN or expert, `context` the positions that
 * the model claims to know.
 */
export function ggufHeader(
  architecture: Architecture,
  ffn: number,
  fileType: number,
  context: number,
  tensors: readonly TensorInfo[],
): Buffer {
  const entries = Object.entries(metadata(architecture, ffn, fileType, context));
  const head = Buffer.concat([
    Buffer.from('GGUF'),
    uint32(VERSION),
    uint64(tensors.length),
    uint64(entries.length),
    ...entries.flatMap(([key, value]) => [text(key), encode(value)]),
    ...tensors.flatMap(({ name, dims, type, offset }) => [
      text(name),
      uint32(dims.length),
      ...dims.map(uint64),
      uint32(type),
      uint64(offset),
    ]),
  ]);
  return Buffer.concat([head], padded(head.length));
}

function metadata(
  architecture: Architecture,
  ffn: number,
  fileType: number,
  context: number,
): Record<string, Value> {
  const { depth, width, heads, headDim, kvHeads, experts, activeExperts } = architecture;
  const name = experts > 1 ? 'qwen3moe' : 'qwen3';
  const sizes: Record<string, number> = {
    block_count: depth,
    context_length: context,
    embedding_length: width,
    feed_forward_length: experts > 1 ? activeExperts * ffn : ffn,
    'attention.head_count': heads,
    'attention.head_count_kv': kvHeads,
    'attention.key_length': headDim,
    'attention.value_length': headDim,
    vocab_size: architecture.vocabulary!,
    ...(experts > 1
      ? { expert_count: experts, expert_used_count: activeExperts, expert_feed_forward_length: ffn }
      : {}),
  };
  return {
    'general.architecture': { string: name },
    'general.name': { string: 'colaw random weights' },
    'general.file_type': { uint32: fileType },
    'general.alignment': { uint32: ALIGNMENT },
    ...Object.fromEntries(Object.entries(sizes).map(([key, size]) => [`${name}.${key}`, { uint32: size }])),
    [`${name}.attention.layer_norm_rms_epsilon`]: { float32: 1e-6 },
    [`${name}.rope.freq_base`]: { float32: 1e6 },
    ...vocabularyOf(architecture.vocabulary!),
  };
}

/** Byte-level pairs as in GPT-2: 256 bytes, fillers, and last a token that begins and ends texts. */
function vocabularyOf(size: number): Record<string, Value> {
  const normal = 1;
  const control = 3;
  const last = size - 1;
  const word = (i: number, bytes: string[]) => (i === last ? '<|endoftext|>' : (bytes[i] ?? `filler${i}`));
  const bytes = byteTokens();
  return {
    'tokenizer.ggml.model': { string: 'gpt2' },
    'tokenizer.ggml.pre': { string: 'default' },
    'tokenizer.ggml.tokens': { strings: Array.from({ length: size }, (_, i) => word(i, bytes)) },
    'tokenizer.ggml.token_type': {
      int32s: Array.from({ length: size }, (_, i) => (i === last ? control : normal)),
    },
    // May not be empty; two spaces together are no token, so this merge never happens.
    'tokenizer.ggml.merges': { strings: ['\u0120 \u0120'] },
    'tokenizer.ggml.bos_token_id': { uint32: last },
    'tokenizer.ggml.eos_token_id': { uint32: last },
    'tokenizer.ggml.padding_token_id': { uint32: last },
    'tokenizer.ggml.add_bos_token': { bool: false },
  };
}

/** The printable characters that stand for the 256 bytes in GPT-2's vocabulary. */
function byteTokens(): string[] {
  const isPrintable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCodePoint(isPrintable(byte) ? byte : next++));
}

function encode(value: Value): Buffer {
  if ('uint32' in value) return Buffer.concat([uint32(UINT32), uint32(value.uint32)]);
  if ('bool' in value) return Buffer.concat([uint32(BOOL), Buffer.of(value.bool ? 1 : 0)]);
  if ('string' in value) return Buffer.concat([uint32(STRING), text(value.string)]);
  if ('float32' in value)
    return Buffer.concat([uint32(FLOAT32), Buffer.from(Float32Array.of(value.float32).buffer)]);
  const isText = 'strings' in value;
  const items = isText ? value.strings.map(text) : value.int32s.map(uint32);
  return Buffer.concat([uint32(ARRAY), uint32(isText ? STRING : INT32), uint64(items.length), ...items]);
}

function text(content: string): Buffer {
  const bytes = Buffer.from(content, 'utf8');
  return Buffer.concat([uint64(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
