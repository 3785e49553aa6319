import type { Architecture, Parameters } from '../architecture';
import { refuse, show } from '../errors';
import { countParameters, type LayeredModel } from '../layers';
import { kvBytesPerToken } from '../roofline/memory';
import { asConfig, type Config, entry, type Facts, isOn } from './config';
import type { Family } from './families/family';
import { families } from './families/index';
import { readModel } from './model';
import { nearestArchitecture } from './nearest';
import { readQuantisation } from './quantisation';
import { readSenses, type Senses, towerWeights } from './senses';
import { takeApart } from './wrappers';

/** What a Hugging Face config says of a model. */
export interface HuggingFaceModel {
  /** The model as it is: what latency and memory are computed from. */
  model: LayeredModel;
  /** The nearest architecture of the search space, one shape for all layers: what a law speaks of. */
  architecture: Architecture;
  /** Exact counts; learned positions belong to the embedding. */
  parameters: ModelParameters;
  /** Exact bytes of KV cache per token of context, all layers together, at 16 bits, before any window is full. */
  kvBytesPerToken: number;
  /** The family's name. */
  family: string;
  /** What is not read or taken from elsewhere, one sentence each. */
  warnings: string[];
  /** What the architecture, unlike the model, leaves out, one sentence each. */
  approximations: string[];
  /** Encoders as layer groups, where the config describes them. */
  senses: Pick<Senses, 'vision' | 'audio'>;
}

/** Counts of a model that may see and hear: `total` is the whole, `active` and `embedding` are of the text part. */
export interface ModelParameters extends Parameters {
  text?: number;
  vision?: number;
  audio?: number;
  projector?: number;
}

/** How a config is read. */
export interface ReadOptions {
  /** The family, by its `model_type`, that an unknown one is taken for. */
  assume?: string;
  /** Leave out what sees and hears. */
  textOnly?: boolean;
}

/**
 * Reads the content of a Hugging Face `config.json` of a decoder-only model, or of one inside a model that sees or
 * hears. Absent keys mean what they mean to `transformers`. Throws an `InputError` that names the key and the rule.
 *
 * @example fromHuggingFace(toHuggingFace(qwen).config).architecture.depth // 24
 */
export function fromHuggingFace(config: unknown, options: ReadOptions = {}): HuggingFaceModel {
  const whole = asConfig(config);
  const parts = takeApart(whole);
  const { family, assumed } = familyOf(parts.text, options.assume);
  const facts: Facts = { config: parts.text, family, leftOut: new Map() };
  const { tied, depth: _, ...text } = readModel(facts);
  const senses: Senses = options.textOnly ? { warnings: [] } : readSenses(parts, text.width);
  const { stored, kvPrecision, warnings } = readQuantisation({ ...parts.text, ...whole });
  const { vision, audio, projector } = senses;
  const weights = { vision: vision && towerWeights(vision), audio: audio && towerWeights(audio), projector };
  const beside = (weights.vision ?? 0) + (weights.audio ?? 0) + (projector ?? 0);
  const model: LayeredModel = {
    ...text,
    ...(beside > 0 ? { beside } : {}),
    ...(stored ? { stored } : {}),
    ...(kvPrecision ? { kvPrecision } : {}),
  };
  const counts = countParameters(model);
  return {
    model,
    ...nearestArchitecture(text, featuresOf(facts, tied)),
    parameters: beside > 0 ? { ...counts, text: counts.total - beside, ...defined(weights) } : counts,
    kvBytesPerToken: kvBytesPerToken(model, 16),
    family: family.name,
    warnings: [...assumed, ...senses.warnings, ...crossAttention(facts), ...leftOut(facts), ...warnings],
    senses: { ...(vision ? { vision } : {}), ...(audio ? { audio } : {}) },
  };
}

/** What of a family an architecture has words for. */
function featuresOf(facts: Facts, tied: boolean) {
  const { latent, qkvBias, qkNorm, qkNormOn } = facts.family;
  const hasBias = isOn(facts, qkvBias) && !isOn(facts, latent);
  const hasNorm = qkNorm === 'head' && isOn(facts, qkNormOn ?? true);
  return {
    tiedEmbeddings: tied,
    ...(hasBias ? { qkvBias: true } : {}),
    ...(hasNorm ? { qkNorm: true } : {}),
  };
}

/** `record` without what is undefined. */
function defined(record: Record<string, number | undefined>): Record<string, number> {
  return Object.fromEntries(Object.entries(record).flatMap(([key, value]) => (value ? [[key, value]] : [])));
}

/** The family of a text part, or on the user's word that of another. */
function familyOf(config: Config, assume: string | undefined): { family: Family; assumed: string[] } {
  const type = entry(config, 'model_type');
  if (assume !== undefined && !families.has(assume))
    refuse(
      `--assume ${show(assume)} is not a family that is known; nearest: ${nearestNames(assume).join(', ')}`,
    );
  if (type === undefined && assume === undefined)
    refuse('config lacks "model_type"; --assume llama reads it as Llama');
  if (entry(config, 'is_encoder_decoder') === true)
    refuse(
      `model_type ${show(type)} has an encoder; only decoders, and what sees or hears for one, are read`,
    );
  const known = typeof type === 'string' ? families.get(type) : undefined;
  if (known) return { family: known, assumed: [] };
  if (assume !== undefined) {
    const family = families.get(assume)!;
    return { family, assumed: [`model_type ${show(type)} is read as ${family.name}, as asked`] };
  }
  const [nearest, ...others] = nearestNames(typeof type === 'string' ? type : '');
  return refuse(
    `unknown model_type ${show(type)}; nearest known: ${[nearest, ...others].join(', ')}; --assume ${nearest} reads it as that`,
  );
}

/** The known names that have most in common with `name`, the nearest first. */
function nearestNames(name: string): string[] {
  const distance = (known: string) =>
    editDistance(name.toLowerCase().slice(0, 40), known) - 2 * sharedStart(name, known);
  return [...families.keys()].sort((a, b) => distance(a) - distance(b)).slice(0, 3);
}

function sharedStart(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/** Letters to change, add or leave out on the way from `a` to `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length];
}

function crossAttention(facts: Facts): string[] {
  if (!isOn(facts, facts.family.crossAttention)) return [];
  return ['cross-attention is counted, but takes no time: there is no encoder to attend to'];
}

function leftOut({ leftOut: sizes, family }: Facts): string[] {
  if (sizes.size === 0) return [];
  const named = [...sizes].map(([key, value]) => `${key} ${show(value)}`).join(', ');
  return [`the config leaves out sizes, which are taken as ${family.name} has them by default: ${named}`];
}
