import { positiveInteger, refuse, show } from '../errors';
import type { Family, Rule, Switch } from './families/family';

/** A config.json as it came: nothing in it is trusted. */
export type Config = Record<string, unknown>;

/** A config and the facts of its family, which say what absent keys mean. */
export interface Facts {
  config: Config;
  family: Family;
  /** Sizes that the config leaves out, as they were looked up. */
  leftOut: Map<string, unknown>;
}

/** More than any model has of anything; keeps every sum of weights exact enough. */
const LARGEST = 1e7;
/** Layers are looked at one by one. */
export const MOST_LAYERS = 1e4;

/** Other names of the usual keys, whatever the family. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  num_experts: ['num_experts', 'num_local_experts', 'n_routed_experts', 'moe_num_experts'],
  num_experts_per_tok: [
    'num_experts_per_tok',
    'experts_per_token',
    'num_experts_per_token',
    'moe_k',
    'moe_topk',
    'top_k_experts',
  ],
  mamba_n_heads: ['mamba_n_heads', 'mamba_num_heads'],
  mamba_d_head: ['mamba_d_head', 'mamba_head_dim'],
  mamba_d_state: ['mamba_d_state', 'ssm_state_size'],
  mamba_n_groups: ['mamba_n_groups', 'n_groups'],
  mamba_d_conv: ['mamba_d_conv', 'conv_kernel'],
  mamba_conv_bias: ['mamba_conv_bias', 'use_conv_bias'],
  mamba_expand: ['mamba_expand', 'expand'],
  mlp_bias: ['mlp_bias'],
};

/** Sizes whose absence is worth a word. */
const MAIN_SIZES = [
  'vocab_size',
  'hidden_size',
  'intermediate_size',
  'num_hidden_layers',
  'num_attention_heads',
  'moe_intermediate_size',
  'num_experts',
  'num_experts_per_tok',
];

/** `value` as a config, or an error. */
export function asConfig(value: unknown, name = 'config'): Config {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse(`${name} is not a JSON object; it should be the content of a Hugging Face config.json`);
  return value as Config;
}

/** The value of `key`; null, as Python writes None, counts as absent. */
export function entry(config: Config, key: string): unknown {
  return Object.hasOwn(config, key) ? (config[key] ?? undefined) : undefined;
}

/** The names under which a family's configs may hold what is usually at `key`. */
function namesOf({ family }: Facts, key: string): readonly string[] {
  const own = family.keys?.[key];
  if (own === undefined) return SYNONYMS[key] ?? [key];
  return typeof own === 'string' ? [own, ...(own === key ? [] : [key])] : own;
}

/** The name under which it is there, or would be. */
export function nameOf(facts: Facts, key: string): string {
  const names = namesOf(facts, key);
  const there = names.find((name) => entry(facts.config, name) !== undefined);
  return there ?? names.find((name) => Object.hasOwn(facts.config, name)) ?? names[0];
}

/** What the config says at `key`, or else the family's default: undefined where neither does, null where it is null. */
export function lookUp(facts: Facts, key: string): unknown {
  const name = nameOf(facts, key);
  const given = Object.hasOwn(facts.config, name) ? facts.config[name] : undefined;
  return given === undefined ? defaultOf(facts, key) : given;
}

function defaultOf(facts: Facts, key: string): unknown {
  const { defaults } = facts.family;
  return [key, ...namesOf(facts, key)].map((name) => defaults[name]).find((value) => value !== undefined);
}

/** The size that `key` holds: a positive integer. Without a `fallback` the config or the family must say it. */
export function sizeOf(facts: Facts, key: string, fallback?: number): number {
  const name = nameOf(facts, key);
  const value = lookUp(facts, key) ?? fallback ?? refuse(`config lacks "${name}"`);
  const isGiven = Object.hasOwn(facts.config, name) && facts.config[name] !== undefined;
  if (!isGiven && fallback === undefined && MAIN_SIZES.includes(key)) facts.leftOut.set(name, value);
  return notTooLarge(positiveInteger(value, name), name);
}

/** `size`, unless no model has so much of it. */
export function notTooLarge(size: number, key: string, most = LARGEST): number {
  if (size > most) refuse(`${key} ${size} is larger than any model's; at most ${most} is taken`);
  return size;
}

/** How many layers there are: each is looked at. */
export function depthOf(facts: Facts): number {
  return notTooLarge(sizeOf(facts, 'num_hidden_layers'), nameOf(facts, 'num_hidden_layers'), MOST_LAYERS);
}

/** Like `sizeOf`, but 0 is a size too. */
export function countOf(facts: Facts, key: string, fallback?: number): number {
  return (lookUp(facts, key) ?? fallback) === 0 ? 0 : sizeOf(facts, key, fallback);
}

/** Whether something is there that a key may decide. */
export function isOn(facts: Facts, given: Switch = false): boolean {
  if (typeof given === 'boolean') return given;
  const value = lookUp(facts, given.key) ?? given.default;
  if (typeof value !== 'boolean') refuse(`${given.key} ${show(value)} is neither true nor false`);
  return value as boolean;
}

/** The count of the first switch of `rule` that is on, or else `otherwise`. */
export function ruleOf(facts: Facts, rule: Rule, otherwise: number): number {
  for (const { when, from, is } of rule)
    if (isOn(facts, { key: when, default: false })) {
      if (from !== undefined && lookUp(facts, from) != null) return sizeOf(facts, from);
      return is ?? otherwise;
    }
  return otherwise;
}

/** The list at `key` of what `isRight` accepts, or undefined where there is none. */
export function listOf<T>(
  facts: Facts,
  key: string,
  what: string,
  isRight: (each: unknown) => each is T,
): T[] | undefined {
  const value = entry(facts.config, key);
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || !value.every(isRight))
    refuse(`${key} ${show(value)} is not a list of ${what}`);
  return value as T[];
}

export const isIndex = (each: unknown): each is number => Number.isInteger(each) && (each as number) >= 0;
export const isText = (each: unknown): each is string => typeof each === 'string';
