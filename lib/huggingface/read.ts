import { type Architecture, type Parameters, parameters } from '../architecture';
import { refuse } from '../errors';
import { HALF_BYTES } from '../workload';
import { type Blueprint, readBlueprint } from './blueprint';
import { asConfig, type Config, entry } from './config';

/** What a Hugging Face config says of a model. */
export interface HuggingFaceModel {
  /** The nearest architecture in the words of this project. */
  architecture: Architecture;
  /** Exact counts, also of what the architecture cannot express; learned positions belong to the embedding. */
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
 * @example fromHuggingFace(toHuggingFace(qwen).config).architecture.depth // 24
 */
export function fromHuggingFace(config: unknown): HuggingFaceModel {
  const whole = asConfig(config);
  const text = textConfig(whole);
  const blueprint = readBlueprint(text);
  const architecture = nearestArchitecture(blueprint);
  const counts = countParameters(blueprint);
  return {
    architecture,
    parameters: counts,
    kvBytesPerToken: blueprint.depth * blueprint.attention.kvValues * HALF_BYTES,
    family: blueprint.family.name,
    warnings: [
      ...(text === whole ? [] : ['only the text model is read, without what sees pictures']),
      ...approximations(blueprint, architecture, counts),
    ],
  };
}

/** The part about text, where a config also describes other senses. */
function textConfig(config: Config): Config {
  if (entry(config, 'model_type') !== 'gemma3') return config;
  const text = entry(config, 'text_config') ?? refuse('config lacks "text_config"');
  return { ...asConfig(text, 'text_config'), model_type: 'gemma3_text' };
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

/** What is lost on the way from the blueprint to the architecture. */
function approximations(blueprint: Blueprint, architecture: Architecture, exact: Parameters): string[] {
  const { attention, dense, mixture, family, window, depth } = blueprint;
  const { sharedSize } = mixture;
  const warnings: string[] = [];
  if (family.latent)
    warnings.push(
      `latent attention, which caches ${attention.kvValues} values per token and layer, is taken for ` +
        `${attention.heads} heads of ${attention.headDim} with ${attention.kvHeads} KV heads, which cache ` +
        `${2 * attention.kvHeads * attention.headDim}`,
    );
  if (sharedSize > 0)
    warnings.push(
      `the shared expert of size ${sharedSize} is taken for ${sharedExperts(blueprint)} of ` +
        `${architecture.experts} experts, though every token uses it`,
    );
  if (mixture.layers > 0 && dense.layers > 0)
    warnings.push(
      `mixtures are in ${mixture.layers} of ${depth} layers; the others, with a dense FFN of ${dense.size}, ` +
        'are taken for mixtures too',
    );
  if (window !== undefined)
    warnings.push(
      `layers with a sliding window of ${window} tokens are taken for full attention: ` +
        'beyond that context, KV cache and attention are overstated',
    );
  const extras = extraWeights(blueprint);
  if (extras.length > 0) warnings.push(`counted, but not part of the architecture: ${extras.join(', ')}`);
  if (blueprint.norms.layer === 0) warnings.push('the norms have no weights; those of the architecture do');
  const { total, active } = parameters(architecture);
  const errors = [total / exact.total - 1, active / exact.active - 1];
  if (errors.some((error) => Math.abs(error) > 0.005)) {
    const [all, ofThem] = errors.map(
      (error) => `${Math.abs(100 * error).toFixed(1)} % ${error > 0 ? 'more' : 'fewer'}`,
    );
    const activeToo = architecture.experts > 1 ? ` and ${ofThem} active ones` : '';
    warnings.push(
      `the architecture has ${all} parameters${activeToo} than the model: memory and latency computed ` +
        'from it are as far off',
    );
  }
  return warnings;
}

/** Small weights for which an architecture has no words. */
function extraWeights({ attention, embedding, family, ffnBias, norms }: Blueprint): string[] {
  return [
    ...(embedding.positions > 0 ? ['learned positions'] : []),
    ...(embedding.projections > 0 ? ['projections into and out of a narrower embedding'] : []),
    ...(attention.outputBias ? ['biases of the output projection'] : []),
    ...(ffnBias ? ['biases of the FFN'] : []),
    ...(family.qkNorm === 'whole' ? ['norms over whole queries and keys'] : []),
    ...(family.layerNorms === 4 ? ['two more norms a layer'] : []),
    ...(family.normVectors === 2 && norms.layer > 0 ? ['biases of the norms'] : []),
  ];
}
