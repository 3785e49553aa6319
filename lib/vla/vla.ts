/**
 * Vision-language-action models as facts: cameras → encoder → projector → backbone → action. Facts go in, a list of
 * stages comes out (`stages`), and from it rates, memory and designs.
 */
import { type Architecture, validateArchitecture } from '../architecture';
import { oneOf, plainObject, positiveInteger, refuse } from '../errors';

/** Equal transformer layers. */
export interface Stack {
  depth: number;
  width: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  /** Hidden size of the feed-forward network. */
  ffn: number;
  /** Whether it has a gate: three matrices instead of two. */
  gated: boolean;
}

/** A vision encoder: a transformer over the patches of one image, without a cache. */
export interface Encoder extends Stack {
  name: string;
  /** Patches of one image, and class or register tokens beside them. */
  tokens: number;
  /** Pixels on a side of a patch. */
  patch: number;
}

/** Sizes of a linear layer: inputs, outputs. */
export type Linear = [inputs: number, outputs: number];

/**
 * What a layer of an action expert attends to: the backbone's keys and values of the same layer and its own tokens
 * (`joint`, π0); the backbone's keys and values through a projection of the expert's own (`cache`, SmolVLA); the
 * backbone's features (`features`, GR00T); or its own tokens alone (`itself`).
 */
export type Sees = 'joint' | 'cache' | 'features' | 'itself';

/** Actions as tokens of the backbone, one decode step each. */
export interface TokenHead {
  kind: 'tokens';
  tokens: number;
  /** Actions in a chunk. */
  horizon: number;
}

/** All actions from one pass: `tokens` more queries in the prefill, and linear layers on `rows` of its outputs. */
export interface ParallelHead {
  kind: 'parallel';
  tokens: number;
  horizon: number;
  layers: Linear[];
  rows: number;
}

/** An expert that turns noise into a chunk of actions in `steps` passes (flow matching or diffusion). */
export interface FlowHead {
  kind: 'flow';
  steps: number;
  horizon: number;
  /** Tokens beside the actions: state, time, registers. */
  extraTokens: number;
  expert: Stack;
  /** What its layers see, in turn. */
  pattern: Sees[];
  /** Whether depth and heads are those of the backbone, so that they follow it in a design. */
  followsBackbone: boolean;
  /** Linear layers of one row in every layer: norms that time modulates. */
  modulation?: Linear[];
  /** Linear layers on every token once a step: actions in and out. */
  layers: Linear[];
  /** Sequences per sample, 2 with classifier-free guidance. */
  sequences?: number;
}

export type ActionHead = TokenHead | ParallelHead | FlowHead;

/** A published vision-language-action model. */
export interface Vla {
  id: string;
  name: string;
  /** As its makers state it, or as the checkpoint counts; null where neither was found. */
  publishedParameters: number | null;
  cameras: number;
  /** Tokens of one image as the backbone sees them. */
  imageTokens: number;
  /** Every image passes all of them. */
  encoders: Encoder[];
  /** Linear layers between encoder and backbone, on every image token. */
  projector: Linear[];
  /** Tokens of the prompt beside images: words, and state where the backbone reads it. */
  promptTokens: number;
  /** The language model in the middle: the layers that run. */
  backbone: Architecture;
  /** Layers over the backbone's features before the action head sees them. */
  adapter?: Stack;
  action: ActionHead;
  /** Weights that are stored but take no part in a control step worth counting, and what they are. */
  stored?: { weights: number; what: string };
  notes?: string;
  sources: string[];
}

const STACK = ['depth', 'width', 'heads', 'kvHeads', 'headDim', 'ffn', 'gated'] as const;
const KEYS = {
  vla: [
    '$schema',
    'id',
    'name',
    'publishedParameters',
    'cameras',
    'imageTokens',
    'encoders',
    'projector',
  ].concat(['promptTokens', 'backbone', 'adapter', 'action', 'stored', 'notes', 'sources']),
  tokens: ['kind', 'tokens', 'horizon'],
  parallel: ['kind', 'tokens', 'horizon', 'layers', 'rows'],
  flow: [
    'kind',
    'steps',
    'horizon',
    'extraTokens',
    'expert',
    'pattern',
    'followsBackbone',
    'modulation',
  ].concat(['layers', 'sequences']),
};
/** Sizes above this are no model's: what follows from them stays exact and finite. */
const LARGEST = 2 ** 31;

/** Checks a description of a vision-language-action model; throws an `InputError` naming field, value and rule. */
export function validateVla(value: unknown): Vla {
  const vla = plainObject(value, KEYS.vla, 'vla') as unknown as Vla;
  if (typeof vla.id !== 'string' || vla.id === '') refuse('vla lacks an "id"');
  const at = (name: string) => `${name} of vla "${vla.id}"`;
  for (const key of ['cameras', 'imageTokens'] as const) size(vla[key], at(key));
  if (vla.promptTokens !== 0) size(vla.promptTokens, at('promptTokens'));
  if (!Array.isArray(vla.encoders) || vla.encoders.length === 0 || vla.encoders.length > 8)
    refuse(`${at('encoders')} is not a list of 1 to 8`);
  for (const encoder of vla.encoders) {
    checkStack(encoder, [...STACK, 'name', 'tokens', 'patch'], at('encoder'));
    for (const key of ['tokens', 'patch'] as const) size(encoder[key], at(`encoder ${key}`));
  }
  checkLinears(vla.projector, at('projector'));
  const backbone = validateArchitecture(vla.backbone);
  if (vla.action?.kind === 'tokens' && backbone.vocabulary === undefined)
    refuse(`${at('backbone')} has no vocabulary, which its tokens need`);
  if (vla.adapter !== undefined) checkStack(vla.adapter, [...STACK], at('adapter'));
  checkAction(vla.action, backbone, at);
  return { ...vla, backbone, name: vla.name ?? vla.id, publishedParameters: vla.publishedParameters ?? null };
}

function checkAction(action: ActionHead, backbone: Architecture, at: (name: string) => string): void {
  const kind = oneOf(action?.kind, ['tokens', 'parallel', 'flow'] as const, at('action kind'));
  plainObject(action, KEYS[kind], at('action'));
  size(action.horizon, at('action horizon'));
  if (action.kind !== 'flow') size(action.tokens, at('action tokens'));
  if (action.kind === 'parallel') size(action.rows, at('action rows'));
  if (action.kind !== 'tokens') checkLinears(action.layers, at('action layers'));
  if (action.kind !== 'flow') return;
  size(action.steps, at('action steps'));
  if (action.extraTokens !== 0) size(action.extraTokens, at('action extraTokens'));
  checkStack(action.expert, [...STACK], at('action expert'));
  checkLinears(action.modulation ?? [], at('action modulation'));
  if (action.sequences !== undefined) size(action.sequences, at('action sequences'));
  if (!Array.isArray(action.pattern) || action.pattern.length === 0)
    refuse(`${at('action pattern')} is empty`);
  for (const sees of action.pattern)
    oneOf(sees, ['joint', 'cache', 'features', 'itself'] as const, at('action pattern'));
  const { expert, pattern } = action;
  const isShared = expert.kvHeads === backbone.kvHeads && expert.headDim === backbone.headDim;
  if (pattern.includes('joint') && !(isShared && expert.depth <= backbone.depth))
    refuse(
      `${at('action expert')} attends to the backbone's keys, so it needs its kvHeads, headDim and no more layers`,
    );
}

function checkStack(value: unknown, keys: readonly string[], name: string): void {
  const stack = plainObject(value, keys, name) as unknown as Stack;
  for (const key of ['depth', 'width', 'heads', 'kvHeads', 'headDim', 'ffn'] as const)
    size(stack[key], `${name} ${key}`);
  if (typeof stack.gated !== 'boolean') refuse(`${name} gated is not true or false`);
}

function checkLinears(value: unknown, name: string): void {
  if (!Array.isArray(value)) refuse(`${name} is not a list of [inputs, outputs]`);
  for (const layer of value as unknown[]) {
    if (!Array.isArray(layer) || layer.length !== 2) refuse(`${name} is not a list of [inputs, outputs]`);
    for (const each of layer as unknown[]) size(each, name);
  }
}

function size(value: unknown, name: string): void {
  if (positiveInteger(value, name) > LARGEST) refuse(`${name} ${value} is more than ${LARGEST}`);
}
