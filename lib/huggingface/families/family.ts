/**
 * What a family of Hugging Face models is: facts, which `layers.ts` reads together with a config. Data flows from
 * a config.json through the facts of its family to layer groups.
 */

/** A bias or norm that is there or not, or that a key of the config decides. */
export type Switch = boolean | { key: string; default: boolean };

/** A count that the first switch which is on decides: a number, or what a key says if it is there. */
export type Rule = readonly { when: string; from?: string; is?: number }[];

/** Which kind of attention each layer has where the config has no list: `at` in every n-th layer, else `others`. */
export interface Pattern {
  every: number;
  /** Keys that say n instead. */
  keys?: readonly string[];
  /** Which of the n it is, counted from 0; the last if not given. */
  offset?: { key: string; default: number };
  at: LayerKind;
  others: LayerKind;
}

/** What a layer may be; `experts` and `dense` are layers of an FFN alone, `hybrid` has attention beside a state. */
export type LayerKind = 'full' | 'window' | 'linear' | 'conv' | 'hybrid' | 'experts' | 'dense';

/** Layers that keep a state: how their sizes follow from a config. */
export type StateKind = 'deltaNet' | 'mamba2' | 'mamba' | 'lightning';

/** How a family differs from the plainest one (Llama without options). Keys are the usual ones; see `keys`. */
export interface Family {
  name: string;
  /** What an absent key means to the class. Sizes without an entry must be in the config. */
  defaults: Readonly<Record<string, unknown>>;
  /** The family's own names for the usual keys, the first that is there. */
  keys?: Readonly<Record<string, string | readonly string[]>>;
  /** Key/value heads, where `num_key_value_heads` does not say it. */
  kvHeads?: Rule;
  /** Every head has keys and values of its own, whatever the config says. */
  multiHead?: true;
  qkvBias?: Switch;
  outputBias?: Switch;
  ffnBias?: Switch;
  headBias?: Switch;
  /** Queries and keys are normalised: all heads by one vector, each by its own, or each as a whole. */
  qkNorm?: 'head' | 'heads' | 'whole';
  qkNormOn?: Switch;
  /** Those norms have biases too. */
  qkNormBias?: true;
  /** A gate as wide as the queries scales what attention says. */
  gated?: Switch;
  /** Attention over an encoder besides, that a switch adds (GPT-2). */
  crossAttention?: Switch;
  /** A learned logit per head that takes attention away from all tokens. */
  sinks?: true;
  /** Norms of a layer, default 2, and vectors of weights in each: 1 (RMSNorm, the default), 2 (LayerNorm) or 0. */
  layerNorms?: number;
  layerNormsWhen?: Rule;
  normVectors?: 0 | 1 | 2;
  normsHaveWeights?: Switch;
  finalNorm?: Switch;
  /** One more norm after the embedding. */
  embeddingNorm?: true;
  /** Norms inside attention and FFN (BitNet), parameters of the activation function (Apertus: 2). */
  innerNorms?: true;
  activationWeights?: number;
  /** Matrices of an FFN, default 3. */
  ffnMatrices?: 2 | 3;
  /** What an absent FFN size means, over the hidden size. */
  ffnRatio?: number;
  /** The size that a config gives is that of both halves of a gated FFN. */
  ffnHalves?: true;
  /** The size that a config gives is cut to two thirds and rounded up (LFM2). */
  ffnAdjusted?: true;
  /** Learned positions beyond those that `max_position_embeddings` counts; rotary positions if not given. */
  extraPositions?: number;
  /** Key of the embedding's width where it may differ from the hidden size. */
  embeddingWidth?: string;
  /** Layers with a window: all, all if `use_sliding_window`, or then from `max_window_layers` on. */
  window?: 'all' | 'flag' | 'flagFrom';
  /** Key of the window's size, default `sliding_window`. */
  windowKey?: string;
  pattern?: Pattern;
  mixture?: Mixture;
  /** Keys and values are cached as one latent vector (DeepSeek-V2), unless a key switches that off. */
  latent?: Switch;
  state?: StateKind;
  /** Keys of layers in full attention that are those of Gemma 4: other heads, values that are keys. */
  globalHeads?: true;
  /** Per-layer embeddings, and alternating updates of four streams (Gemma 3n). */
  perLayerInput?: true;
  alternatingUpdates?: true;
  /** A layer is attention or FFN alone, with one norm (Nemotron-H). */
  single?: true;
}

/** A mixture of experts: its keys, and which layers are mixtures. */
export interface Mixture {
  /** FFN size of one expert. */
  size: string;
  /** FFN size of what every token uses, and whether a learned gate scales it; or how many experts it is worth. */
  shared?: { size: string; gate?: true } | { count: string };
  /** Which layers are mixtures: all if not given. */
  layers?: 'step' | 'afterFirst' | 'afterDense' | 'interleave' | 'range' | 'period';
  /** FFN size of the other layers, where it has a key of its own. */
  denseSize?: string;
  /** Biases in experts and router, and a learned correction per expert. */
  biases?: true;
  correction?: true;
  /** The switch that makes layers mixtures; a dense FFN stays beside them as what every token uses (Gemma 4). */
  on?: Switch;
  besideDense?: true;
  /** Vectors of weights as wide as the model that a mixture adds. */
  norms?: number;
}

/** Defaults of the sizes that every class has. */
export function sizes(
  vocab_size: number,
  hidden_size: number,
  intermediate_size: number | null,
  num_hidden_layers: number,
  num_attention_heads: number,
  num_key_value_heads: number | null = null,
  more: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const heads = { num_attention_heads, num_key_value_heads };
  return { vocab_size, hidden_size, intermediate_size, num_hidden_layers, ...heads, ...more };
}

export const attentionBias: Switch = { key: 'attention_bias', default: false };
export const tied = { tie_word_embeddings: true };
