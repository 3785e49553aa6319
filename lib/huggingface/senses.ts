import { show } from '../errors';
import { countParameters, type LayeredModel } from '../layers';
import { asConfig, type Config, countOf, entry, type Facts, isOn, lookUp, sizeOf } from './config';
import { type Tower, towers } from './families/towers';
import { readModel } from './model';
import type { Parts } from './wrappers';

/** What a model sees and hears with, beside its text part. */
export interface Senses {
  /** Encoders as layer groups without a cache, where their keys are there. */
  vision?: LayeredModel;
  audio?: LayeredModel;
  /** Weights of what leads from encoders to the text part. */
  projector?: number;
  /** What could not be read, one sentence each. */
  warnings: string[];
}

/** Where wrappers describe their encoders. */
const VISION_KEYS = ['vision_config', 'vision_cfg'];
const AUDIO_KEYS = ['audio_config'];
/** How models of their own repositories say that they see or hear: Phi-3-Vision, Qwen-VL, the first LLaVA, and others. */
const OTHER_KEYS = [
  ...['img_processor', 'audio_processor', 'embd_layer', 'visual', 'visual_config', 'vision_tower'],
  ...['mm_vision_tower', 'mm_projector_type', 'speech_config', 'speech_encoder', 'sam_vision_config'],
];

/** Encoders that a wrapper takes where its config does not name them. */
const IMPLIED: Readonly<Record<string, string>> = {
  gemma3: 'siglip_vision_model',
  gemma4: 'gemma4_vision',
  idefics3: 'idefics3_vision',
  internvl: 'internvl_vision',
  internvl_chat: 'intern_vit_6b',
  lfm2_vl: 'siglip2_vision_model',
  llama4: 'llama4_vision_model',
  llava: 'clip_vision_model',
  llava_next: 'clip_vision_model',
  mistral3: 'pixtral',
  ministral3: 'pixtral',
  paligemma: 'siglip_vision_model',
  pixtral: 'pixtral',
  qwen2_vl: 'qwen2_vl_vision',
  qwen2_5_vl: 'qwen2_5_vl_vision',
  qwen3_vl: 'qwen3_vl_vision',
  qwen3_vl_moe: 'qwen3_vl_vision',
  qwen3_5: 'qwen3_vl_vision',
  qwen3_5_moe: 'qwen3_vl_vision',
  smolvlm: 'smolvlm_vision',
  voxtral: 'voxtral_encoder',
  qwen2_audio: 'qwen2_audio_encoder',
};

/** Reads the encoders and the projector of a wrapper around a text part `width` wide. */
export function readSenses({ text, wrapper }: Parts, width: number): Senses {
  const senses: Senses = { warnings: [] };
  if (wrapper === undefined) {
    const key = [...VISION_KEYS, ...AUDIO_KEYS, ...OTHER_KEYS].find(
      (name) => entry(text, name) !== undefined,
    );
    if (key !== undefined)
      senses.warnings.push(`what sees or hears (${show(key)}) is not read: it is missing from the counts`);
    return senses;
  }
  const { config, type, name } = wrapper;
  const vision = VISION_KEYS.find((key) => entry(config, key) !== undefined);
  const audio = AUDIO_KEYS.find((key) => entry(config, key) !== undefined);
  const read = (key: string | undefined, sense: 'vision' | 'audio') => {
    if (key === undefined) return undefined;
    const of = asConfig(config[key], key);
    const facts = towerFacts(of, type);
    if (facts === undefined) {
      senses.warnings.push(
        `what ${sense === 'vision' ? 'sees' : 'hears'} (${show(entry(of, 'model_type') ?? key)}) is not read: it is missing from the counts`,
      );
      return undefined;
    }
    senses[sense] = readTower(facts);
    return facts;
  };
  const sees = read(vision, 'vision');
  const hears = read(audio, 'audio');
  const projector = (sees ?? hears) && projectorOf(type, config, (sees ?? hears)!, width);
  if (projector !== undefined) senses.projector = projector;
  else if (sees ?? hears)
    senses.warnings.push(`the projector of ${name} is not read: it is missing from the counts`);
  if (vision === undefined && audio === undefined)
    senses.warnings.push(
      `only the text part of ${name} is read: the config does not describe what sees or hears`,
    );
  return senses;
}

interface TowerFacts extends Facts {
  family: Tower;
}

function towerFacts(config: Config, wrapper: string): TowerFacts | undefined {
  const type = entry(config, 'model_type');
  const implied = Object.hasOwn(IMPLIED, wrapper) ? IMPLIED[wrapper] : undefined;
  const named = typeof type === 'string' && Object.hasOwn(towers, type) ? type : undefined;
  // Older configs name their encoder after the whole model.
  const isOfWrapper = type === undefined || type === wrapper || type === `${wrapper}_vision`;
  const key = named ?? (isOfWrapper ? implied : undefined);
  if (key === undefined) return undefined;
  return { config, family: towers[key], leftOut: new Map() };
}

/** An encoder as layer groups that see everything and cache nothing. */
function readTower(facts: TowerFacts): LayeredModel {
  const { family } = facts;
  const square = (key: string, fallback: number) => {
    const value = lookUp(facts, key);
    const one = Array.isArray(value) ? { ...facts, config: { ...facts.config, [key]: value[0] } } : facts;
    return sizeOf(one, key, fallback);
  };
  const text = {
    tie_word_embeddings: true,
    vocab_size: 1,
    sliding_window: null,
    max_position_embeddings: null,
  };
  const { width, groups } = readModel({ ...facts, config: { ...facts.config, ...text } });
  const norm = (family.normVectors ?? 1) * width;
  const isSound = family.input === 'sound';
  const patch = isSound ? 0 : square('patch_size', 14);
  const channels = isSound ? sizeOf(facts, 'num_mel_bins', 128) : sizeOf(facts, 'num_channels', 3);
  // Two convolutions of three taps, or one projection of the numbers of a patch.
  const input = isSound
    ? 3 * width * (channels + width) + 2 * width
    : width * (channels * patch ** 2 * sizeOf(facts, 'temporal_patch_size', 1) + (family.inputBias ? 1 : 0));
  const classToken = family.classToken ? 1 : 0;
  const grid = () => Math.floor(square('image_size', 224) / patch) ** 2;
  const places =
    family.places === undefined
      ? 0
      : family.places === 'grid'
        ? grid() + classToken
        : sizeOf(facts, family.places.key) * (family.places.times ?? 1);
  const isPooled = family.pooling === true && isOn(facts, { key: 'vision_use_head', default: true });
  const hidden = groups[0].ffn.kind === 'dense' ? groups[0].ffn.size : 0;
  const pooling = isPooled ? 4 * width ** 2 + 2 * width * hidden + 8 * width + hidden : 0;
  const norms = (family.firstNorm ? norm : 0) + (family.lastNorm ? norm : 0);
  const extra = (family.layerScale ? 2 * width : 0) - (family.keyBias === false ? width : 0);
  return {
    width,
    groups: groups.map((group) => ({
      ...group,
      attention:
        group.attention.kind === 'full' ? { ...group.attention, cache: 'none' as const } : group.attention,
      other: group.other + extra,
    })),
    vocabulary: 0,
    lookups: (places + classToken) * width,
    once: input + pooling + norms,
  };
}

/** Weights of what leads from an encoder to a text part `width` wide; undefined where the wrapper's is not known. */
function projectorOf(type: string, config: Config, tower: TowerFacts, width: number): number | undefined {
  const seen = sizeOf(tower, 'hidden_size');
  const outer: Facts = { config, family: { name: type, defaults: {} }, leftOut: new Map() };
  const linear = (inputs: number, outputs: number, bias = true) => inputs * outputs + (bias ? outputs : 0);
  const size = (key: string, fallback: number) => sizeOf(outer, key, fallback);
  const on = (key: string, otherwise: boolean) => isOn(outer, { key, default: otherwise });
  const merge = sizeOf(tower, 'spatial_merge_size', 2) ** 2 * seen;
  const merger = (norm: number, out: number) => norm + linear(merge, merge) + linear(merge, out);
  switch (type) {
    case 'llava':
    case 'llava_next':
    case 'llava_onevision':
    case 'vipllava':
      return (
        linear(seen, width, on('multimodal_projector_bias', true)) +
        linear(width, width, on('multimodal_projector_bias', true)) +
        (type === 'llava' || type === 'vipllava' ? 0 : width)
      );
    case 'internvl':
    case 'internvl_chat':
      return 2 * 4 * seen + linear(4 * seen, width) + linear(width, width);
    case 'qwen2_vl':
      return merger(2 * seen, sizeOf(withOwn(tower, 'hidden_size'), 'hidden_size', 3584));
    case 'qwen2_5_vl':
      return merger(seen, sizeOf(tower, 'out_hidden_size', 3584));
    case 'qwen3_vl':
    case 'qwen3_vl_moe':
    case 'qwen3_5':
    case 'qwen3_5_moe': {
      const out = sizeOf(tower, 'out_hidden_size', 3584);
      const given = entry(tower.config, 'deepstack_visual_indexes');
      const usual = type.startsWith('qwen3_vl') ? 3 : 0;
      const deep = type.startsWith('qwen3_5') ? 0 : Array.isArray(given) ? given.length : usual;
      return merger(2 * seen, out) + deep * merger(2 * merge, out);
    }
    case 'idefics3':
    case 'smolvlm':
      return linear(seen * size('scale_factor', 2) ** 2, width, false);
    case 'paligemma':
      return linear(seen, width);
    case 'gemma3':
      return linear(seen, width, false) + seen;
    case 'gemma4':
      return linear(seen, width, false);
    case 'ministral3':
    case 'mistral3': {
      const bias = on('multimodal_projector_bias', false);
      const patches = size('spatial_merge_size', 2) ** 2;
      return (
        seen + linear(seen * patches, seen, false) + linear(seen, width, bias) + linear(width, width, bias)
      );
    }
    case 'llama4': {
      const [inner, out] = [
        sizeOf(tower, 'projector_input_dim', 4096),
        sizeOf(tower, 'projector_output_dim', 4096),
      ];
      const given = sizeOf(tower, 'vision_output_dim', 7680);
      return (
        linear(sizeOf(tower, 'intermediate_size'), inner, false) +
        linear(out, out, false) +
        linear(given, width, false)
      );
    }
    case 'lfm2_vl': {
      const [inputs, hidden] = [
        seen * size('downsample_factor', 2) ** 2,
        size('projector_hidden_size', 2560),
      ];
      const bias = on('projector_bias', true);
      const norm = on('projector_use_layernorm', true) ? 2 * inputs : 0;
      return norm + linear(inputs, hidden, bias) + linear(hidden, width, bias);
    }
    case 'voxtral':
      return linear(sizeOf(tower, 'intermediate_size'), width, false) + linear(width, width, false);
    case 'qwen2_audio':
      return linear(seen, width);
    case 'aya_vision': {
      const inputs = seen * size('downsample_factor', 2) ** 2;
      const hidden = size('alignment_intermediate_size', 28672);
      return 2 * inputs + linear(inputs, hidden) + linear(hidden / 2, width);
    }
    case 'eagle_2_5_vl':
    case 'eagle_3_vl': {
      const isShuffled = on('use_pixel_shuffle', true);
      const inputs = isShuffled ? 4 * seen : seen;
      const layers = countOf(outer, 'mlp_connector_layers', 2);
      return layers === 1 ? linear(inputs, width) : 2 * inputs + linear(inputs, width) + linear(width, width);
    }
    default:
      return undefined;
  }
}

/** The same facts with a key meaning itself, not what the family says with it. */
function withOwn(facts: Facts, key: string): Facts {
  return {
    ...facts,
    family: { ...facts.family, keys: { ...facts.family.keys, [key]: [key] }, defaults: {} },
  };
}

/** Weights of an encoder. */
export function towerWeights(tower: LayeredModel): number {
  return countParameters(tower).total;
}
