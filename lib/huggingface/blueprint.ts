import { refuse, show } from '../errors';
import { type Attention, readAttention, readLatentAttention } from './attention';
import { type Config, countOf, entry, isOn, sizeOf } from './config';
import { type Family, families } from './families';

/** A model as its config describes it, as far as its weights and its cache depend on it. */
export interface Blueprint {
  family: Family;
  depth: number;
  width: number;
  vocabulary: number;
  tied: boolean;
  attention: Attention;
  ffnMatrices: 2 | 3;
  ffnBias: boolean;
  /** Layers with a single FFN, and its hidden size. */
  dense: { layers: number; size: number };
  /** Layers with experts. */
  mixture: Experts;
  /** Weights in the norms of a layer, and in the last norm. */
  norms: { layer: number; last: number };
  /** Weights of embedding and LM head; learned positions; projections between embedding and layers. */
  embedding: { tables: number; positions: number; projections: number };
  /** Tokens that layers with a sliding window look back on; undefined where all see the whole context. */
  window: number | undefined;
}

/** The mixture of experts of a layer, and how many layers have it. */
export interface Experts {
  layers: number;
  experts: number;
  activeExperts: number;
  /** Hidden size of an expert. */
  size: number;
  /** Hidden size of the experts that every token uses, together; 0 where there are none. */
  sharedSize: number;
  /** A learned gate scales what the shared expert says. */
  sharedGate: boolean;
}

const NO_EXPERTS: Experts = {
  layers: 0,
  experts: 1,
  activeExperts: 1,
  size: 0,
  sharedSize: 0,
  sharedGate: false,
};

/** Reads a config of a known family; throws an `InputError` that names the key and the rule. */
export function readBlueprint(config: Config): Blueprint {
  const family = familyOf(config);
  const key = (usual: string) => family.keys?.[usual] ?? usual;
  const size = (usual: string) => sizeOf(config, key(usual), family.sizes?.[key(usual)]);
  const depth = size('num_hidden_layers');
  const width = size('hidden_size');
  const vocabulary = size('vocab_size');
  const tied = isOn(config, { key: 'tie_word_embeddings', default: family.tied });
  const mixture = readExperts(config, family, depth);
  const denseLayers = depth - mixture.layers;
  const ffnSize = () => sizeOf(config, key('intermediate_size'), family.ffnRatio && family.ffnRatio * width);
  const norm = isOn(config, family.normsHaveWeights ?? true) ? (family.normVectors ?? 1) * width : 0;
  const embeddingWidth = family.embeddingWidth ? sizeOf(config, family.embeddingWidth, width) : width;
  const positions =
    family.extraPositions === undefined ? 0 : size('max_position_embeddings') + family.extraPositions;
  return {
    family,
    depth,
    width,
    vocabulary,
    tied,
    attention: family.latent ? readLatentAttention(config, width) : readAttention(config, family, width),
    ffnMatrices: family.ffnMatrices ?? 3,
    ffnBias: isOn(config, family.ffnBias),
    dense: { layers: denseLayers, size: denseLayers === 0 ? 0 : ffnSize() },
    mixture,
    norms: {
      layer: (family.layerNorms ?? 2) * norm,
      last: isOn(config, family.finalNorm ?? true) ? norm : 0,
    },
    embedding: {
      tables: (tied ? 1 : 2) * vocabulary * embeddingWidth + (isOn(config, family.headBias) ? vocabulary : 0),
      positions: positions * width,
      projections: embeddingWidth === width ? 0 : 2 * embeddingWidth * width,
    },
    window: readWindow(config, family),
  };
}

function familyOf(config: Config): Family {
  const known = `known: ${['gemma3', ...families.keys()].sort().join(', ')}`;
  const type = entry(config, 'model_type') ?? refuse(`config lacks "model_type"; ${known}`);
  if (isOn(config, { key: 'is_encoder_decoder', default: false }))
    refuse(`model_type ${show(type)} has an encoder; only decoder-only models are read; ${known}`);
  return families.get(type as string) ?? refuse(`unknown model_type ${show(type)}; ${known}`);
}

function readExperts(config: Config, { mixture }: Family, depth: number): Experts {
  if (mixture === undefined) return NO_EXPERTS;
  const layers = mixtureLayers(config, mixture.layers, depth);
  if (layers === 0) return NO_EXPERTS;
  const expertsKey = mixture.experts.find((name) => entry(config, name) !== undefined) ?? mixture.experts[0];
  const experts = sizeOf(config, expertsKey);
  const activeExperts = sizeOf(config, 'num_experts_per_tok');
  if (activeExperts > experts)
    refuse(`num_experts_per_tok ${activeExperts} exceeds ${expertsKey} ${experts}`);
  const size = sizeOf(config, mixture.size);
  const { shared } = mixture;
  const sharedSize =
    shared === undefined
      ? 0
      : 'size' in shared
        ? sizeOf(config, shared.size)
        : size * countOf(config, shared.count, config[shared.count] === null ? 0 : undefined);
  return {
    layers,
    experts,
    activeExperts,
    size,
    sharedSize,
    sharedGate: shared !== undefined && 'size' in shared,
  };
}

/** How many of the layers are mixtures. */
function mixtureLayers(config: Config, rule: 'step' | 'afterFirst' | undefined, depth: number): number {
  if (rule === undefined) return depth;
  if (rule === 'afterFirst') {
    if (sizeOf(config, 'moe_layer_freq', 1) !== 1)
      refuse(`moe_layer_freq ${show(config.moe_layer_freq)} is not 1, the only one that is read`);
    return Math.max(0, depth - countOf(config, 'first_k_dense_replace', 0));
  }
  const step = sizeOf(config, 'decoder_sparse_step', 1);
  const dense = entry(config, 'mlp_only_layers') ?? [];
  if (!Array.isArray(dense) || !dense.every((layer) => Number.isInteger(layer) && layer >= 0))
    refuse(`mlp_only_layers ${show(dense)} is not a list of layers`);
  const isMixture = (layer: number) => layer < depth && (layer + 1) % step === 0;
  return Math.floor(depth / step) - new Set((dense as number[]).filter(isMixture)).size;
}

/** The sliding window, where there is one that is shorter than the longest context. */
function readWindow(config: Config, family: Family): number | undefined {
  if (family.window === 'flag' && !isOn(config, { key: 'use_sliding_window', default: false }))
    return undefined;
  const types = entry(config, 'layer_types');
  if (Array.isArray(types) && !types.includes('sliding_attention')) return undefined;
  // null switches the window off; an absent key means the default of the class.
  const fallback = config.sliding_window === null || family.window === 'flag' ? undefined : family.window;
  if (entry(config, 'sliding_window') === undefined && fallback === undefined) return undefined;
  const window = sizeOf(config, 'sliding_window', fallback);
  const longest = entry(config, 'max_position_embeddings');
  return typeof longest === 'number' && longest <= window ? undefined : window;
}
