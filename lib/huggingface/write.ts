import { type Architecture, validateArchitecture } from '../architecture';
import { plainObject, positiveNumber, refuse } from '../errors';
import { nearestDivisor } from './attention';
import { notTooLarge } from './config';
import { fromHuggingFace } from './read';

/** An architecture as `transformers` builds it, and what had to change for it. */
export interface BuildableModel {
  /** Content of `config.json`: Qwen3 where there is one expert, Qwen3-MoE where there are more. */
  config: Record<string, unknown>;
  /** What the config says when it is read again. */
  architecture: Architecture;
  /** One line for each thing that is not as it was given. */
  changes: string[];
}

/** Vocabulary of Qwen3's tokenizer, for architectures without one. */
const QWEN3_VOCABULARY = 151936;
/** Matrix units work on multiples of 8 16-bit numbers; sizes that are not whole are rounded to that. */
const ALIGNMENT = 8;

/**
 * A config for training an architecture with `transformers` (4.51 or newer), as Qwen3 or Qwen3-MoE, which
 * normalise queries and keys as the paper does. Whole sizes stay as they are; others, e.g. those of a
 * continuous optimum, are rounded, and every change is said. Refuses what neither family can express.
 *
 * @example toHuggingFace(qwen).config.num_hidden_layers // 24
 */
export function toHuggingFace(architecture: Architecture): BuildableModel {
  const changes: string[] = [];
  const built = withFeatures(withWholeSizes(architecture, changes), changes);
  const config = configOf(built, wholeFfnSize(built, changes));
  return { config, architecture: fromHuggingFace(config).architecture, changes };
}

/** Rounds depth, width, heads and experts; checks everything. */
function withWholeSizes(given: Architecture, changes: string[]): Architecture {
  const sizes = plainObject(given, Object.keys(Object(given)), 'architecture');
  const size = (name: string) => {
    const value = sizes[name] ?? refuse(`architecture lacks "${name}"`);
    const whole = notTooLarge(positiveNumber(value, name), name);
    return whole >= 0.5 ? whole : refuse(`${name} ${whole} rounds to none`);
  };
  const heads = nearest(size('heads'), 1);
  const kvHeads = size('kvHeads');
  // Whole heads that do not divide are a mistake, not something to round; validateArchitecture says so.
  const areHeadsWhole = Number.isInteger(given.heads) && Number.isInteger(kvHeads);
  const rounded: Record<string, number> = {
    depth: nearest(size('depth'), 1),
    width: Number.isInteger(size('width')) ? given.width : nearest(given.width, ALIGNMENT),
    heads,
    headDim: nearest(size('headDim'), 2),
    kvHeads: areHeadsWhole ? kvHeads : nearestDivisor(heads, kvHeads),
    experts: nearest(size('experts'), 1),
    activeExperts: nearest(size('activeExperts'), 1),
  };
  const reasons: Record<string, string> = {
    width: `, a multiple of ${ALIGNMENT}`,
    headDim: ', which is even: rotary positions turn pairs',
    kvHeads: ', which divides the heads',
  };
  for (const [name, value] of Object.entries(rounded))
    if (value !== sizes[name]) changes.push(`${name} ${sizes[name]} → ${value}${reasons[name] ?? ''}`);
  return validateArchitecture({ ...given, ...rounded });
}

/** Gives the architecture what all Qwen3 models have, and takes what none has. */
function withFeatures(architecture: Architecture, changes: string[]): Architecture {
  const { vocabulary, qkNorm = false, qkvBias = false, ffnMatrices = 3 } = architecture;
  if (ffnMatrices === 2)
    refuse('ffnMatrices 2 cannot be exported: the FFN of Qwen3 is gated and has 3; leave ffnMatrices out');
  if (!qkNorm) changes.push('qkNorm added: Qwen3 normalises queries and keys, as the paper does');
  if (qkvBias) changes.push('qkvBias removed: Qwen3 has no biases');
  if (vocabulary === undefined)
    changes.push(`vocabulary ${QWEN3_VOCABULARY} added: that of Qwen3's tokenizer`);
  const { qkvBias: _, ...rest } = architecture;
  return {
    ...rest,
    qkNorm: true,
    vocabulary: vocabulary ?? QWEN3_VOCABULARY,
    tiedEmbeddings: architecture.tiedEmbeddings ?? true,
  };
}

/** The FFN's hidden size, of one expert in a mixture. */
function wholeFfnSize(architecture: Architecture, changes: string[]): number {
  const { ffnRatio, width, activeExperts, experts } = architecture;
  const asked = (ffnRatio * width) / activeExperts;
  // A whole number times 1/width and back may miss it by a few units in the last place.
  const isWhole = Math.round(asked) > 0 && Math.abs(asked - Math.round(asked)) < 1e-9 * asked;
  const ffnSize = isWhole ? Math.round(asked) : nearest(asked, ALIGNMENT);
  if (!isWhole)
    changes.push(
      `FFN size${experts > 1 ? ' of an expert' : ''} ${Number(asked.toPrecision(6))} → ${ffnSize}, ` +
        `a multiple of ${ALIGNMENT}: ffnRatio ${Number(((activeExperts * ffnSize) / width).toPrecision(6))}`,
    );
  return ffnSize;
}

function configOf(architecture: Architecture, ffnSize: number): Record<string, unknown> {
  const { depth, width, heads, headDim, kvHeads, experts, activeExperts } = architecture;
  const isMixture = experts > 1;
  return {
    architectures: [isMixture ? 'Qwen3MoeForCausalLM' : 'Qwen3ForCausalLM'],
    model_type: isMixture ? 'qwen3_moe' : 'qwen3',
    vocab_size: architecture.vocabulary,
    hidden_size: width,
    intermediate_size: isMixture ? activeExperts * ffnSize : ffnSize,
    num_hidden_layers: depth,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    hidden_act: 'silu',
    attention_bias: false,
    attention_dropout: 0,
    initializer_range: 0.02,
    max_position_embeddings: 32768,
    rms_norm_eps: 1e-6,
    rope_theta: 1000000,
    tie_word_embeddings: architecture.tiedEmbeddings,
    torch_dtype: 'bfloat16',
    use_cache: true,
    use_sliding_window: false,
    ...(isMixture ? expertKeys(experts, activeExperts, ffnSize) : {}),
  };
}

function expertKeys(experts: number, activeExperts: number, size: number): Record<string, unknown> {
  return {
    num_experts: experts,
    num_experts_per_tok: activeExperts,
    moe_intermediate_size: size,
    decoder_sparse_step: 1,
    mlp_only_layers: [],
    // Normalised to one, the weight of a single expert would be 1, and the router would get no gradient.
    norm_topk_prob: activeExperts > 1,
    // Without its logits the loss has no balancing term, and training may starve experts.
    output_router_logits: true,
    router_aux_loss_coef: 0.001,
  };
}

/** The positive multiple of `step` nearest to `value`. */
function nearest(value: number, step: number): number {
  return Math.max(step, step * Math.round(value / step));
}
