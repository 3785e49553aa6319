/**
 * Vision-language-action models as facts: cameras → encoder → projector → backbone → action. Facts go in, a list of
 * stages comes out (`stages`), and from it rates, memory and designs.
 */
import { type Architecture, validateArchitecture } from '../architecture';
import { InputError, refuse, show } from '../errors';
import { check } from '../schema/check';
import { vlaSchema } from '../schema/vla';

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

/**
 * Checks a description of a vision-language-action model; throws an `InputError` naming field, value and rule.
 *
 * @example validateVla({ ...vla('openvla-7b'), cameras: 0 }) // refuses: cameras
 */
export function validateVla(value: unknown): Vla {
  const { id } = Object(value);
  const vla = check(vlaSchema, value, 'vla', typeof id === 'string' ? ` of vla ${show(id)}` : ' of the vla');
  const at = (name: string) => `${name} of vla "${vla.id}"`;
  const backbone = inVla(at('backbone'), () => validateArchitecture(vla.backbone));
  if (vla.action.kind === 'tokens' && backbone.vocabulary === undefined)
    refuse(`${at('backbone')} has no vocabulary, which its tokens need`);
  if (vla.action.kind === 'flow') checkExpert(vla.action, backbone, at('action.expert'));
  const encoders = vla.encoders.map((encoder, i) => ({
    ...encoder,
    name: encoder.name ?? `encoder ${i + 1}`,
  }));
  const { name = vla.id, publishedParameters = null, sources = [] } = vla;
  return { ...vla, name, publishedParameters, sources, encoders, backbone };
}

/** What attends to the keys of the backbone has its heads, and no more layers. */
function checkExpert({ expert, pattern }: FlowHead, backbone: Architecture, place: string): void {
  const isShared = expert.kvHeads === backbone.kvHeads && expert.headDim === backbone.headDim;
  if (pattern.includes('joint') && !(isShared && expert.depth <= backbone.depth))
    refuse(`${place} attends to the backbone's keys, so it needs its kvHeads, headDim and no more layers`);
}

function inVla<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return refuse(`${place}: ${error.message}`);
  }
}
