/** Spaces as people write them: lists or ranges, checked where they enter, and turned into lists. */
import { countSpace } from '../count';
import { oneOf, plainObject, positiveInteger, positiveNumber, refuse, show } from '../errors';
import type { Rules, Space } from '../space';
import { precisionNames } from '../workload';

/** A list is not longer; so a range is not made before it is known to be one. */
const MOST_VALUES = 100_000;
/** Ratios times mixtures. */
const MOST_FFNS = 100_000_000;
const MOST_HEAD_DIMS = 100;
/** More than a search could ever look at, and far less than numbers can hold. */
const MOST_ARCHITECTURES = 10n ** 18n;
/** Depths, widths, heads and experts beyond this are no models. */
const MOST = 10_000_000;

const KEYS = ['depths', 'widths', 'ffnRatios', 'mixtures', 'kvHeads', 'headDim'] as const;

/**
 * Checks a space that a person wrote and turns it into lists. A list of numbers may also be a range,
 * `{"from": 256, "to": 8192, "step": 128}`; `mixtures` also two lists, `{"experts": [1, 8], "activeExperts": [1, 2]}`,
 * of which every pair counts that activeExperts does not exceed; `kvHeads` also the word `"divisors"` or `"all"`.
 * Throws an `InputError` naming value and rule, e.g. `headDim 128 does not divide width 900`.
 */
export function validateSpace(value: unknown): Space {
  const given = plainObject(value, [...KEYS, 'vocabulary', 'rules', '$schema'], 'space');
  for (const key of KEYS) if (given[key] === undefined) refuse(`space lacks "${key}"`);
  const { headDim } = given;
  const space: Space = {
    depths: numbers(given.depths, 'depths', (item) => limited(item, 'depth')),
    widths: numbers(given.widths, 'widths', (item) => limited(item, 'width')),
    ffnRatios: numbers(given.ffnRatios, 'ffnRatios', (item) => reasonable(item, 'ffnRatio')),
    mixtures: mixtures(given.mixtures),
    kvHeads: kvHeads(given.kvHeads),
    headDim:
      typeof headDim === 'object' && headDim !== null
        ? numbers(headDim, 'headDim', (item) => limited(item, 'headDim'))
        : limited(headDim, 'headDim'),
    ...(given.vocabulary === undefined ? {} : { vocabulary: limited(given.vocabulary, 'vocabulary') }),
    ...(given.rules === undefined ? {} : { rules: rules(given.rules) }),
  };
  refuseTooLarge(space);
  return space;
}

function refuseTooLarge(space: Space): void {
  const ffns = space.ffnRatios.length * space.mixtures.length;
  if (ffns > MOST_FFNS)
    refuse(`ffnRatios times mixtures are ${ffns} FFNs; at most ${MOST_FFNS} are searched`);
  const { headDim } = space;
  if (typeof headDim !== 'number' && headDim.length > MOST_HEAD_DIMS)
    refuse(`headDim has ${headDim.length} values; at most ${MOST_HEAD_DIMS}`);
  const count = countSpace({ ...space, rules: undefined });
  if (count === 0n) refuse(`kvHeads ${space.kvHeads.join(', ')}: none divides the heads of any width`);
  if (count > MOST_ARCHITECTURES)
    refuse(`the space holds ${count} architectures; at most 10^18 are searched, so shorten a list`);
}

/** The numbers of a list or of a range, each checked, none twice. */
function numbers(given: unknown, name: string, check: (item: unknown) => number): number[] {
  const items = Array.isArray(given) ? given : range(given, name);
  if (items.length === 0) refuse(`${name} is an empty list`);
  if (items.length > MOST_VALUES) refuse(`${name} has ${items.length} values; at most ${MOST_VALUES}`);
  const checked = items.map(check);
  refuseRepeated(checked.map(String), name);
  return checked;
}

function range(given: unknown, name: string): number[] {
  if (typeof given !== 'object' || given === null)
    refuse(`${name} ${show(given)} is neither a list nor a range {"from", "to", "step"}`);
  const { from, to, step } = plainObject(given, ['from', 'to', 'step'], name);
  const [low, high] = [positiveNumber(from, `from of ${name}`), positiveNumber(to, `to of ${name}`)];
  const by = positiveNumber(step, `step of ${name}`);
  if (high < low) refuse(`${name} end at ${high}, before they begin at ${low}`);
  // A hundredth of a step is rounding, not a value more.
  const count = Math.floor((high - low) / by + 0.01) + 1;
  if (!(count <= MOST_VALUES))
    refuse(`${name} has ${count} values; at most ${MOST_VALUES}, so make step larger`);
  // 0.1 + 2 · 0.1 is to be 0.3.
  return Array.from({ length: count }, (_, i) => Number((low + i * by).toPrecision(14)));
}

function mixtures(given: unknown): [number, number][] {
  const pair = (item: unknown): [number, number] => {
    if (!Array.isArray(item) || item.length !== 2)
      refuse(`mixture ${show(item)} is not a pair [experts, activeExperts]`);
    const [experts, active] = [limited(item[0], 'experts'), limited(item[1], 'activeExperts')];
    if (active > experts) refuse(`activeExperts ${active} exceeds experts ${experts}`);
    return [experts, active];
  };
  const pairs = Array.isArray(given) ? given.map(pair) : everyPair(given);
  if (pairs.length === 0) refuse('mixtures is an empty list');
  if (pairs.length > MOST_VALUES) refuse(`mixtures has ${pairs.length} pairs; at most ${MOST_VALUES}`);
  refuseRepeated(
    pairs.map((each) => each.join('/')),
    'mixtures',
  );
  return pairs;
}

function everyPair(given: unknown): [number, number][] {
  if (typeof given !== 'object' || given === null)
    refuse(`mixtures ${show(given)} are neither pairs nor {"experts": …, "activeExperts": …}`);
  const { experts, activeExperts } = plainObject(given, ['experts', 'activeExperts'], 'mixtures');
  const [all, some] = [
    numbers(experts, 'experts of mixtures', (item) => limited(item, 'experts')),
    numbers(activeExperts, 'activeExperts of mixtures', (item) => limited(item, 'activeExperts')),
  ];
  if (all.length * some.length > 10 * MOST_VALUES)
    refuse(`mixtures name ${all.length * some.length} pairs; at most ${MOST_VALUES}`);
  const pairs = all.flatMap((each) => some.filter((k) => k <= each).map((k): [number, number] => [each, k]));
  if (pairs.length === 0) refuse('mixtures: every activeExperts exceeds every experts');
  return pairs;
}

function kvHeads(given: unknown): Space['kvHeads'] {
  if (given === 'divisors' || given === 'all') return [given];
  if (typeof given === 'string') refuse(`kvHeads ${show(given)} is neither a list nor "divisors" nor "all"`);
  if (!Array.isArray(given)) return numbers(given, 'kvHeads', (item) => limited(item, 'kvHeads'));
  if (given.length === 0) refuse('kvHeads is an empty list');
  if (given.length > MOST_VALUES) refuse(`kvHeads has ${given.length} values; at most ${MOST_VALUES}`);
  const checked = given.map((item) =>
    item === 'all' || item === 'divisors' ? item : limited(item, 'kvHeads'),
  ) as (number | 'all' | 'divisors')[];
  refuseRepeated(checked.map(String), 'kvHeads');
  return checked;
}

function rules(given: unknown): Rules {
  const keys = ['expertWidthMultiple', 'maxGqa', 'widthPerLayer', 'maxStoredBytes', 'precision'];
  const { expertWidthMultiple, maxGqa, widthPerLayer, maxStoredBytes, precision } = plainObject(
    given,
    keys,
    'rules',
  );
  if (widthPerLayer !== undefined) {
    const isPair = Array.isArray(widthPerLayer) && widthPerLayer.length === 2;
    if (!isPair) refuse(`widthPerLayer ${show(widthPerLayer)} is not a pair of numbers`);
    const [low, high] = (widthPerLayer as unknown[]).map((item) => positiveNumber(item, 'widthPerLayer'));
    if (low > high) refuse(`widthPerLayer ${show(widthPerLayer)} does not ascend`);
  }
  if (precision !== undefined && maxStoredBytes === undefined)
    refuse('the rule precision says how the weights of maxStoredBytes are stored, which is missing');
  return {
    ...(expertWidthMultiple === undefined
      ? {}
      : { expertWidthMultiple: limited(expertWidthMultiple, 'expertWidthMultiple') }),
    ...(maxGqa === undefined ? {} : { maxGqa: positiveNumber(maxGqa, 'maxGqa') }),
    ...(widthPerLayer === undefined ? {} : { widthPerLayer: widthPerLayer as [number, number] }),
    ...(maxStoredBytes === undefined
      ? {}
      : { maxStoredBytes: positiveNumber(maxStoredBytes, 'maxStoredBytes') }),
    ...(precision === undefined ? {} : { precision: oneOf(precision, precisionNames, 'precision') }),
  } as Rules;
}

function limited(item: unknown, name: string): number {
  const value = positiveInteger(item, name);
  return value > MOST ? refuse(`${name} ${value} exceeds ${MOST}`) : value;
}

function reasonable(item: unknown, name: string): number {
  const value = positiveNumber(item, name);
  return value < 1e-6 || value > 1e6 ? refuse(`${name} ${value} is not between 1e-6 and 1e6`) : value;
}

function refuseRepeated(items: readonly string[], name: string): void {
  const seen = new Set<string>();
  for (const item of items) {
    if (seen.has(item)) refuse(`${name} names ${item} twice`);
    seen.add(item);
  }
}
