import { refuse, show } from '../errors';
import type { KvPrecision, Precision, Stored } from '../workload';
import { asConfig, type Config, entry } from './config';

/** How a checkpoint is stored, in which precision it keeps its cache, and what could not be read. */
export interface Quantisation {
  stored?: Stored;
  kvPrecision?: KvPrecision;
  warnings: string[];
}

/** A format of weights: the precision it computes in, and bytes per weight with its scales. */
interface Format {
  precision: Precision;
  bytes: number;
  /** Experts alone are stored so. */
  expertsOnly?: true;
}

const SCALE = 2;
/** Weights alone, `bits` each, with a 16-bit scale and a zero point of as many bits for every group. */
const weightsOnly = (bits: number, group: number): Format => ({
  precision: 'int4',
  bytes: bits / 8 + (group > 0 ? (SCALE + bits / 8) / group : 0),
});
/** FP8 runs at the rate of INT8 on every board that has both; the scales of its blocks weigh next to nothing. */
const fp8: Format = { precision: 'int8', bytes: 1 };
const nvfp4: Format = { precision: 'nvfp4', bytes: 0.5625 };
/** Four bits and an 8-bit scale for every 32. */
const mxfp4: Format = { precision: 'int4', bytes: 0.53125, expertsOnly: true };

/** Reads `quantization_config`, or what compressed-tensors calls `compression_config`; nothing where there is none. */
export function readQuantisation(config: Config): Quantisation {
  const given = entry(config, 'quantization_config') ?? entry(config, 'compression_config');
  if (given === undefined) return { warnings: [] };
  const quantisation = asConfig(given, 'quantization_config');
  const name = String(
    entry(quantisation, 'quant_method') ??
      entry(quantisation, 'quant_algo') ??
      entry(quantisation, 'format') ??
      '',
  ).toLowerCase();
  const algorithm = String(entry(quantisation, 'quant_algo') ?? '').toUpperCase();
  const kvPrecision = kvOf(quantisation);
  const kv = kvPrecision === undefined ? {} : { kvPrecision };
  const format = formatOf(name, algorithm, quantisation);
  if (format === undefined)
    return {
      ...kv,
      warnings: [
        `quantization_config ${show(name)} is not known: weights are taken in the precision of --precision`,
      ],
    };
  const keepsAttention = format.expertsOnly === true || namesAttention(quantisation);
  const label = algorithm && algorithm !== name.toUpperCase() ? `${name} ${algorithm}` : name;
  const stored: Stored = {
    name: label,
    attention: keepsAttention ? 'fp16' : format.precision,
    ...(keepsAttention ? {} : { attentionBytes: format.bytes }),
    ffn: format.precision,
    ffnBytes: format.bytes,
    headBytes: entry(quantisation, 'lm_head') === true ? format.bytes : 2,
  };
  const what = format.expertsOnly
    ? 'experts have'
    : keepsAttention
      ? 'the FFN has'
      : 'attention and FFN have';
  const half = `${keepsAttention ? 'attention, ' : ''}${stored.headBytes === 2 ? 'LM head, ' : ''}embedding and norms 16 bits`;
  const bits = Number((8 * format.bytes).toPrecision(4));
  const mixed = algorithm.startsWith('MIXED')
    ? '; the mixture of precisions is not said, and taken for NVFP4'
    : '';
  return {
    stored,
    ...kv,
    warnings: [
      `the checkpoint is quantised (${label}): ${what} ${bits} bits a weight, ${half}${mixed}; --precision overrides it`,
      ...(kvPrecision === undefined || kvPrecision === 16
        ? []
        : [`the checkpoint keeps its KV cache in ${kvPrecision} bits; --kv-precision overrides it`]),
    ],
  };
}

function formatOf(name: string, algorithm: string, quantisation: Config): Format | undefined {
  const bits = bitsAt(quantisation, 'bits') ?? bitsAt(quantisation, 'w_bit');
  const group = groupAt(quantisation, 'group_size') ?? groupAt(quantisation, 'q_group_size') ?? 128;
  if (algorithm.includes('FP8') && !algorithm.includes('W4')) return fp8;
  if (algorithm.includes('NVFP4') || algorithm.startsWith('MIXED')) return nvfp4;
  if (algorithm.includes('MXFP4')) return { ...mxfp4, expertsOnly: undefined };
  if (algorithm.includes('W4')) return weightsOnly(4, group);
  switch (name) {
    case 'fp8':
    case 'fbgemm_fp8':
    case 'w8a8_fp8':
      return fp8;
    case 'mxfp4':
      return mxfp4;
    case 'nvfp4':
      return nvfp4;
    case 'bitsandbytes':
      return bitsAndBytes(quantisation);
    case 'compressed-tensors':
    case 'compressed_tensors':
      return compressedTensors(quantisation);
    case 'int8':
    case 'eetq':
      return { precision: 'int8', bytes: 1 };
    case 'bitnet':
      return weightsOnly(2, 0);
    default:
      return bits === undefined ? undefined : weightsOnly(bits, group);
  }
}

function bitsAndBytes(quantisation: Config): Format {
  if (entry(quantisation, 'load_in_8bit') === true || entry(quantisation, '_load_in_8bit') === true)
    return { precision: 'int8', bytes: 1 };
  // A scale for every 64 weights: 32 bits, or with a second quantisation 8 bits and 32 more for every 256 of those.
  const isDouble = entry(quantisation, 'bnb_4bit_use_double_quant') === true;
  return { precision: 'int4', bytes: 0.5 + (isDouble ? 1 / 64 + 4 / (64 * 256) : 4 / 64) };
}

/** The first group of compressed-tensors: bits of weights and, where they are quantised too, of activations. */
function compressedTensors(quantisation: Config): Format | undefined {
  const groups = Object.values(asConfig(entry(quantisation, 'config_groups') ?? {}, 'config_groups'));
  if (groups.length === 0) return undefined;
  const first = asConfig(groups[0], 'config_groups');
  const weights = asConfig(entry(first, 'weights') ?? {}, 'weights');
  const bits = bitsAt(weights, 'num_bits');
  if (bits === undefined) return undefined;
  const group = groupAt(weights, 'group_size') ?? 0;
  const activations = entry(first, 'input_activations');
  // Floats of 4 bits have an 8-bit scale for each group, of 16 (NVFP4) or 32 (MXFP4).
  if (entry(weights, 'type') === 'float' && bits === 4) {
    const bytes = 0.5 + 1 / (group || 16);
    return { precision: activations === undefined ? 'int4' : 'nvfp4', bytes };
  }
  if (activations === undefined) return weightsOnly(bits, group);
  return bits === 8 ? { precision: 'int8', bytes: 1 } : weightsOnly(bits, group);
}

/** Bits of a weight, which may be a mean of several kinds; nothing where the config says none. */
function bitsAt(config: Config, key: string): number | undefined {
  const value = entry(config, key);
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= 1 && value <= 16) return value;
  return refuse(`quantization_config: ${key} ${show(value)} is not a number of bits from 1 to 16`);
}

/** Weights that share a scale, 0 for all of a row, which configs write as -1; nothing where the config says none. */
function groupAt(config: Config, key: string): number | undefined {
  const value = entry(config, key);
  if (value === undefined) return undefined;
  if (value === -1) return 0;
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65536) return value as number;
  return refuse(`quantization_config: ${key} ${show(value)} is not a number of weights up to 65536, or -1`);
}

/** Whether the layers that stay in 16 bits are those of attention, in every layer. */
function namesAttention(quantisation: Config): boolean {
  const keys = [
    'modules_to_not_convert',
    'ignore',
    'exclude_modules',
    'ignored_layers',
    'llm_int8_skip_modules',
  ];
  const names = keys
    .flatMap((key) => entry(quantisation, key) ?? [])
    .filter((name) => typeof name === 'string');
  return names.some((name) => /(self_attn|attention|\battn)\W*$/.test(name) && !/\.\d+\./.test(name));
}

/** Bits of the KV cache: `kv_cache_scheme` of compressed-tensors and modelopt, by name or by its bits. */
function kvOf(quantisation: Config): KvPrecision | undefined {
  const scheme = entry(quantisation, 'kv_cache_scheme') ?? entry(quantisation, 'kv_cache_quant_algo');
  if (scheme === undefined) return undefined;
  const bits =
    typeof scheme === 'string'
      ? Number(/(\d+)/.exec(scheme)?.[1])
      : entry(asConfig(scheme, 'kv_cache_scheme'), 'num_bits');
  return bits === 8 || bits === 4 ? bits : undefined;
}
