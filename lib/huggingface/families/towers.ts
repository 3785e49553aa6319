import { type Family, sizes } from './family';

/** An encoder of pictures or sounds: layers as of a text model, and what comes before and after them. */
export interface Tower extends Family {
  /** Numbers of a patch per channel times 3, as the square of `patch_size`, times frames; or a convolution of sound. */
  input: 'patches' | 'sound';
  inputBias?: true;
  /** Learned positions: one per patch of the picture, from a key, or none (rotary). */
  places?: 'grid' | { key: string; times?: number };
  /** A token for the whole picture, which has a position too. */
  classToken?: true;
  /** Norms before the first and after the last layer. */
  firstNorm?: true;
  lastNorm?: true;
  /** Keys have no bias though queries and values do. */
  keyBias?: false;
  /** Two vectors that scale what a layer adds. */
  layerScale?: true;
  /** A head that pools by attention, unless a key switches it off. */
  pooling?: true;
}

const base = (
  hidden_size: number,
  intermediate_size: number | null,
  num_hidden_layers: number,
  num_attention_heads: number,
  more: Record<string, unknown> = {},
) => sizes(1, hidden_size, intermediate_size, num_hidden_layers, num_attention_heads, null, more);

/** LayerNorm, biases everywhere, an FFN of two matrices: the plain vision transformer. */
const plain = {
  multiHead: true,
  qkvBias: true,
  outputBias: true,
  ffnBias: true,
  normVectors: 2,
  ffnMatrices: 2,
} as const;

const siglip: Tower = {
  name: 'SigLIP',
  defaults: base(768, 3072, 12, 12, { image_size: 224, patch_size: 16 }),
  ...plain,
  input: 'patches',
  inputBias: true,
  places: 'grid',
  lastNorm: true,
  pooling: true,
};
const qwen2: Tower = {
  name: 'Qwen2-VL vision',
  defaults: base(1280, null, 32, 16, { patch_size: 14, temporal_patch_size: 2 }),
  keys: { hidden_size: ['embed_dim'], num_hidden_layers: 'depth', num_attention_heads: 'num_heads' },
  ffnRatio: 4,
  ...plain,
  input: 'patches',
};
const qwen3: Tower = {
  ...qwen2,
  name: 'Qwen3-VL vision',
  defaults: base(1152, 4304, 27, 16, {
    patch_size: 16,
    temporal_patch_size: 2,
    num_position_embeddings: 2304,
  }),
  keys: { num_hidden_layers: 'depth', num_attention_heads: 'num_heads' },
  inputBias: true,
  places: { key: 'num_position_embeddings' },
};
const internvl: Tower = {
  name: 'InternViT',
  // Biases and norms as in the encoder of 300 million, which all but the largest InternVL have.
  defaults: base(1024, 4096, 24, 16, { image_size: 448, patch_size: 14 }),
  ...plain,
  qkvBias: { key: 'qkv_bias', default: true },
  qkNorm: 'whole',
  qkNormOn: { key: 'qk_normalization', default: false },
  input: 'patches',
  inputBias: true,
  places: 'grid',
  classToken: true,
  layerScale: true,
};
const whisper: Tower = {
  name: 'Whisper encoder',
  defaults: base(1280, 5120, 32, 20, { num_mel_bins: 128, max_source_positions: 1500 }),
  ...plain,
  keyBias: false,
  input: 'sound',
  places: { key: 'max_source_positions' },
  lastNorm: true,
};

/** Encoders by their `model_type`. */
export const towers: Readonly<Record<string, Tower>> = {
  clip_vision_model: {
    ...siglip,
    name: 'CLIP',
    defaults: base(768, 3072, 12, 12, { image_size: 224, patch_size: 32 }),
    inputBias: undefined,
    classToken: true,
    firstNorm: true,
    pooling: undefined,
  },
  siglip_vision_model: siglip,
  siglip2_vision_model: {
    ...siglip,
    name: 'SigLIP 2',
    defaults: base(768, 3072, 12, 12, { num_patches: 256, patch_size: 16 }),
    places: { key: 'num_patches' },
  },
  idefics3_vision: {
    ...siglip,
    name: 'Idefics3 vision',
    defaults: base(1152, 3072, 12, 16, { image_size: 224, patch_size: 32 }),
    pooling: undefined,
  },
  smolvlm_vision: {
    ...siglip,
    name: 'SmolVLM vision',
    defaults: base(1152, 3072, 12, 16, { image_size: 224, patch_size: 32 }),
    pooling: undefined,
  },
  intern_vit_6b: internvl,
  internvl_vision: {
    ...internvl,
    qkvBias: { key: 'attention_bias', default: false },
    qkNormOn: { key: 'use_qk_norm', default: false },
  },
  pixtral: {
    name: 'Pixtral vision',
    defaults: base(1024, 4096, 24, 16, { patch_size: 16 }),
    multiHead: true,
    input: 'patches',
    firstNorm: true,
  },
  qwen2_vl_vision: qwen2,
  qwen2_5_vl_vision: {
    ...qwen2,
    name: 'Qwen2.5-VL vision',
    defaults: base(3584, 3420, 32, 16, { patch_size: 14, temporal_patch_size: 2 }),
    keys: { num_hidden_layers: 'depth', num_attention_heads: 'num_heads' },
    normVectors: 1,
    ffnMatrices: 3,
  },
  qwen3_vl_vision: qwen3,
  llama4_vision_model: {
    name: 'Llama 4 vision',
    defaults: base(768, 5632, 34, 16, { image_size: 448, patch_size: 14 }),
    ...plain,
    input: 'patches',
    places: 'grid',
    classToken: true,
    firstNorm: true,
    lastNorm: true,
  },
  gemma4_vision: {
    name: 'Gemma 4 vision',
    defaults: base(768, 3072, 16, 12, { head_dim: 64, patch_size: 16, position_embedding_size: 10240 }),
    layerNorms: 4,
    qkNorm: 'head',
    input: 'patches',
    places: { key: 'position_embedding_size', times: 2 },
  },
  voxtral_encoder: whisper,
  qwen2_audio_encoder: {
    ...whisper,
    keys: {
      hidden_size: 'd_model',
      intermediate_size: 'encoder_ffn_dim',
      num_hidden_layers: 'encoder_layers',
      num_attention_heads: 'encoder_attention_heads',
    },
  },
};
