import { refuse, show } from '../errors';
import {
  countOf,
  depthOf,
  entry,
  type Facts,
  isIndex,
  isOn,
  isText,
  listOf,
  lookUp,
  MOST_LAYERS,
  nameOf,
  notTooLarge,
  sizeOf,
} from './config';
import type { LayerKind } from './families/family';

/** Names of layer kinds in configs: words in lists, letters in the pattern of Nemotron-H. */
const NAMES: Readonly<Record<string, LayerKind>> = {
  full_attention: 'full',
  attention: 'full',
  global_attention: 'full',
  '*': 'full',
  sliding_attention: 'window',
  local_attention: 'window',
  chunked_attention: 'window',
  linear_attention: 'linear',
  mamba: 'linear',
  mamba2: 'linear',
  recurrent: 'linear',
  M: 'linear',
  conv: 'conv',
  hybrid: 'hybrid',
  moe: 'experts',
  E: 'experts',
  mlp: 'dense',
  '-': 'dense',
};

/** What each layer is, and whether its FFN is a mixture. */
export interface LayerKinds {
  kinds: LayerKind[];
  mixtures: boolean[];
}

/** Reads the kinds of all layers: from a list, from a pattern, or from the window that all have. */
export function readKinds(facts: Facts): LayerKinds {
  const kinds = windowed(facts, listed(facts) ?? patterned(facts));
  const isMixture = mixtureRule(facts, kinds.length);
  const mixtures = kinds.map((kind, layer) => (facts.family.single ? kind === 'experts' : isMixture(layer)));
  return { kinds, mixtures };
}

function listed(facts: Facts): LayerKind[] | undefined {
  const { config, family } = facts;
  const pattern = family.single ? entry(config, 'hybrid_override_pattern') : undefined;
  const key = ['layer_types', 'layers_block_type'].find((name) => entry(config, name) !== undefined);
  if (key === undefined && (pattern !== undefined || family.defaults.hybrid_override_pattern)) {
    const letters = pattern ?? family.defaults.hybrid_override_pattern;
    if (!isText(letters) || letters === '') refuse(`hybrid_override_pattern ${show(letters)} is not a text`);
    notTooLarge(letters.length, 'the length of hybrid_override_pattern', MOST_LAYERS);
    return letters.split('').map((letter) => kindNamed(letter, 'hybrid_override_pattern'));
  }
  if (key === undefined) return indexed(facts);
  const names = listOf(facts, key, 'layer kinds', isText)!;
  const depth = family.single
    ? notTooLarge(names.length, `the length of ${key}`, MOST_LAYERS)
    : depthOf(facts);
  if (names.length !== depth || depth === 0)
    refuse(`${key} has ${names.length} entries, but ${nameOf(facts, 'num_hidden_layers')} is ${depth}`);
  return names.map((name) => kindNamed(name, key));
}

function kindNamed(name: string, key: string): LayerKind {
  if (!Object.hasOwn(NAMES, name))
    refuse(`${key} has an unknown kind ${show(name)}; known: ${Object.keys(NAMES).join(', ')}`);
  return NAMES[name];
}

/** Lists of the layers with full attention, or of 1 for those and 0 for the others. */
function indexed(facts: Facts): LayerKind[] | undefined {
  const flags = listOf(facts, 'attn_type_list', 'zeros and ones', isIndex);
  if (flags)
    return sameLength(facts, 'attn_type_list', flags).map((flag) => (flag === 1 ? 'full' : 'linear'));
  const name = ['full_attn_idxs', 'attn_layer_indices'].find(
    (each) => entry(facts.config, each) !== undefined,
  );
  if (name === undefined) return undefined;
  const full = listOf(facts, name, 'layers', isIndex)!;
  const other = facts.family.state ? 'linear' : 'conv';
  return Array.from({ length: depthOf(facts) }, (_, layer) => (full.includes(layer) ? 'full' : other));
}

function sameLength<T>(facts: Facts, key: string, list: T[]): T[] {
  const depth = depthOf(facts);
  if (list.length !== depth)
    refuse(`${key} has ${list.length} entries, but ${nameOf(facts, 'num_hidden_layers')} is ${depth}`);
  return list;
}

function patterned(facts: Facts): LayerKind[] {
  const { pattern } = facts.family;
  const depth = depthOf(facts);
  if (pattern === undefined) return Array.from({ length: depth }, () => 'full' as const);
  const key = pattern.keys?.find((name) => entry(facts.config, name) !== undefined);
  const given = key === undefined ? undefined : entry(facts.config, key);
  if (isText(given)) return lettered(key!, given, depth);
  const every = key === undefined ? pattern.every : countOf(facts, key);
  const offset = pattern.offset ? countOf(facts, pattern.offset.key, pattern.offset.default) : every - 1;
  return Array.from({ length: depth }, (_, layer) =>
    every > 0 && layer % every === offset ? pattern.at : pattern.others,
  );
}

/** Layers by letters that repeat, L for a window and G for all; the last layer sees all (EXAONE 4). */
function lettered(key: string, letters: string, depth: number): LayerKind[] {
  if (!/^[LG]{1,100}$/.test(letters))
    refuse(`${key} ${show(letters)} is neither a number nor made of L and G`);
  return Array.from({ length: depth }, (_, layer) =>
    letters[layer % letters.length] === 'L' && layer < depth - 1 ? 'window' : 'full',
  );
}

/** Gives windows to layers without a list, and takes those away that are switched off or as long as the context. */
function windowed(facts: Facts, kinds: LayerKind[]): LayerKind[] {
  const { family, config } = facts;
  const isListed = entry(config, 'layer_types') !== undefined;
  const size = lookUp(facts, family.windowKey ?? 'sliding_window');
  const flag = family.window === 'flag' || family.window === 'flagFrom';
  const isOff = size === null || size === undefined || size === 0;
  const isSwitchedOff = flag && !isOn(facts, { key: 'use_sliding_window', default: false });
  if (isOff || (isSwitchedOff && !isListed)) return kinds.map((kind) => (kind === 'window' ? 'full' : kind));
  const first = family.window === 'flagFrom' ? countOf(facts, 'max_window_layers', 0) : 0;
  const given =
    family.window === undefined || isListed
      ? kinds
      : kinds.map((kind, layer) => (kind === 'full' && layer >= first ? 'window' : kind));
  if (!given.includes('window')) return given;
  const window = sizeOf(facts, family.windowKey ?? 'sliding_window');
  const longest = entry(config, 'max_position_embeddings');
  const isLonger = typeof longest === 'number' && longest <= window;
  return given.map((kind, layer) => {
    // The last layer of Gemma 4 sees everything, whatever its list says.
    const isLast = family.globalHeads === true && layer === given.length - 1;
    return kind === 'window' && (isLonger || isLast) ? 'full' : kind;
  });
}

/** Which layers are mixtures of experts. */
function mixtureRule(facts: Facts, depth: number): (layer: number) => boolean {
  const { mixture } = facts.family;
  const experts = mixture === undefined ? undefined : lookUp(facts, 'num_experts');
  if (mixture === undefined || experts === undefined || experts === null || experts === 0) return () => false;
  if (
    mixture.on &&
    typeof mixture.on !== 'boolean' &&
    mixture.on.key !== 'num_experts' &&
    !isOn(facts, mixture.on)
  )
    return () => false;
  const types = listOf(facts, 'mlp_layer_types', 'kinds of FFN', isText);
  if (types) {
    sameLength(facts, 'mlp_layer_types', types);
    return (layer) => types[layer] === 'sparse' || types[layer] === 'moe';
  }
  switch (mixture.layers) {
    case 'afterFirst': {
      const frequency = entry(facts.config, 'moe_layer_freq');
      if (Array.isArray(frequency)) {
        const flags = sameLength(
          facts,
          'moe_layer_freq',
          listOf(facts, 'moe_layer_freq', 'zeros and ones', isIndex)!,
        );
        return (layer) => flags[layer] === 1;
      }
      const step = sizeOf(facts, 'moe_layer_freq', 1);
      const first = countOf(facts, 'first_k_dense_replace', 0);
      return (layer) => layer >= first && layer % step === 0;
    }
    case 'afterDense': {
      const first = countOf(facts, 'num_dense_layers', 0);
      return (layer) => layer >= first;
    }
    case 'interleave': {
      const listed = listOf(facts, 'moe_layers', 'layers', isIndex);
      const step = countOf(facts, 'interleave_moe_layer_step', 1);
      return listed ? (layer) => listed.includes(layer) : (layer) => step > 0 && (layer + 1) % step === 0;
    }
    case 'range': {
      const [first, step] = [
        countOf(facts, 'moe_layer_start_index', 0),
        sizeOf(facts, 'moe_layer_interval', 1),
      ];
      const given = lookUp(facts, 'moe_layer_end_index');
      const last = given == null || given === -1 ? depth - 1 : countOf(facts, 'moe_layer_end_index');
      return (layer) => (layer + 1) % step === 0 && layer >= first && layer <= last;
    }
    case 'period': {
      const [period, offset] = [sizeOf(facts, 'expert_layer_period'), countOf(facts, 'expert_layer_offset')];
      return (layer) => layer % period === offset;
    }
    case 'step': {
      const step = sizeOf(facts, 'decoder_sparse_step', 1);
      const dense = new Set(listOf(facts, 'mlp_only_layers', 'layers', isIndex) ?? []);
      return (layer) => (layer + 1) % step === 0 && !dense.has(layer);
    }
    default:
      return () => true;
  }
}
