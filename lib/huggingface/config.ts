import { positiveInteger, refuse, show } from '../errors';
import type { Switch } from './families';

/** A config.json as it came: nothing in it is trusted. */
export type Config = Record<string, unknown>;

/** More than any model has of anything; keeps every sum of weights exact enough and every loop short. */
const LARGEST = 1e7;

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

/** The size that `key` holds: a positive integer. Without a `fallback` the key must be there. */
export function sizeOf(config: Config, key: string, fallback?: number): number {
  const value = entry(config, key) ?? fallback ?? refuse(`config lacks "${key}"`);
  return notTooLarge(positiveInteger(value, key), key);
}

/** `size`, unless no model has so much of it. */
export function notTooLarge(size: number, key: string): number {
  if (size > LARGEST) refuse(`${key} ${size} is larger than any model's; at most ${LARGEST} is taken`);
  return size;
}

/** Like `sizeOf`, but 0 is a size too. */
export function countOf(config: Config, key: string, fallback?: number): number {
  return (entry(config, key) ?? fallback) === 0 ? 0 : sizeOf(config, key, fallback);
}

/** Whether something is there that a key may decide. */
export function isOn(config: Config, given: Switch = false): boolean {
  if (typeof given === 'boolean') return given;
  const value = entry(config, given.key) ?? given.default;
  if (typeof value !== 'boolean') refuse(`${given.key} ${show(value)} is neither true nor false`);
  return value as boolean;
}
