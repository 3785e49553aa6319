/** What the metadata of a GGUF file says of its model, in the words of this project. */
import { type Architecture, validateArchitecture } from '../architecture';
import { refuse } from '../errors';
import type { Packing } from '../workload';

/** Metadata nested by the dots in their names, and the tensors, as an engine hands them over. */
export interface GgufInfo {
  metadata: Record<string, unknown>;
  fullTensorInfo?: TensorFacts[];
}
interface TensorFacts {
  name: string;
  dimensions: readonly (number | bigint)[];
  ggmlType: number;
}

/** Bits per weight of ggml's types, scales included, by their number. */
const BITS: Record<number, number> = {
  0: 32, 1: 16, 2: 4.5, 3: 5, 6: 5.5, 7: 6, 8: 8.5, 10: 2.625, 11: 3.4375, 12: 4.5, 13: 5.5, 14: 6.5625, 20: 4.5,
  23: 4.25, 30: 16, 39: 4.25,
}; // biome-ignore format: a table

/** Decoders of plain layers, each attending to everything before it. */
const KNOWN = ['llama', 'qwen2', 'qwen3', 'qwen2moe', 'qwen3moe'];

/** Architecture and bytes per weight of a GGUF model; refuses families whose layers the roofline does not describe. */
export function factsOf({ metadata, fullTensorInfo = [] }: GgufInfo): {
  architecture: Architecture;
  packing: Packing;
} {
  const general = metadata.general as Record<string, unknown>;
  const family = String(general?.architecture);
  if (!KNOWN.includes(family))
    refuse(`the file holds a model of architecture "${family}"; known: ${KNOWN.join(', ')}`);
  const own = metadata[family] as Record<string, unknown>;
  const attention = own.attention as Record<string, unknown>;
  const number = (from: Record<string, unknown>, key: string) =>
    from[key] === undefined ? undefined : Number(from[key]);
  const width = number(own, 'embedding_length')!;
  const heads = number(attention, 'head_count')!;
  const experts = number(own, 'expert_count') || 1;
  const activeExperts = number(own, 'expert_used_count') || 1;
  const isMixture = experts > 1;
  const ffn = isMixture
    ? activeExperts * (number(own, 'expert_feed_forward_length') ?? number(own, 'feed_forward_length')!)
    : number(own, 'feed_forward_length')!;
  const has = (end: string) => fullTensorInfo.some(({ name }) => name.endsWith(end));
  const head = fullTensorInfo.find(({ name }) => name === 'output.weight');
  const embedding = fullTensorInfo.find(({ name }) => name === 'token_embd.weight');
  const table = head ?? embedding;
  const architecture = validateArchitecture({
    depth: number(own, 'block_count'),
    width,
    heads,
    headDim: number(attention, 'key_length') ?? width / heads,
    kvHeads: number(attention, 'head_count_kv') ?? heads,
    ffnRatio: ffn / width,
    experts,
    activeExperts,
    vocabulary: table === undefined ? undefined : Number(table.dimensions[1]),
    tiedEmbeddings: head === undefined,
    qkvBias: has('attn_q.bias'),
    qkNorm: has('attn_q_norm.weight'),
  });
  const linear = fullTensorInfo.filter(
    ({ name, dimensions }) => name.startsWith('blk.') && dimensions.length > 1 && !name.includes('gate_inp'),
  );
  return {
    architecture,
    packing: { weight: bytesPerWeight(linear), head: bytesPerWeight(table ? [table] : linear) },
  };
}

function bytesPerWeight(tensors: readonly TensorFacts[]): number {
  let [weights, bits] = [0, 0];
  for (const { name, dimensions, ggmlType } of tensors) {
    const size = dimensions.reduce<number>((product, n) => product * Number(n), 1);
    weights += size;
    bits +=
      size * (BITS[ggmlType] ?? refuse(`tensor ${name} is of type ${ggmlType}, which is not known here`));
  }
  return bits / weights / 8;
}
