import { refuse, show } from '../errors';
import { asConfig, type Config, entry } from './config';

/** A model that wraps a text model: what its class takes where the config is silent. */
export interface Wrapper {
  name: string;
  /** `model_type` of the text part, where that does not say it. */
  text: string;
  /** What an absent `tie_word_embeddings` means, where the class has an opinion of its own. */
  tied?: boolean;
  /** What other absent keys of the text part mean, where that is not what its own class takes. */
  defaults?: Readonly<Config>;
}

const wrap = (name: string, text: string, tied?: boolean): Wrapper => ({ name, text, tied });

/** Wrappers by `model_type`; facts from transformers 5.18.0 and the models' own repositories. */
const wrappers: Readonly<Record<string, Wrapper>> = {
  aya_vision: wrap('Aya Vision', 'cohere2', true),
  cohere2_vision: wrap('Command A Vision', 'cohere2', true),
  deepseek_vl_v2: wrap('DeepSeek-VL2', 'deepseek_v2'),
  gemma3: wrap('Gemma 3', 'gemma3_text', true),
  gemma3n: wrap('Gemma 3n', 'gemma3n_text', true),
  gemma4: wrap('Gemma 4', 'gemma4_text', true),
  glm4v: wrap('GLM-4V', 'glm4', false),
  glm4v_moe: wrap('GLM-4.5V', 'glm4v_moe_text', false),
  got_ocr2: wrap('GOT-OCR2', 'qwen2', true),
  idefics3: wrap('Idefics3', 'llama', false),
  internvl: wrap('InternVL', 'qwen2', true),
  internvl_chat: wrap('InternVL', 'qwen2'),
  kimi_vl: wrap('Kimi-VL', 'deepseek_v3'),
  kimi_k25: wrap('Kimi-K2.5', 'deepseek_v3', true),
  lfm2_vl: wrap('LFM2-VL', 'lfm2', true),
  llama4: wrap('Llama 4', 'llama4_text', false),
  llava: wrap('LLaVA', 'llama', false),
  llava_next: wrap('LLaVA-NeXT', 'llama', false),
  llava_next_video: wrap('LLaVA-NeXT-Video', 'llama', false),
  llava_onevision: wrap('LLaVA-OneVision', 'qwen2', false),
  mistral3: wrap('Mistral 3', 'mistral', true),
  ovis2: wrap('Ovis2', 'qwen2', true),
  paligemma: wrap('PaliGemma', 'gemma', true),
  pixtral: wrap('Pixtral', 'mistral'),
  qwen2_audio: wrap('Qwen2-Audio', 'qwen2'),
  qwen2_vl: wrap('Qwen2-VL', 'qwen2_vl_text', false),
  qwen2_5_vl: wrap('Qwen2.5-VL', 'qwen2_5_vl_text', false),
  qwen3_vl: wrap('Qwen3-VL', 'qwen3_vl_text', false),
  qwen3_vl_moe: wrap('Qwen3-VL-MoE', 'qwen3_vl_moe_text', false),
  qwen3_5: wrap('Qwen3.5', 'qwen3_5_text', false),
  qwen3_5_moe: wrap('Qwen3.5-MoE', 'qwen3_5_moe_text', false),
  smolvlm: wrap('SmolVLM', 'llama', false),
  vipllava: wrap('ViP-LLaVA', 'llama', false),
  voxtral: {
    ...wrap('Voxtral', 'llama'),
    defaults: {
      vocab_size: 131072,
      hidden_size: 3072,
      intermediate_size: 8192,
      num_hidden_layers: 30,
      num_key_value_heads: 8,
      head_dim: 128,
      max_position_embeddings: 131072,
    },
  },
};

/** Where wrappers keep their text part. */
const TEXT_KEYS = ['text_config', 'llm_config', 'language_config', 'text_cfg', 'llm_cfg', 'thinker_config'];

/** A config taken apart: its text part, and the wrapper around it if there is one. */
export interface Parts {
  text: Config;
  wrapper?: { config: Config; type: string; name: string };
}

/**
 * Finds the text part of a config: the whole of it, or what a wrapper keeps under one of its keys. Ties of the
 * wrapper go before those of the text part, and an absent `model_type` is what the wrapper takes.
 */
export function takeApart(config: Config): Parts {
  const type = entry(config, 'model_type');
  const known = typeof type === 'string' && Object.hasOwn(wrappers, type) ? wrappers[type] : undefined;
  const key = TEXT_KEYS.find((name) => entry(config, name) !== undefined);
  if (key === undefined) {
    if (known === undefined) return { text: config };
    // Older configs hold the sizes of the text part beside what they say of the rest.
    if (entry(config, 'hidden_size') === undefined && entry(config, 'num_hidden_layers') === undefined)
      refuse(`config lacks "text_config"`);
    const { vision_config: _, ...text } = config;
    return {
      text: withTies({ ...text, model_type: known.text }, config, known),
      wrapper: { config, type: type as string, name: known.name },
    };
  }
  const inner = asConfig(config[key], key);
  // Models that also speak keep what thinks under a key of its own.
  if (key === 'thinker_config') return takeApart({ model_type: type, ...inner });
  const text = {
    ...known?.defaults,
    ...inner,
    model_type: entry(inner, 'model_type') ?? known?.text ?? type,
  };
  const name = known?.name ?? (typeof type === 'string' ? type : show(type));
  return {
    text: withTies(text, config, known),
    wrapper: { config, type: typeof type === 'string' ? type : '', name },
  };
}

/** Ties as `transformers` 5 reads them: the outer key first, then the inner one, then the class of the wrapper. */
function withTies(text: Config, outer: Config, wrapper: Wrapper | undefined): Config {
  const key = 'tie_word_embeddings';
  const tied = entry(outer, key) ?? entry(text, key) ?? entry(text, 'tie_embedding') ?? wrapper?.tied;
  if (tied === undefined) return text;
  const { tie_embedding: _, ...rest } = text;
  return { ...rest, [key]: tied };
}
