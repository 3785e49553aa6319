import { attentionBias, type Family, type Pattern, type Switch, sizes, tied } from './family';

const useBias: Switch = { key: 'use_bias', default: true };
const optBias: Switch = { key: 'enable_bias', default: true };
const biases = { qkvBias: attentionBias, outputBias: attentionBias };
const gptKeys = {
  hidden_size: 'n_embd',
  num_hidden_layers: 'n_layer',
  num_attention_heads: 'n_head',
  intermediate_size: 'n_inner',
  max_position_embeddings: 'n_positions',
};
/** LayerNorm, and an FFN of two matrices. */
const classic = { normVectors: 2, ffnMatrices: 2 } as const;
const allBiases = { qkvBias: true, outputBias: true, ffnBias: true } as const;
/** Windows but for every n-th layer. */
export const everyNth = (every: number, ...keys: string[]): Pattern => ({
  every,
  keys,
  at: 'full',
  others: 'window',
});

export const llama: Family = {
  name: 'Llama',
  defaults: sizes(32000, 4096, 11008, 32, 32, null, { max_position_embeddings: 2048 }),
  ...biases,
  ffnBias: { key: 'mlp_bias', default: false },
};
const mistral: Family = {
  name: 'Mistral',
  defaults: sizes(32000, 4096, 14336, 32, 32, 8, { sliding_window: 4096, max_position_embeddings: 131072 }),
  window: 'all',
};
export const qwen2: Family = {
  name: 'Qwen2',
  defaults: sizes(151936, 4096, 22016, 32, 32, 32, {
    sliding_window: 4096,
    max_position_embeddings: 32768,
    max_window_layers: 28,
  }),
  qkvBias: true,
  window: 'flagFrom',
};
export const qwen3: Family = {
  ...qwen2,
  name: 'Qwen3',
  defaults: { ...qwen2.defaults, head_dim: 128 },
  ...biases,
  qkNorm: 'head',
};
const gemma: Family = {
  name: 'Gemma',
  defaults: sizes(256000, 3072, 24576, 28, 16, 16, { ...tied, head_dim: 256, max_position_embeddings: 8192 }),
  ...biases,
};
const gemma2: Family = {
  ...gemma,
  name: 'Gemma 2',
  defaults: sizes(256000, 2304, 9216, 26, 8, 4, {
    ...tied,
    head_dim: 256,
    sliding_window: 4096,
    max_position_embeddings: 8192,
  }),
  layerNorms: 4,
  pattern: everyNth(2),
};
const gemma3: Family = {
  ...gemma2,
  name: 'Gemma 3',
  defaults: { ...gemma2.defaults, vocab_size: 262208, max_position_embeddings: 131072 },
  qkNorm: 'head',
  pattern: everyNth(6, 'sliding_window_pattern', '_sliding_window_pattern'),
};
const gemma3n: Family = {
  ...gemma3,
  name: 'Gemma 3n',
  defaults: sizes(262400, 2048, 16384, 35, 8, 2, {
    ...tied,
    head_dim: 256,
    sliding_window: 512,
    vocab_size_per_layer_input: 262144,
    hidden_size_per_layer_input: 256,
    altup_num_inputs: 4,
    laurel_rank: 64,
    num_kv_shared_layers: 15,
    max_position_embeddings: 32768,
  }),
  pattern: everyNth(5),
  perLayerInput: true,
  alternatingUpdates: true,
};
const phi3: Family = {
  name: 'Phi-3',
  defaults: sizes(32064, 3072, 8192, 32, 32, null, { max_position_embeddings: 4096 }),
  window: 'all',
};
const olmo: Family = {
  ...llama,
  name: 'OLMo',
  defaults: { ...llama.defaults, vocab_size: 50304 },
  ffnBias: false,
  normVectors: 0,
};
export const olmo2: Family = { ...olmo, name: 'OLMo 2', normVectors: 1, qkNorm: 'whole' };
const gpt2: Family = {
  name: 'GPT-2',
  defaults: sizes(50257, 768, null, 12, 12, null, { ...tied, max_position_embeddings: 1024 }),
  keys: gptKeys,
  ffnRatio: 4,
  multiHead: true,
  ...allBiases,
  ...classic,
  crossAttention: { key: 'add_cross_attention', default: false },
  extraPositions: 0,
};
const gptj: Family = {
  ...gpt2,
  name: 'GPT-J',
  defaults: sizes(50400, 4096, null, 28, 16, null, { max_position_embeddings: 2048 }),
  qkvBias: false,
  outputBias: false,
  headBias: true,
  layerNorms: 1,
  extraPositions: undefined,
};
const minicpm: Family = {
  ...llama,
  name: 'MiniCPM',
  // The class has Llama's sizes and ties the tables; the checkpoints name every size.
  defaults: { ...llama.defaults, ...tied },
};

/** Dense decoders with attention over grouped queries, by `model_type`. */
export const plainFamilies: Readonly<Record<string, Family>> = {
  llama,
  mistral,
  ministral3: {
    ...mistral,
    name: 'Ministral 3',
    defaults: sizes(131072, 4096, 14336, 34, 32, 8, { head_dim: 128, max_position_embeddings: 262144 }),
  },
  ministral: { ...mistral, name: 'Ministral' },
  qwen2,
  qwen2_vl_text: {
    ...qwen2,
    name: 'Qwen2-VL',
    defaults: sizes(152064, 8192, 29568, 80, 64, 8, {
      max_position_embeddings: 32768,
      max_window_layers: 80,
      sliding_window: 4096,
    }),
  },
  qwen2_5_vl_text: {
    ...qwen2,
    name: 'Qwen2.5-VL',
    defaults: sizes(152064, 8192, 29568, 80, 64, 8, {
      max_position_embeddings: 32768,
      max_window_layers: 80,
      sliding_window: 4096,
    }),
  },
  qwen3,
  qwen3_vl_text: {
    ...qwen3,
    name: 'Qwen3-VL',
    defaults: { ...qwen3.defaults, max_position_embeddings: 128000 },
    window: undefined,
  },
  mimo: { ...qwen2, name: 'MiMo', window: 'flag' },
  gemma,
  gemma2,
  gemma3_text: gemma3,
  gemma3n_text: gemma3n,
  phi: {
    name: 'Phi',
    defaults: sizes(51200, 2048, 8192, 24, 32, null, { max_position_embeddings: 2048 }),
    ...allBiases,
    ...classic,
    headBias: true,
    layerNorms: 1,
    qkNorm: 'head',
    qkNormOn: { key: 'qk_layernorm', default: false },
    qkNormBias: true,
  },
  phi3,
  phi3_v: { ...phi3, name: 'Phi-3-Vision' },
  phi4mm: { ...phi3, name: 'Phi-4-multimodal' },
  olmo,
  olmo2,
  olmo3: {
    ...olmo2,
    name: 'OLMo 3',
    defaults: { ...olmo2.defaults, sliding_window: 4096 },
    pattern: everyNth(4),
  },
  granite: { ...llama, name: 'Granite' },
  smollm3: {
    ...llama,
    name: 'SmolLM3',
    defaults: sizes(128256, 2048, 11008, 36, 16, 4, { ...tied, max_position_embeddings: 32768 }),
    window: 'flag',
  },
  mobilellm: { ...llama, name: 'MobileLLM', defaults: { ...llama.defaults, ...tied } },
  gpt2,
  gpt_bigcode: {
    ...gpt2,
    name: 'GPT-BigCode',
    multiHead: undefined,
    kvHeads: [{ when: 'multi_query', is: 1 }],
    defaults: { ...gpt2.defaults, multi_query: true },
  },
  gptj,
  codegen: { ...gptj, name: 'CodeGen', defaults: { ...gptj.defaults, max_position_embeddings: 2048 } },
  gpt_neox: {
    name: 'GPT-NeoX',
    defaults: sizes(50432, 6144, 24576, 44, 64, null, { max_position_embeddings: 2048 }),
    multiHead: true,
    qkvBias: { key: 'attention_bias', default: true },
    outputBias: { key: 'attention_bias', default: true },
    ffnBias: true,
    ...classic,
  },
  mpt: {
    name: 'MPT',
    defaults: sizes(50368, 2048, null, 24, 16, null, { ...tied, max_position_embeddings: 2048 }),
    keys: {
      hidden_size: 'd_model',
      num_hidden_layers: 'n_layers',
      num_attention_heads: 'n_heads',
      max_position_embeddings: 'max_seq_len',
    },
    ffnRatio: 4,
    multiHead: true,
    ffnMatrices: 2,
  },
  bloom: {
    name: 'BLOOM',
    defaults: sizes(250880, 64, null, 2, 8, null, tied),
    keys: {
      hidden_size: ['hidden_size', 'n_embed'],
      num_hidden_layers: ['n_layer', 'num_hidden_layers'],
      num_attention_heads: ['n_head', 'num_attention_heads'],
    },
    ffnRatio: 4,
    multiHead: true,
    ...allBiases,
    ...classic,
    embeddingNorm: true,
  },
  opt: {
    name: 'OPT',
    defaults: sizes(50272, 768, 3072, 12, 12, null, { ...tied, max_position_embeddings: 2048 }),
    keys: { intermediate_size: 'ffn_dim' },
    multiHead: true,
    qkvBias: optBias,
    outputBias: optBias,
    ffnBias: optBias,
    ...classic,
    normsHaveWeights: { key: 'layer_norm_elementwise_affine', default: true },
    finalNorm: { key: 'do_layer_norm_before', default: true },
    extraPositions: 2,
    embeddingWidth: 'word_embed_proj_dim',
  },
  falcon: {
    name: 'Falcon',
    defaults: sizes(65024, 4544, null, 32, 71, null, {
      ...tied,
      multi_query: true,
      parallel_attn: true,
      max_position_embeddings: 2048,
    }),
    keys: {
      hidden_size: ['hidden_size', 'n_embed'],
      num_hidden_layers: ['num_hidden_layers', 'n_layer'],
      num_attention_heads: ['num_attention_heads', 'n_head'],
      intermediate_size: 'ffn_hidden_size',
    },
    kvHeads: [
      { when: 'new_decoder_architecture', from: 'num_kv_heads' },
      { when: 'multi_query', is: 1 },
    ],
    ffnRatio: 4,
    qkvBias: { key: 'bias', default: false },
    outputBias: { key: 'bias', default: false },
    ffnBias: { key: 'bias', default: false },
    ...classic,
    layerNormsWhen: [
      { when: 'new_decoder_architecture', from: 'num_ln_in_parallel_attn', is: 2 },
      { when: 'parallel_attn', is: 1 },
    ],
  },
  starcoder2: {
    name: 'StarCoder2',
    defaults: sizes(49152, 3072, 12288, 30, 24, 2, { ...tied, max_position_embeddings: 4096 }),
    qkvBias: useBias,
    outputBias: useBias,
    ffnBias: useBias,
    ...classic,
    window: 'all',
  },
  stablelm: {
    name: 'StableLM',
    defaults: sizes(50304, 2560, 6912, 32, 32, 32, { max_position_embeddings: 4096 }),
    qkvBias: { key: 'use_qkv_bias', default: false },
    qkNorm: 'heads',
    qkNormOn: { key: 'qk_layernorm', default: false },
    normVectors: 2,
    layerNormsWhen: [{ when: 'use_parallel_residual', is: 1 }],
  },
  persimmon: {
    name: 'Persimmon',
    defaults: sizes(262144, 4096, 16384, 36, 64, null, { max_position_embeddings: 16384 }),
    multiHead: true,
    ...allBiases,
    ...classic,
    qkNorm: 'head',
    qkNormOn: { key: 'qk_layernorm', default: true },
    qkNormBias: true,
  },
  cohere: {
    name: 'Cohere',
    defaults: sizes(256000, 8192, 22528, 40, 64, null, { ...tied, max_position_embeddings: 8192 }),
    ...biases,
    layerNorms: 1,
    qkNorm: 'heads',
    qkNormOn: { key: 'use_qk_norm', default: false },
  },
  cohere2: {
    name: 'Cohere 2',
    defaults: sizes(256000, 8192, 22528, 40, 64, null, {
      ...tied,
      sliding_window: 4096,
      max_position_embeddings: 8192,
    }),
    ...biases,
    layerNorms: 1,
    pattern: everyNth(4, 'sliding_window_pattern', '_sliding_window_pattern'),
  },
  internlm: {
    ...llama,
    name: 'InternLM',
    qkvBias: { key: 'bias', default: true },
    outputBias: { key: 'bias', default: true },
    ffnBias: false,
  },
  internlm2: {
    ...llama,
    name: 'InternLM2',
    defaults: sizes(103168, 4096, 11008, 32, 32, null, { max_position_embeddings: 2048 }),
    qkvBias: { key: 'bias', default: true },
    outputBias: { key: 'bias', default: true },
    ffnBias: false,
  },
  internlm3: {
    ...llama,
    name: 'InternLM3',
    defaults: sizes(128512, 4096, 11008, 32, 32, null, { max_position_embeddings: 32768 }),
    qkvBias: { key: 'qkv_bias', default: false },
    outputBias: { key: 'bias', default: false },
    ffnBias: { key: 'bias', default: false },
  },
  baichuan: {
    ...llama,
    name: 'Baichuan',
    defaults: sizes(125696, 4096, 11008, 32, 32, null, { max_position_embeddings: 4096 }),
    keys: { max_position_embeddings: ['max_position_embeddings', 'model_max_length'] },
    multiHead: true,
    qkvBias: false,
    outputBias: false,
    ffnBias: false,
  },
  orion: {
    ...llama,
    name: 'Orion',
    defaults: sizes(84608, 4096, 15360, 40, 40, 40, { max_position_embeddings: 4096 }),
    normVectors: 2,
  },
  qwen: {
    name: 'Qwen',
    defaults: sizes(151936, 4096, 22016, 32, 32, null, { max_position_embeddings: 32768 }),
    keys: { max_position_embeddings: ['max_position_embeddings', 'seq_length'] },
    multiHead: true,
    qkvBias: true,
    ffnHalves: true,
  },
  chatglm: {
    name: 'ChatGLM',
    defaults: sizes(65024, 4096, 13696, 28, 32, null, {
      head_dim: 128,
      multi_query_attention: false,
      multi_query_group_num: 1,
      max_position_embeddings: 2048,
    }),
    keys: {
      vocab_size: ['padded_vocab_size', 'vocab_size'],
      num_hidden_layers: ['num_layers', 'num_hidden_layers'],
      intermediate_size: 'ffn_hidden_size',
      head_dim: 'kv_channels',
      max_position_embeddings: 'seq_length',
    },
    kvHeads: [{ when: 'multi_query_attention', from: 'multi_query_group_num' }],
    qkvBias: { key: 'add_qkv_bias', default: false },
    outputBias: { key: 'add_bias_linear', default: false },
    ffnBias: { key: 'add_bias_linear', default: false },
    finalNorm: { key: 'post_layer_norm', default: true },
  },
  glm: {
    name: 'GLM',
    defaults: sizes(151552, 4096, 13696, 40, 32, 2, { head_dim: 128, max_position_embeddings: 131072 }),
    qkvBias: { key: 'attention_bias', default: true },
  },
  glm4: {
    name: 'GLM-4',
    defaults: sizes(151552, 4096, 13696, 40, 32, 2, { head_dim: 128, max_position_embeddings: 131072 }),
    qkvBias: { key: 'attention_bias', default: true },
    layerNorms: 4,
  },
  exaone: {
    ...llama,
    name: 'EXAONE 3',
    defaults: sizes(102400, 2048, null, 32, 32, null, { max_position_embeddings: 2048 }),
    keys: { num_hidden_layers: ['num_layers', 'num_hidden_layers'] },
    ffnRatio: 4,
    qkvBias: false,
    outputBias: false,
    ffnBias: false,
  },
  exaone4: {
    name: 'EXAONE 4',
    defaults: sizes(102400, 4096, 16384, 32, 32, 32, { sliding_window: 4096, max_position_embeddings: 2048 }),
    qkNorm: 'head',
    pattern: everyNth(4, 'sliding_window_pattern'),
  },
  nemotron: {
    name: 'Nemotron',
    defaults: sizes(256000, 6144, 24576, 32, 48, null, { max_position_embeddings: 4096 }),
    ...biases,
    ffnBias: { key: 'mlp_bias', default: false },
    ...classic,
  },
  minicpm,
  ernie4_5: {
    name: 'ERNIE 4.5',
    defaults: sizes(103424, 1024, 3072, 18, 16, 2, {
      ...tied,
      head_dim: 128,
      max_position_embeddings: 131072,
    }),
    qkvBias: { key: 'use_bias', default: false },
    outputBias: { key: 'use_bias', default: false },
    ffnBias: { key: 'use_bias', default: false },
  },
  hunyuan_v1_dense: {
    name: 'Hunyuan',
    defaults: sizes(290943, 4096, 11008, 32, 32, null, { max_position_embeddings: 2048 }),
    ...biases,
    qkNorm: 'head',
  },
  seed_oss: {
    name: 'Seed-OSS',
    defaults: sizes(155136, 4096, 27648, 64, 80, 8, { head_dim: 128, max_position_embeddings: 524288 }),
    qkvBias: { key: 'attention_bias', default: true },
    outputBias: { key: 'attention_out_bias', default: false },
    ffnBias: { key: 'mlp_bias', default: false },
  },
  arcee: {
    ...llama,
    name: 'Arcee',
    defaults: sizes(32000, 2560, 18432, 32, 32, null, { max_position_embeddings: 4096 }),
    ffnMatrices: 2,
  },
  apertus: {
    name: 'Apertus',
    defaults: sizes(131072, 4096, 14336, 32, 32, null, { max_position_embeddings: 65536 }),
    ...biases,
    qkNorm: 'head',
    ffnMatrices: 2,
    activationWeights: 2,
  },
  helium: {
    name: 'Helium',
    defaults: sizes(48000, 2560, 7040, 24, 20, 20, { head_dim: 128, max_position_embeddings: 4096 }),
    qkvBias: attentionBias,
    ffnBias: { key: 'mlp_bias', default: false },
  },
  bitnet: {
    name: 'BitNet',
    defaults: sizes(128256, 2560, 6912, 30, 20, 5, { max_position_embeddings: 2048 }),
    ...biases,
    innerNorms: true,
  },
};
