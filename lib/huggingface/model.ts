import { positiveInteger, refuse, show } from '../errors';
import type { Ffn, LayeredModel, LayerGroup } from '../layers';
import { type AttentionFacts, readAttention, sharedLayers } from './attention';
import { countOf, type Facts, isOn, lookUp, nameOf, notTooLarge, ruleOf, sizeOf } from './config';
import type { LayerKind } from './families/family';
import { readKinds } from './kinds';

/** A text model as its config and its family describe it. */
export interface TextModel extends LayeredModel {
  tied: boolean;
  /** Layers, also where one of them is two groups. */
  depth: number;
}

/** Reads the layer groups of a config; throws an `InputError` that names the key and the rule. */
export function readModel(facts: Facts): TextModel {
  const { family } = facts;
  const width = sizeOf(facts, 'hidden_size');
  const vocabulary = sizeOf(facts, 'vocab_size');
  const tied = isOn(facts, { key: 'tie_word_embeddings', default: false });
  const embeddingWidth = family.embeddingWidth ? sizeOf(facts, family.embeddingWidth, width) : width;
  const norm = normWeights(facts, width);
  const { kinds, mixtures } = readKinds(facts);
  const groups = readGroups(facts, width, kinds, mixtures);
  const positions = positionsOf(facts);
  const learned = family.extraPositions === undefined ? 0 : (positions ?? 0) + family.extraPositions;
  const perLayer = perLayerTables(facts, width, kinds.length);
  const headBias = isOn(facts, family.headBias) ? vocabulary : 0;
  const lastNorm = isOn(facts, family.finalNorm ?? true) ? norm : 0;
  const projections = embeddingWidth === width ? 0 : 2 * embeddingWidth * width;
  return {
    width,
    groups,
    vocabulary,
    ...(embeddingWidth === width ? {} : { headWidth: embeddingWidth }),
    lookups: (tied ? 0 : vocabulary * embeddingWidth) + learned * width + perLayer.table,
    once: headBias + lastNorm + projections + perLayer.once + (family.embeddingNorm ? norm : 0),
    ...(positions === undefined ? {} : { positions }),
    tied,
    depth: kinds.length,
  };
}

/** The longest context that the config names. */
function positionsOf(facts: Facts): number | undefined {
  const value = lookUp(facts, 'max_position_embeddings');
  if (value === undefined || value === null) return undefined;
  const key = nameOf(facts, 'max_position_embeddings');
  return notTooLarge(positiveInteger(value, key), key, 1e9);
}

/** Weights of one norm as wide as the model. */
function normWeights(facts: Facts, width: number): number {
  const { normsHaveWeights = true, normVectors = 1 } = facts.family;
  return isOn(facts, normsHaveWeights) ? normVectors * width : 0;
}

/** Equal layers counted together. */
function readGroups(facts: Facts, width: number, kinds: LayerKind[], mixtures: boolean[]): LayerGroup[] {
  const shared = sharedLayers(facts);
  const groups = new Map<string, LayerGroup>();
  const sizesOfLayers = lookUp(facts, 'intermediate_size');
  const doubled = shared > 0 && isOn(facts, { key: 'use_double_wide_mlp', default: false });
  const doubledFactor = (isShared: boolean) => (doubled && isShared ? 2 : 1);
  for (const [layer, kind] of kinds.entries()) {
    const isShared = layer >= kinds.length - shared;
    const size = Array.isArray(sizesOfLayers) ? sizesOfLayers[layer] : undefined;
    const key = JSON.stringify([kind, mixtures[layer], isShared, size]);
    const known = groups.get(key);
    if (known) known.count++;
    else
      for (const [i, group] of layerOf(
        facts,
        kind,
        mixtures[layer],
        isShared,
        width,
        size,
        doubledFactor(isShared),
      ).entries())
        groups.set(i === 0 ? key : `${key}beside`, group);
    if (known && kind === 'hybrid') groups.get(`${key}beside`)!.count++;
  }
  return [...groups.values()];
}

/** One layer; two groups where attention and a state stand side by side. */
function layerOf(
  facts: Facts,
  kind: LayerKind,
  isMixture: boolean,
  isShared: boolean,
  width: number,
  size: unknown,
  factor: number,
): LayerGroup[] {
  const { family } = facts;
  const norm = normWeights(facts, width);
  const hasFfn = !family.single || kind === 'dense' || kind === 'experts';
  const { ffn, other: ofFfn } = hasFfn
    ? readFfn(facts, isMixture, width, size, factor)
    : { ffn: { kind: 'none' } as Ffn, other: 0 };
  const norms = family.single
    ? 1
    : family.layerNormsWhen
      ? ruleOf(facts, family.layerNormsWhen, 2)
      : (family.layerNorms ?? 2);
  const group = ({ attention, other }: AttentionFacts, withFfn: boolean): LayerGroup => ({
    count: 1,
    attention,
    ffn: withFfn ? ffn : { kind: 'none' },
    other: other + (withFfn ? ofFfn + norms * norm + perLayerWeights(facts, width) : 0),
  });
  if (kind === 'hybrid')
    return [
      group(readAttention(facts, 'full', width, isShared), true),
      group(readAttention(facts, 'linear', width, isShared), false),
    ];
  return [group(readAttention(facts, kind, width, isShared), true)];
}

/** The FFN of a layer, and its weights besides the matrices. */
function readFfn(facts: Facts, isMixture: boolean, width: number, size: unknown, factor: number) {
  const { family } = facts;
  const { mixture, ffnMatrices: matrices = 3 } = family;
  const bias = (hidden: number) => (isOn(facts, family.ffnBias) ? (matrices - 1) * hidden + width : 0);
  if (mixture && isMixture) return readExperts(facts, width);
  const hidden = factor * denseSize(facts, width, size);
  if (hidden === 0) return { ffn: { kind: 'none' } as Ffn, other: 0 };
  const inner = family.innerNorms ? hidden : 0;
  const ffn: Ffn = { kind: 'dense', size: hidden, matrices };
  return { ffn, other: bias(hidden) + inner + (family.activationWeights ?? 0) };
}

/** Hidden size of a dense FFN; `ofLayer` where the config lists one for each layer. */
function denseSize(facts: Facts, width: number, ofLayer: unknown): number {
  const { family } = facts;
  const { mixture } = family;
  if (ofLayer !== undefined) {
    const one = { ...facts, config: { ...facts.config, intermediate_size: ofLayer } };
    return sizeOf(one, 'intermediate_size');
  }
  if (Array.isArray(lookUp(facts, 'intermediate_size')))
    refuse('intermediate_size has fewer entries than layers');
  // A mixture without experts is what all tokens use alone (Granite 4).
  if (mixture?.shared && 'size' in mixture.shared && lookUp(facts, 'num_experts') === 0)
    return sizeOf(facts, mixture.shared.size);
  const key = mixture?.denseSize ?? 'intermediate_size';
  const size = sizeOf(facts, key, family.ffnRatio && family.ffnRatio * width);
  if (family.ffnHalves) return size / 2;
  return family.ffnAdjusted && isOn(facts, { key: 'block_auto_adjust_ff_dim', default: true })
    ? adjusted(facts, size)
    : size;
}

/** Two thirds of a size, times a factor, rounded up (LFM2). */
function adjusted(facts: Facts, size: number): number {
  const factor = lookUp(facts, 'block_ffn_dim_multiplier') ?? 1;
  if (typeof factor !== 'number' || !(factor > 0 && factor < 100))
    refuse(`block_ffn_dim_multiplier ${show(factor)} is not a positive number`);
  const multiple = sizeOf(facts, 'block_multiple_of', 256);
  return multiple * Math.ceil(Math.floor(factor * Math.floor((2 * size) / 3)) / multiple);
}

/** A mixture of experts. */
function readExperts(facts: Facts, width: number): { ffn: Ffn; other: number } {
  const { ffnMatrices: matrices = 3, ...family } = facts.family;
  const mixture = family.mixture!;
  const experts = first(facts, 'num_experts');
  const activeExperts = first(facts, 'num_experts_per_tok');
  if (activeExperts > experts)
    refuse(
      `${nameOf(facts, 'num_experts_per_tok')} ${activeExperts} exceeds ${nameOf(facts, 'num_experts')} ${experts}`,
    );
  const size = sizeOf(facts, mixture.size);
  const { shared } = mixture;
  const sharedSize = mixture.besideDense
    ? sizeOf(facts, 'intermediate_size')
    : shared === undefined
      ? 0
      : 'size' in shared
        ? countOf(facts, shared.size, 0)
        : size * countOf(facts, shared.count, 0);
  const gate = shared && 'gate' in shared && sharedSize > 0 ? width : 0;
  const narrow = lookUp(facts, 'moe_latent_size') == null ? undefined : sizeOf(facts, 'moe_latent_size');
  const expertOther = mixture.biases ? (matrices - 1) * size + width : 0;
  const isBiased = isOn(facts, family.ffnBias);
  const sharedBias = isBiased && sharedSize > 0 ? (matrices - 1) * sharedSize + width : 0;
  const narrowBias = isBiased && narrow !== undefined ? narrow + width : 0;
  const router = width * experts + (mixture.biases ? experts : 0) + (mixture.correction ? experts : 0);
  // Gemma 4 scales what its router sees, and each expert.
  const scales = mixture.besideDense ? width + experts : 0;
  return {
    ffn: {
      kind: 'experts',
      experts,
      activeExperts,
      size: activeExperts * size,
      matrices,
      ...(sharedSize > 0 ? { shared: sharedSize } : {}),
      ...(narrow === undefined ? {} : { width: narrow }),
      ...(expertOther > 0 ? { expertOther } : {}),
    },
    other: router + gate + sharedBias + narrowBias + scales + (mixture.norms ?? 0) * width,
  };
}

/** The size at `key`, or the first of a list with one for each layer. */
function first(facts: Facts, key: string): number {
  const value = lookUp(facts, key);
  if (!Array.isArray(value)) return sizeOf(facts, key);
  if (!value.every((each) => each === value[0])) refuse(`${nameOf(facts, key)} differs from layer to layer`);
  return sizeOf({ ...facts, config: { ...facts.config, [nameOf(facts, key)]: value[0] } }, key);
}

/** Weights of a layer for its own embedding of each token, and for streams that are updated in turn. */
function perLayerWeights(facts: Facts, width: number): number {
  const { family } = facts;
  const inner = family.perLayerInput ? countOf(facts, 'hidden_size_per_layer_input', 0) : 0;
  const own = inner > 0 ? 2 * width * inner + width : 0;
  if (!family.alternatingUpdates) return own;
  const [streams, rank] = [sizeOf(facts, 'altup_num_inputs'), sizeOf(facts, 'laurel_rank')];
  const altup = 2 * width + streams * width + streams ** 2 + streams ** 3;
  return own + altup + 2 * width * rank + width;
}

/** The table of per-layer embeddings, and what the model needs once for it and for its streams. */
function perLayerTables(facts: Facts, width: number, depth: number): { table: number; once: number } {
  const { family } = facts;
  const inner = family.perLayerInput ? countOf(facts, 'hidden_size_per_layer_input', 0) : 0;
  const streams = family.alternatingUpdates ? sizeOf(facts, 'altup_num_inputs') : 1;
  const projections = 2 * (streams - 1) * width * width;
  if (inner === 0) return { table: 0, once: projections };
  const table = sizeOf(facts, 'vocab_size_per_layer_input') * depth * inner;
  return { table, once: projections + width * depth * inner + inner };
}
