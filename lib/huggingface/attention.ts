import { refuse } from '../errors';
import { type Config, entry, isOn, sizeOf } from './config';
import type { Family } from './families';

/** The attention of one layer. */
export interface Attention {
  heads: number;
  /** Heads that the cache holds, and their dimension; for latent attention the nearest plain ones. */
  kvHeads: number;
  headDim: number;
  /** Weights of projections, biases and norms together. */
  weights: number;
  qkvBias: boolean;
  outputBias: boolean;
  /** Values that the cache holds for one token. */
  kvValues: number;
}

/** Grouped-query attention: projections, biases and norms of queries and keys. */
export function readAttention(config: Config, family: Family, width: number): Attention {
  const headsKey = family.keys?.num_attention_heads ?? 'num_attention_heads';
  const heads = sizeOf(config, headsKey, family.sizes?.[headsKey]);
  const kvHeads = family.multiHead ? heads : readKvHeads(config, family, heads);
  if (heads % kvHeads !== 0) refuse(`num_key_value_heads ${kvHeads} does not divide ${headsKey} ${heads}`);
  const headDim = family.multiHead
    ? width / heads
    : entry(config, 'head_dim') === undefined
      ? (family.headDim ?? width / heads)
      : sizeOf(config, 'head_dim');
  if (!Number.isInteger(headDim))
    refuse(`${headsKey} ${heads} does not divide ${family.keys?.hidden_size ?? 'hidden_size'} ${width}`);
  const query = heads * headDim;
  const kv = kvHeads * headDim;
  const qkvBias = isOn(config, family.qkvBias);
  const outputBias = isOn(config, family.outputBias);
  const biases = (qkvBias ? query + 2 * kv : 0) + (outputBias ? width : 0);
  const norms = { head: 2 * headDim, whole: query + kv, none: 0 }[family.qkNorm ?? 'none'];
  const weights = 2 * width * (query + kv) + biases + norms;
  return { heads, kvHeads, headDim, weights, qkvBias, outputBias, kvValues: 2 * kv };
}

/** An absent key means the default of the class; null means as many as there are heads. */
function readKvHeads(config: Config, family: Family, heads: number): number {
  const fallback = config.num_key_value_heads === null ? heads : (family.kvHeads ?? heads);
  return sizeOf(config, 'num_key_value_heads', fallback);
}

/**
 * Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434 §2.1): keys and values are squeezed into one
 * vector of `kv_lora_rank`, cached together with one rotary key of `qk_rope_head_dim` that all heads share;
 * queries too pass a bottleneck where `q_lora_rank` is not null.
 *
 * The nearest plain attention has heads of the mean of the query's and the value's dimension, which gives the
 * same FLOPs in scores and weighted values and the same weights in query and output projections, and as many
 * KV heads as come nearest to what the cache holds.
 */
export function readLatentAttention(config: Config, width: number): Attention {
  const heads = sizeOf(config, 'num_attention_heads');
  const latent = sizeOf(config, 'kv_lora_rank', 512);
  const rotary = sizeOf(config, 'qk_rope_head_dim', 64);
  const key = sizeOf(config, 'qk_nope_head_dim', 128);
  const value = sizeOf(config, 'v_head_dim', 128);
  const queryRank = config.q_lora_rank === null ? undefined : sizeOf(config, 'q_lora_rank', 1536);
  const bias = isOn(config, { key: 'attention_bias', default: false });
  const queryDim = heads * (key + rotary);
  const query =
    queryRank === undefined
      ? width * queryDim
      : width * queryRank + (bias ? queryRank : 0) + queryRank + queryRank * queryDim;
  const down = width * (latent + rotary) + (bias ? latent + rotary : 0) + latent;
  const up = latent * heads * (key + value);
  const output = heads * value * width + (bias ? width : 0);
  const headDim = Math.round((key + rotary + value) / 2);
  const kvValues = latent + rotary;
  return {
    heads,
    kvHeads: nearestDivisor(heads, kvValues / (2 * headDim)),
    headDim,
    weights: query + down + up + output,
    qkvBias: false,
    outputBias: bias,
    kvValues,
  };
}

/** The divisor of `whole` that is nearest to `target` in proportion. */
export function nearestDivisor(whole: number, target: number): number {
  let nearest = 1;
  const distance = (divisor: number) => Math.abs(Math.log(divisor / target));
  for (let divisor = 2; divisor <= whole; divisor++)
    if (whole % divisor === 0 && distance(divisor) < distance(nearest)) nearest = divisor;
  return nearest;
}
