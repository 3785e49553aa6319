import { refuse } from '../errors';
import type { Attention, GroupedAttention, LatentAttention, LinearAttention } from '../layers';
import { countOf, depthOf, type Facts, isOn, lookUp, nameOf, ruleOf, sizeOf } from './config';
import type { LayerKind } from './families/family';

/** The attention of one layer, and its weights besides the matrices: biases, norms, convolutions. */
export interface AttentionFacts {
  attention: Attention;
  other: number;
}

/** Attention of a layer of this kind; `isShared` where it uses the keys and values of an earlier one. */
export function readAttention(
  facts: Facts,
  kind: LayerKind,
  width: number,
  isShared: boolean,
): AttentionFacts {
  if (kind === 'experts' || kind === 'dense') return { attention: { kind: 'none' }, other: 0 };
  if (kind === 'conv') return shortConvolution(facts, width);
  if (kind === 'linear') return readState(facts, width);
  if (isOn(facts, facts.family.latent)) return latentAttention(facts, width);
  return groupedAttention(facts, kind, width, isShared);
}

/** Heads and their dimension, without a window. */
function headsOf(facts: Facts, width: number, isGlobal: boolean) {
  const { family } = facts;
  const headsKey = nameOf(facts, 'num_attention_heads');
  const heads = sizeOf(facts, 'num_attention_heads');
  const kvKey = 'num_key_value_heads';
  const usual = family.multiHead
    ? heads
    : family.kvHeads
      ? ruleOf(facts, family.kvHeads, heads)
      : sizeOf(facts, kvKey, heads);
  const valuesAreKeys = isGlobal && isOn(facts, { key: 'attention_k_eq_v', default: false });
  const kvHeads = valuesAreKeys ? sizeOf(facts, 'num_global_key_value_heads', usual) : usual;
  if (heads % kvHeads !== 0) refuse(`${kvKey} ${kvHeads} does not divide ${headsKey} ${heads}`);
  const given = isGlobal ? 'global_head_dim' : 'head_dim';
  const headDim = family.multiHead || lookUp(facts, given) == null ? width / heads : sizeOf(facts, given);
  if (!Number.isInteger(headDim))
    refuse(`${headsKey} ${heads} does not divide ${nameOf(facts, 'hidden_size')} ${width}`);
  return { heads, kvHeads, headDim, valuesAreKeys };
}

/** Grouped-query attention: projections, biases and norms of queries and keys. */
function groupedAttention(facts: Facts, kind: LayerKind, width: number, isShared: boolean): AttentionFacts {
  const { family } = facts;
  const isGlobal = family.globalHeads === true && kind === 'full';
  const { heads, kvHeads, headDim, valuesAreKeys } = headsOf(facts, width, isGlobal);
  const query = heads * headDim;
  const kv = isShared ? 0 : kvHeads * headDim;
  const qkv = isOn(facts, family.qkvBias) ? query + 2 * kv : 0;
  const output = isOn(facts, family.outputBias) ? width : 0;
  const norms = family.qkNorm && isOn(facts, family.qkNormOn ?? true) ? family.qkNorm : 'none';
  const perHead = isShared ? headDim : 2 * headDim;
  const normed = { head: perHead, heads: query + kv, whole: query + kv, none: 0 }[norms];
  const inner = family.innerNorms ? query : 0;
  const attention: GroupedAttention = {
    kind: kind === 'window' ? 'window' : 'full',
    ...(kind === 'window' ? { window: sizeOf(facts, family.windowKey ?? 'sliding_window') } : {}),
    heads,
    kvHeads,
    headDim,
    ...(isOn(facts, family.gated) ? { gated: true as const } : {}),
    ...(valuesAreKeys ? { valuesAreKeys: true as const } : {}),
    ...(isShared ? { cache: 'shared' as const } : {}),
  };
  const sinks = family.sinks ? heads : 0;
  // Four projections with biases, and a LayerNorm.
  const cross = isOn(facts, family.crossAttention) ? 4 * width * (width + 1) + 2 * width : 0;
  return { attention, other: qkv + output + normed * (family.qkNormBias ? 2 : 1) + inner + sinks + cross };
}

/** Multi-head latent attention; queries pass a bottleneck too where `q_lora_rank` is not null. */
function latentAttention(facts: Facts, width: number): AttentionFacts {
  const heads = sizeOf(facts, 'num_attention_heads');
  const queryRank = lookUp(facts, 'q_lora_rank') === null ? 0 : sizeOf(facts, 'q_lora_rank');
  const attention: LatentAttention = {
    kind: 'latent',
    heads,
    queryRank,
    rank: sizeOf(facts, 'kv_lora_rank'),
    rotary: sizeOf(facts, 'qk_rope_head_dim'),
    key: sizeOf(facts, 'qk_nope_head_dim'),
    value: sizeOf(facts, 'v_head_dim'),
  };
  const { rank, rotary } = attention;
  const biases = isOn(facts, facts.family.qkvBias) ? queryRank + rank + rotary + width : 0;
  return { attention, other: queryRank + rank + biases };
}

/** A gated convolution over a few tokens (LFM2). */
function shortConvolution(facts: Facts, width: number): AttentionFacts {
  const taps = sizeOf(facts, 'conv_L_cache');
  const biases = isOn(facts, { key: 'conv_bias', default: false }) ? 5 * width : 0;
  const attention: Attention = {
    kind: 'linear',
    inputs: 3 * width,
    outputs: width,
    state: 0,
    channels: width,
    taps,
  };
  return { attention, other: width * taps + biases };
}

/** A layer that keeps a state, by the family's kind. */
function readState(facts: Facts, width: number): AttentionFacts {
  switch (facts.family.state) {
    case 'deltaNet':
      return deltaNet(facts);
    case 'mamba2':
      return mamba2(facts, width);
    case 'mamba':
      return mamba(facts, width);
    case 'lightning':
      return lightning(facts, width);
    default:
      return refuse(`${facts.family.name} has no layers that keep a state, but layer_types lists some`);
  }
}

const linear = (sizes: Omit<LinearAttention, 'kind'>): LinearAttention => ({ kind: 'linear', ...sizes });

/** The gated delta rule (Qwen3-Next): queries, keys, values and a gate; two more numbers per head of values. */
function deltaNet(facts: Facts): AttentionFacts {
  const keys = sizeOf(facts, 'linear_num_key_heads') * sizeOf(facts, 'linear_key_head_dim');
  const valueHeads = sizeOf(facts, 'linear_num_value_heads');
  const valueDim = sizeOf(facts, 'linear_value_head_dim');
  const values = valueHeads * valueDim;
  const [channels, taps] = [2 * keys + values, sizeOf(facts, 'linear_conv_kernel_dim')];
  const inputs = 2 * keys + 2 * values + 2 * valueHeads;
  const state = valueHeads * sizeOf(facts, 'linear_key_head_dim') * valueDim;
  return {
    attention: linear({ inputs, outputs: values, state, channels, taps }),
    other: channels * taps + 2 * valueHeads + valueDim,
  };
}

/** Mamba 2 (arXiv 2405.21060): a gate, values, two matrices shared by groups of heads, a step per head. */
function mamba2(facts: Facts, width: number): AttentionFacts {
  const heads = sizeOf(facts, 'mamba_n_heads');
  const headDim = lookUp(facts, 'mamba_d_head') === 'auto' ? undefined : sizeOf(facts, 'mamba_d_head');
  const inner = headDim === undefined ? width * sizeOf(facts, 'mamba_expand') : heads * headDim;
  const shared = 2 * sizeOf(facts, 'mamba_n_groups') * sizeOf(facts, 'mamba_d_state');
  const [channels, taps] = [inner + shared, sizeOf(facts, 'mamba_d_conv')];
  const inputs = inner + channels + heads;
  const convBias = isOn(facts, { key: 'mamba_conv_bias', default: true }) ? channels : 0;
  const isBiased = isOn(facts, { key: 'mamba_proj_bias', default: false });
  const isOutBiased = isOn(facts, { key: 'mamba_out_bias', default: isBiased });
  const biases = (isBiased ? inputs : 0) + (isOutBiased ? width : 0);
  const norm = isOn(facts, { key: 'mamba_norm', default: true }) ? inner : 0;
  return {
    attention: linear({
      inputs,
      outputs: inner,
      state: inner * sizeOf(facts, 'mamba_d_state'),
      channels,
      taps,
    }),
    other: channels * taps + convBias + biases + norm + 3 * heads,
  };
}

/** Mamba (arXiv 2312.00752): every channel has a state of its own; step and matrices come from the channels. */
function mamba(facts: Facts, width: number): AttentionFacts {
  const inner = width * sizeOf(facts, 'mamba_expand');
  const state = sizeOf(facts, 'mamba_d_state');
  const given = lookUp(facts, 'mamba_dt_rank');
  const rank = given == null || given === 'auto' ? Math.ceil(width / 16) : sizeOf(facts, 'mamba_dt_rank');
  const taps = sizeOf(facts, 'mamba_d_conv');
  const convBias = isOn(facts, { key: 'mamba_conv_bias', default: true }) ? inner : 0;
  const biases = isOn(facts, { key: 'mamba_proj_bias', default: false }) ? 2 * inner + width : 0;
  const norms = isOn(facts, { key: 'mamba_inner_norms', default: false }) ? rank + 2 * state : 0;
  const steps = (rank + 2 * state) * inner + rank * inner + inner;
  return {
    attention: linear({ inputs: 2 * inner, outputs: inner, state: inner * state, channels: inner, taps }),
    other: inner * taps + convBias + biases + norms + steps + inner * (state + 1),
  };
}

/** Lightning attention (MiniMax-01): linear attention with a decay per head, an output gate and a norm. */
function lightning(facts: Facts, width: number): AttentionFacts {
  const { heads, headDim } = headsOf(facts, width, false);
  const inner = heads * headDim;
  return {
    attention: linear({ inputs: 4 * inner, outputs: inner, state: inner * headDim, channels: 0, taps: 1 }),
    other: inner,
  };
}

/** Layers at the end that use keys and values of earlier ones. */
export function sharedLayers(facts: Facts): number {
  const shared = countOf(facts, 'num_kv_shared_layers', 0);
  if (shared === 0) return 0;
  const depth = depthOf(facts);
  if (shared >= depth)
    refuse(`num_kv_shared_layers ${shared} leaves no layer of ${depth} with keys and values of its own`);
  return shared;
}

/** The divisor of `whole` that is nearest to `target` in proportion. */
export function nearestDivisor(whole: number, target: number): number {
  let nearest = 1;
  const distance = (divisor: number) => Math.abs(Math.log(divisor / target));
  for (let divisor = 2; divisor <= whole; divisor++)
    if (whole % divisor === 0 && distance(divisor) < distance(nearest)) nearest = divisor;
  return nearest;
}
