/** A bias or norm that is there or not, or that a key of the config decides. */
export type Switch = boolean | { key: string; default: boolean };

/**
 * How a family of Hugging Face models differs from the plainest one (Llama without options): where its config
 * has other keys, what an absent key means, and which weights its layers have besides the matrices.
 */
export interface Family {
  name: string;
  /** What an absent `tie_word_embeddings` means. */
  tied: boolean;
  /** What an absent `num_key_value_heads` means; as many as there are heads if not given. */
  kvHeads?: number;
  /** What an absent `head_dim` means; hidden size over heads if not given. */
  headDim?: number;
  /** Every head has keys and values of its own, whatever the config says. */
  multiHead?: true;
  /** What other absent sizes mean. Sizes without an entry must be in the config. */
  sizes?: Readonly<Record<string, number>>;
  /** What an absent FFN size means, over the hidden size. */
  ffnRatio?: number;
  /** The family's own names for the usual keys. */
  keys?: Readonly<Record<string, string>>;
  qkvBias?: Switch;
  outputBias?: Switch;
  ffnBias?: Switch;
  headBias?: Switch;
  /** Queries and keys are normalised per head, or each as a whole. */
  qkNorm?: 'head' | 'whole';
  /** Norms of a layer, default 2, and vectors of weights in each: 1 (RMSNorm, the default), 2 (LayerNorm) or 0. */
  layerNorms?: 2 | 4;
  normVectors?: 0 | 1 | 2;
  normsHaveWeights?: Switch;
  finalNorm?: Switch;
  /** Matrices of an FFN, default 3. */
  ffnMatrices?: 2 | 3;
  /** Learned positions beyond those that `max_position_embeddings` counts; rotary positions if not given. */
  extraPositions?: number;
  /** Key of the embedding's width where it may differ from the hidden size. */
  embeddingWidth?: string;
  /** What an absent `sliding_window` means, default none; `'flag'` where `use_sliding_window` must be true. */
  window?: number | 'flag';
  /** Keys of a mixture of experts. */
  mixture?: Mixture;
  /** Keys and values are cached as one latent vector (DeepSeek-V2). */
  latent?: true;
}

/** The keys of a mixture of experts. */
export interface Mixture {
  /** Number of experts; the first of these keys that is there. */
  experts: readonly string[];
  /** FFN size of one expert. */
  size: string;
  /** FFN size of the expert that every token uses, and whether a learned gate scales it. */
  shared?: { size: string; gate: true } | { count: string };
  /** Which layers are mixtures; all if not given. */
  layers?: 'step' | 'afterFirst';
}

const attentionBias: Switch = { key: 'attention_bias', default: false };
const optBias: Switch = { key: 'enable_bias', default: true };
const llama: Family = {
  name: 'Llama',
  tied: false,
  qkvBias: attentionBias,
  outputBias: attentionBias,
  ffnBias: { key: 'mlp_bias', default: false },
};
const qwen3: Family = {
  name: 'Qwen3',
  tied: false,
  kvHeads: 32,
  headDim: 128,
  qkvBias: attentionBias,
  outputBias: attentionBias,
  qkNorm: 'head',
  window: 'flag',
};
const gemma2: Family = {
  name: 'Gemma 2',
  tied: true,
  kvHeads: 4,
  headDim: 256,
  qkvBias: attentionBias,
  outputBias: attentionBias,
  layerNorms: 4,
  window: 4096,
};
const olmo2: Family = { ...llama, name: 'OLMo 2', ffnBias: false, qkNorm: 'whole' };
const localExperts = ['num_local_experts', 'num_experts'];
const ownExperts = ['num_experts', 'num_local_experts'];

/**
 * Facts from the configuration and modelling files of transformers 5.18.0
 * (Apache-2.0, huggingface/transformers: src/transformers/models/) and from the published configs.
 */
const byType: Record<string, Family> = {
  llama,
  mistral: { name: 'Mistral', tied: false, kvHeads: 8, window: 4096 },
  mixtral: {
    name: 'Mixtral',
    tied: false,
    kvHeads: 8,
    mixture: { experts: localExperts, size: 'intermediate_size' },
  },
  qwen2: { name: 'Qwen2', tied: false, kvHeads: 32, qkvBias: true, window: 'flag' },
  qwen2_moe: {
    name: 'Qwen2-MoE',
    tied: false,
    kvHeads: 16,
    qkvBias: { key: 'qkv_bias', default: true },
    window: 'flag',
    mixture: {
      experts: ownExperts,
      size: 'moe_intermediate_size',
      shared: { size: 'shared_expert_intermediate_size', gate: true },
      layers: 'step',
    },
  },
  qwen3,
  qwen3_moe: {
    ...qwen3,
    name: 'Qwen3-MoE',
    kvHeads: 4,
    headDim: undefined,
    mixture: { experts: ownExperts, size: 'moe_intermediate_size', layers: 'step' },
  },
  gemma2,
  gemma3_text: {
    ...gemma2,
    name: 'Gemma 3',
    qkNorm: 'head',
    // The text_config of the larger models leaves out what the class already says.
    sizes: { num_attention_heads: 8, vocab_size: 262208 },
  },
  phi3: { name: 'Phi-3', tied: false },
  phimoe: {
    name: 'Phi-3.5-MoE',
    tied: false,
    kvHeads: 8,
    qkvBias: attentionBias,
    outputBias: attentionBias,
    headBias: { key: 'lm_head_bias', default: false },
    normVectors: 2,
    mixture: { experts: localExperts, size: 'intermediate_size' },
  },
  olmo: { ...llama, name: 'OLMo', ffnBias: false, normVectors: 0 },
  olmo2,
  olmoe: {
    ...olmo2,
    name: 'OLMoE',
    mixture: { experts: ownExperts, size: 'intermediate_size' },
  },
  granite: { ...llama, name: 'Granite' },
  granitemoe: {
    ...llama,
    name: 'Granite-MoE',
    ffnBias: false,
    mixture: { experts: localExperts, size: 'intermediate_size' },
  },
  smollm3: { ...llama, name: 'SmolLM3', tied: true, kvHeads: 4, window: 'flag' },
  gpt2: {
    name: 'GPT-2',
    tied: true,
    keys: {
      hidden_size: 'n_embd',
      num_hidden_layers: 'n_layer',
      num_attention_heads: 'n_head',
      intermediate_size: 'n_inner',
      max_position_embeddings: 'n_positions',
    },
    sizes: { n_positions: 1024 },
    ffnRatio: 4,
    multiHead: true,
    qkvBias: true,
    outputBias: true,
    ffnBias: true,
    normVectors: 2,
    ffnMatrices: 2,
    extraPositions: 0,
  },
  opt: {
    name: 'OPT',
    tied: true,
    keys: { intermediate_size: 'ffn_dim' },
    sizes: { max_position_embeddings: 2048 },
    multiHead: true,
    qkvBias: optBias,
    outputBias: optBias,
    ffnBias: optBias,
    normVectors: 2,
    normsHaveWeights: { key: 'layer_norm_elementwise_affine', default: true },
    finalNorm: { key: 'do_layer_norm_before', default: true },
    ffnMatrices: 2,
    extraPositions: 2,
    embeddingWidth: 'word_embed_proj_dim',
  },
  deepseek_v2: {
    name: 'DeepSeek-V2',
    tied: false,
    qkvBias: attentionBias,
    outputBias: attentionBias,
    mixture: {
      experts: ['n_routed_experts'],
      size: 'moe_intermediate_size',
      shared: { count: 'n_shared_experts' },
      layers: 'afterFirst',
    },
    latent: true,
  },
};

/** The families by `model_type`. */
export const families: ReadonlyMap<string, Family> = new Map(Object.entries(byType));
