import { attentionBias, type Family, type Pattern, sizes, tied } from './family';
import { mixtureFamilies } from './mixtures';
import { plainFamilies, qwen3 } from './plain';

const biases = { qkvBias: attentionBias, outputBias: attentionBias };
/** States but for every fourth layer. */
const everyFourth: Pattern = { every: 4, keys: ['full_attention_interval'], at: 'full', others: 'linear' };
const deltaNet = {
  linear_num_key_heads: 16,
  linear_num_value_heads: 32,
  linear_key_head_dim: 128,
  linear_value_head_dim: 128,
  linear_conv_kernel_dim: 4,
};
const qwen3Next: Family = {
  ...qwen3,
  name: 'Qwen3-Next',
  defaults: sizes(151936, 2048, 5632, 48, 16, 2, {
    ...deltaNet,
    head_dim: 256,
    moe_intermediate_size: 512,
    shared_expert_intermediate_size: 512,
    num_experts: 512,
    num_experts_per_tok: 10,
    max_position_embeddings: 32768,
  }),
  window: undefined,
  gated: true,
  state: 'deltaNet',
  pattern: everyFourth,
  mixture: mixtureFamilies.qwen2_moe.mixture,
};
const qwen35: Family = {
  ...qwen3Next,
  name: 'Qwen3.5',
  defaults: sizes(248320, 4096, 12288, 32, 16, 4, {
    ...deltaNet,
    head_dim: 256,
    max_position_embeddings: 32768,
  }),
  mixture: undefined,
};
const lfm2: Family = {
  name: 'LFM2',
  defaults: sizes(65536, 2560, 12288, 32, 32, 8, {
    ...tied,
    block_auto_adjust_ff_dim: true,
    block_ffn_dim_multiplier: 1,
    block_multiple_of: 256,
    conv_L_cache: 3,
    max_position_embeddings: 128000,
  }),
  keys: {
    intermediate_size: ['block_ff_dim', 'intermediate_size'],
    tie_word_embeddings: ['tie_embedding', 'tie_word_embeddings'],
  },
  qkNorm: 'head',
  ffnAdjusted: true,
};
const mamba2Sizes = {
  mamba_n_heads: 128,
  mamba_d_head: 64,
  mamba_d_state: 256,
  mamba_n_groups: 1,
  mamba_d_conv: 4,
  mamba_expand: 2,
};

/** Decoders some of whose layers keep a state instead of a cache, by `model_type`. */
export const hybridFamilies: Readonly<Record<string, Family>> = {
  qwen3_next: qwen3Next,
  qwen3_5_text: qwen35,
  qwen3_5_moe_text: {
    ...qwen35,
    name: 'Qwen3.5-MoE',
    defaults: sizes(248320, 2048, null, 40, 16, 2, {
      ...deltaNet,
      head_dim: 256,
      moe_intermediate_size: 512,
      shared_expert_intermediate_size: 512,
      num_experts: 256,
      num_experts_per_tok: 8,
      max_position_embeddings: 32768,
    }),
    mixture: qwen3Next.mixture,
  },
  lfm2,
  lfm2_moe: {
    ...lfm2,
    name: 'LFM2-MoE',
    defaults: sizes(65536, 2048, 7168, 32, 32, 8, {
      ...tied,
      moe_intermediate_size: 1792,
      num_dense_layers: 2,
      num_experts: 32,
      num_experts_per_tok: 4,
      conv_L_cache: 3,
      max_position_embeddings: 128000,
    }),
    keys: { tie_word_embeddings: ['tie_embedding', 'tie_word_embeddings'] },
    ffnAdjusted: undefined,
    mixture: { size: 'moe_intermediate_size', layers: 'afterDense' },
  },
  granitemoehybrid: {
    ...mixtureFamilies.granitemoeshared,
    name: 'Granite 4',
    defaults: {
      ...mixtureFamilies.granitemoe.defaults,
      ...mamba2Sizes,
      shared_intermediate_size: 1024,
    },
    state: 'mamba2',
    pattern: { every: 1, at: 'linear', others: 'linear' },
  },
  bamba: {
    ...plainFamilies.llama,
    name: 'Bamba',
    defaults: sizes(128000, 4096, 14336, 32, 32, 8, { ...mamba2Sizes, max_position_embeddings: 262144 }),
    state: 'mamba2',
    pattern: { every: 1, at: 'linear', others: 'linear' },
  },
  falcon_h1: {
    name: 'Falcon-H1',
    defaults: sizes(128000, 4096, 14336, 32, 32, 8, {
      ...mamba2Sizes,
      mamba_d_head: 8,
      mamba_norm: false,
      mamba_out_bias: false,
      max_position_embeddings: 8192,
    }),
    keys: { mamba_norm: 'mamba_rms_norm', mamba_out_bias: 'projectors_bias' },
    ...biases,
    ffnBias: { key: 'mlp_bias', default: false },
    state: 'mamba2',
    pattern: { every: 1, at: 'hybrid', others: 'hybrid' },
  },
  nemotron_h: {
    name: 'Nemotron-H',
    defaults: sizes(131072, 4096, 21504, 4, 32, 8, {
      head_dim: 128,
      hybrid_override_pattern: 'ME*-',
      mamba_num_heads: 128,
      mamba_head_dim: 64,
      ssm_state_size: 128,
      n_groups: 8,
      conv_kernel: 4,
      n_routed_experts: 8,
      n_shared_experts: 1,
      num_experts_per_tok: 2,
      moe_intermediate_size: 7688,
      moe_shared_expert_intermediate_size: 7688,
      max_position_embeddings: 4096,
    }),
    keys: { mamba_proj_bias: ['use_bias'] },
    ffnBias: { key: 'mlp_bias', default: false },
    ffnMatrices: 2,
    state: 'mamba2',
    single: true,
    mixture: { size: 'moe_intermediate_size', shared: { size: 'moe_shared_expert_intermediate_size' } },
  },
  mamba2: {
    name: 'Mamba 2',
    defaults: sizes(32768, 4096, null, 64, 1, null, {
      num_heads: 128,
      head_dim: 64,
      state_size: 128,
      n_groups: 8,
      conv_kernel: 4,
    }),
    keys: {
      mamba_n_heads: 'num_heads',
      mamba_d_head: 'head_dim',
      mamba_d_state: 'state_size',
      mamba_proj_bias: 'use_bias',
    },
    state: 'mamba2',
    single: true,
    pattern: { every: 1, at: 'linear', others: 'linear' },
  },
  mamba: {
    name: 'Mamba',
    defaults: sizes(50280, 768, null, 32, 1, null, { ...tied, state_size: 16, expand: 2, conv_kernel: 4 }),
    keys: { mamba_d_state: 'state_size', mamba_proj_bias: 'use_bias', mamba_dt_rank: 'time_step_rank' },
    state: 'mamba',
    single: true,
    pattern: { every: 1, at: 'linear', others: 'linear' },
  },
  jamba: {
    name: 'Jamba',
    defaults: sizes(65536, 4096, 14336, 32, 32, 8, {
      num_experts: 16,
      num_experts_per_tok: 2,
      expert_layer_period: 2,
      expert_layer_offset: 1,
      mamba_d_state: 16,
      mamba_d_conv: 4,
      mamba_expand: 2,
      mamba_inner_norms: true,
      max_position_embeddings: 262144,
    }),
    state: 'mamba',
    pattern: {
      every: 8,
      keys: ['attn_layer_period'],
      offset: { key: 'attn_layer_offset', default: 4 },
      at: 'full',
      others: 'linear',
    },
    mixture: { size: 'intermediate_size', layers: 'period' },
  },
  minimax: {
    name: 'MiniMax',
    defaults: sizes(32000, 4096, 14336, 32, 32, 8, {
      num_local_experts: 8,
      num_experts_per_tok: 2,
      max_position_embeddings: 131072,
    }),
    state: 'lightning',
    pattern: { every: 2, at: 'linear', others: 'full' },
    mixture: { size: 'intermediate_size' },
  },
};
