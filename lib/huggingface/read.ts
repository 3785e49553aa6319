import type { Architecture, Parameters } from '../architecture';
import { parameters } from '../architecture';
import { HALF_BYTES } from '../workload';
import { type Blueprint, readBlueprint } from './blueprint';
import { asConfig, type Config, entry } from './config';

/** What a Hugging Face config says of a model. */
export interface HuggingFaceModel {
  /** The nearest architecture in the words of this project. */
  architecture: Architecture;
  /** Exact counts, by the config: also of what the architecture cannot express. */
  parameters: Parameters;
  /** Exact bytes of KV cache per token of context, all layers together, at 16 bits. */
  kvBytesPerToken: number;
  /** The family's name. */
  family: string;
  /** What the architecture leaves out or approximates, one sentence each. */
  warnings: string[];
}

/**
 * Reads the content of a Hugging Face `config.json` of a decoder-only model. Absent keys mean what they mean
 * to `transformers`. Throws an `InputError` that names the key and the rule.
 *
 * @example fromHuggingFace(JSON.parse(text)).parameters.total
 */
export function fromHuggingFace(config: unknown): HuggingFaceModel {
  const blueprint = readBlueprint(textConfig(asConfig(config)));
  const architecture = nearestArchitecture(blueprint);
  const counts = countParameters(blueprint);
  return {
    architecture,
    parameters: counts,
    kvBytesPerToken: blueprint.depth * blueprint.attention.kvValues * HALF_BYTES,
    family: blueprint.family.name,
    warnings: approximations(blueprint, architecture, counts),
  };
}

/** The part about text, where a config also describes other senses. */
function textConfig(config: Config): Config {
  if (entry(config, 'model_type') !== 'gemma3') return config;
  const text = asConfig(entry(config, 'text_config'), 'text_config');
  return { model_type: 'gemma3_text', ...text };
}

function countParameters(blueprint: Blueprint): Parameters {
  const { depth, width, attention, norms, dense, mixture, embedding } = blueprint;
  const expert = ffnWeights(blueprint, mixture.size);
  const shared =
    mixture.sharedSize === 0
      ? 0
      : ffnWeights(blueprint, mixture.sharedSize) + (mixture.sharedGate ? width : 0);
  const router = width * mixture.experts;
  const layers =
    depth * (attention.weights + norms.layer) +
    dense.layers * ffnWeights(blueprint, dense.size) +
    mixture.layers * (mixture.experts * expert + shared + router);
  const total = layers + norms.last + embedding.tables + embedding.positions + embedding.projections;
  const idle = mixture.layers * (mixture.experts - mixture.activeExperts) * expert;
  return { total, active: total - idle, embedding: embedding.tables + embedding.positions };
}

function ffnWeights({ width, ffnMatrices, ffnBias }: Blueprint, size: number): number {
  return ffnMatrices * width * size + (ffnBias ? (ffnMatrices - 1) * size + width : 0);
}

/** One shape for all layers: that of the mixture where there is one, shared experts being experts too. */
function nearestArchitecture(blueprint: Blueprint): Architecture {
  const { depth, width, vocabulary, tied, attention, dense, mixture, family } = blueprint;
  const { heads, headDim, kvHeads } = attention;
  const isMixture = mixture.layers > 0;
  const shared = sharedExperts(blueprint);
  return {
    depth,
    width,
    heads,
    headDim,
    kvHeads,
    ffnRatio: (isMixture ? mixture.activeExperts * mixture.size + mixture.sharedSize : dense.size) / width,
    experts: mixture.experts + shared,
    activeExperts: mixture.activeExperts + shared,
    vocabulary,
    tiedEmbeddings: tied,
    ...(attention.qkvBias ? { qkvBias: true } : {}),
    ...(family.qkNorm === 'head' ? { qkNorm: true } : {}),
    ...(blueprint.ffnMatrices === 2 ? { ffnMatrices: 2 as const } : {}),
  };
}

/** How many plain experts the shared ones stand for. */
function sharedExperts({ mixture: { sharedSize, size } }: Blueprint): number {
  return sharedSize === 0 ? 0 : Math.max(1, Math.round(sharedSize / size));
}

function approximations(blueprint: Blueprint, architecture: Architecture, exact: Parameters): string[] {
  const { attention, dense, mixture, family, window, embedding, norms, width } = blueprint;
  const warnings: string[] = [];
  const { sharedSize, size } = mixture;
  if (family.latent)
    warnings.push(
      `latent attention caches ${attention.kvValues} values per token and layer; it is taken for ` +
        `${attention.heads} heads of ${attention.headDim} with ${attention.kvHeads} KV heads, which cache ` +
        `${2 * attention.kvHeads * attention.headDim}`,
    );
  if (sharedSize > 0)
    warnings.push(
      `the shared expert of ${sharedSize} is taken for ${sharedExperts(blueprint)} of ` +
        `${architecture.experts} experts; that every token uses it is not modelled`,
    );
  if (mixture.layers > 0 && dense.layers > 0)
    warnings.push(
      `${dense.layers} of ${blueprint.depth} layers are dense with an FFN of ${dense.size}; ` +
        `they are taken for mixtures like the others, where a token uses ${mixture.activeExperts * size + sharedSize}`,
    );
  if (window !== undefined)
    warnings.push(
      `layers with a sliding window of ${window} tokens are taken for full attention: ` +
        'beyond that context, KV cache and attention are overstated',
    );
  const extras = [
    ...(embedding.positions > 0 ? ['learned positions'] : []),
    ...(embedding.projections > 0 ? ['the projections of a narrower embedding'] : []),
    ...(blueprint.ffnBias || attention.outputBias ? ['biases of FFN or output projection'] : []),
    ...(family.qkNorm === 'whole' ? ['norms of whole queries and keys'] : []),
    ...(norms.layer > 2 * width ? ['the norms beyond two a layer, or their biases'] : []),
  ];
  if (extras.length > 0) warnings.push(`counted, but not part of the architecture: ${extras.join(', ')}`);
  const error = parameters(architecture).total / exact.total - 1;
  if (Math.abs(error) > 0.005)
    warnings.push(
      `the architecture has ${Math.abs(100 * error).toFixed(1)} % ${error > 0 ? 'more' : 'fewer'} parameters ` +
        'than the model, and so have latency and memory that are computed from it',
    );
  return warnings;
}
