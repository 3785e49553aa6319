import type { Architecture, Parameters } from './architecture';
import type { KvPrecision, Stored } from './workload';

/**
 * A model as it is: groups of equal layers around a stream of `width` numbers. Costs are sums over layers, so the
 * order of the groups does not matter. An `Architecture` is the case of one group; see `asLayers`.
 */
export interface LayeredModel {
  width: number;
  groups: readonly LayerGroup[];
  /** Vocabulary; 0 where there is neither embedding nor LM head. */
  vocabulary: number;
  /** Width of the LM head where it is not that of the model. */
  headWidth?: number;
  /** Weights of which a token reads one row: an embedding that is not the LM head's, learned positions. */
  lookups: number;
  /** Weights outside layers that every pass reads, in 16 bits: last norm, biases, projections of the embedding. */
  once: number;
  /** Weights of what sees and hears, stored beside the text part in 16 bits. */
  beside?: number;
  /** The longest context, where it is known. */
  positions?: number;
  /** How the checkpoint stores linear layers. Where it is given it goes before the precision of a setting. */
  stored?: Stored;
  /** The precision for which the checkpoint has KV scales. Default 16. */
  kvPrecision?: KvPrecision;
}

/** Equal layers. */
export interface LayerGroup {
  count: number;
  attention: Attention;
  ffn: Ffn;
  /** Weights of one layer besides its matrices, in 16 bits: norms, biases, routers, convolutions. */
  other: number;
}

/** How tokens of a layer look at each other: grouped queries, one latent vector, a state, or not at all. */
export type Attention = GroupedAttention | LatentAttention | LinearAttention | { kind: 'none' };

/** Grouped-query attention over the whole context (`full`), or over the last `window` tokens of it. */
export interface GroupedAttention {
  kind: 'full' | 'window';
  /** Tokens that a query looks back on, itself included; for `window`. */
  window?: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  /** A gate as wide as the queries scales what attention says. */
  gated?: true;
  /** Values are the keys: no projection of their own, though the cache holds both. */
  valuesAreKeys?: true;
  /** Keys and values: cached (default), those of an earlier layer, or used once and forgotten, as in an encoder. */
  cache?: 'own' | 'shared' | 'none';
}

/**
 * Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434 §2.1): the cache holds one vector of `rank` and one
 * rotary key for all heads. Prefill expands them to keys and values; decode absorbs the expansion into queries and
 * outputs, and attends over the latent vectors themselves.
 */
export interface LatentAttention {
  kind: 'latent';
  heads: number;
  /** Rank of the queries' bottleneck; 0 where they are projected straight. */
  queryRank: number;
  rank: number;
  /** Per head: rotary part, other part of a key, and value. */
  rotary: number;
  key: number;
  value: number;
}

/** A state of fixed size instead of a growing cache: linear attention, state-space layers, short convolutions. */
export interface LinearAttention {
  kind: 'linear';
  /** Columns of all projections of the input together, and rows of the output projection. */
  inputs: number;
  outputs: number;
  /** Numbers of recurrent state per sequence, in 32 bits; 0 for a convolution alone. */
  state: number;
  /** Channels and taps of the convolution before it; its last inputs are kept in 16 bits. */
  channels: number;
  taps: number;
}

/** What follows the attention of a layer. */
export type Ffn =
  | { kind: 'dense'; size: number; matrices: 2 | 3 }
  | {
      kind: 'experts';
      experts: number;
      activeExperts: number;
      /** Hidden size of all active experts together. */
      size: number;
      matrices: 2 | 3;
      /** Hidden size of what every token uses beside its experts; read whole at any batch. */
      shared?: number;
      /** Width in which the experts work, between two projections, where it is not that of the model. */
      width?: number;
      /** Biases of one expert. */
      expertOther?: number;
    }
  | { kind: 'none' };

/** FLOPs of a recurrence per number of state and token: decay, read, correct by an outer product, read out. */
export const RECURRENCE_FLOPS = 7;
/** Bytes of a number of recurrent state. */
export const STATE_BYTES = 4;

/** Whether `model` is a list of layer groups rather than an `Architecture`. */
export function isLayered(model: Architecture | LayeredModel): model is LayeredModel {
  return 'groups' in model;
}

/**
 * An architecture as the list of one group that it is.
 *
 * @example asLayers(qwen).groups.length // 1
 */
export function asLayers(architecture: Architecture): LayeredModel {
  const { depth, width, heads, headDim, kvHeads, ffnRatio, experts, activeExperts } = architecture;
  const { vocabulary = 0, tiedEmbeddings = true, qkvBias, qkNorm, ffnMatrices: matrices = 3 } = architecture;
  const size = ffnRatio * width;
  const biases = qkvBias ? (heads + 2 * kvHeads) * headDim : 0;
  const norms = 2 * width + (qkNorm ? 2 * headDim : 0);
  const router = experts > 1 ? width * experts : 0;
  return {
    width,
    groups: [
      {
        count: depth,
        attention: { kind: 'full', heads, kvHeads, headDim },
        ffn:
          experts > 1
            ? { kind: 'experts', experts, activeExperts, size, matrices }
            : { kind: 'dense', size, matrices },
        other: norms + biases + router,
      },
    ],
    vocabulary,
    lookups: tiedEmbeddings ? 0 : vocabulary * width,
    once: width,
  };
}

/**
 * Exact counts of a model's parameters; `beside` is in the total alone.
 *
 * @example countParameters(asLayers(qwen)).total // 494032768
 */
export function countParameters(model: LayeredModel): Parameters {
  const { attention, ffn, idle, other, lookups, head, beside } = countWeights(model);
  const total = attention + ffn + other + lookups + head + beside;
  return {
    total: Math.round(total),
    active: Math.round(total - beside - idle),
    embedding: Math.round(lookups + head),
  };
}

/**
 * Weights by how they are stored: matrices of `attention` and of `ffn`, the part of those that a token does not
 * use (`idle`), what stays in 16 bits (`other`, `lookups`, `beside`), and the LM head.
 */
export function countWeights(model: LayeredModel) {
  const { width, groups, vocabulary, headWidth = width, lookups, once, beside = 0 } = model;
  const sum = { attention: 0, ffn: 0, idle: 0, other: once, lookups, head: vocabulary * headWidth, beside };
  for (const { count, attention, ffn, other } of groups) {
    sum.attention += count * attentionWeights(attention, width);
    const { matrices, idle, biases } = ffnWeights(ffn, width);
    sum.ffn += count * matrices;
    sum.idle += count * idle;
    sum.other += count * (other + biases);
  }
  return sum;
}

/** Weights in the matrices of one layer's attention. */
export function attentionWeights(attention: Attention, width: number): number {
  switch (attention.kind) {
    case 'none':
      return 0;
    case 'linear':
      return width * (attention.inputs + attention.outputs);
    case 'latent': {
      const { heads, queryRank, rank, rotary, key, value } = attention;
      const query = heads * (key + rotary);
      const queries = queryRank === 0 ? width * query : width * queryRank + queryRank * query;
      return queries + width * (rank + rotary) + rank * heads * (key + value) + heads * value * width;
    }
    default: {
      const { heads, kvHeads, headDim, gated, valuesAreKeys, cache } = attention;
      const keysAndValues = cache === 'shared' ? 0 : valuesAreKeys ? 1 : 2;
      return width * headDim * ((gated ? 3 : 2) * heads + keysAndValues * kvHeads);
    }
  }
}

/** Weights of one layer's FFN: matrices, the idle part of them and of the experts' biases, and those biases. */
export function ffnWeights(ffn: Ffn, width: number): { matrices: number; idle: number; biases: number } {
  if (ffn.kind === 'none') return { matrices: 0, idle: 0, biases: 0 };
  if (ffn.kind === 'dense') return { matrices: ffn.matrices * width * ffn.size, idle: 0, biases: 0 };
  const { experts, activeExperts, size, matrices, shared = 0, width: inner = width, expertOther = 0 } = ffn;
  const expert = (matrices * inner * size) / activeExperts;
  const projections = inner === width ? 0 : 2 * width * inner;
  return {
    matrices: experts * expert + matrices * width * shared + projections,
    idle: (experts - activeExperts) * (expert + expertOther),
    biases: experts * expertOther,
  };
}

/** Values that one layer's cache holds for one token; a state holds none. */
export function kvValues(attention: Attention): number {
  if (attention.kind === 'latent') return attention.rank + attention.rotary;
  if (attention.kind === 'none' || attention.kind === 'linear') return 0;
  return (attention.cache ?? 'own') === 'own' ? 2 * attention.kvHeads * attention.headDim : 0;
}

/** Bytes of state per sequence in one layer: recurrent state and the last inputs of the convolution. */
export function stateBytes(attention: Attention): number {
  if (attention.kind !== 'linear') return 0;
  return attention.state * STATE_BYTES + attention.channels * (attention.taps - 1) * 2;
}
