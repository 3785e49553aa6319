import { countSpace } from './count';
import { refuse, show } from './errors';
import { check } from './schema/check';
import { repeated } from './schema/fields';
import { MOST_VALUES, spaceSchema } from './schema/space';
import type { Rules, Space } from './space';

/** Ratios times mixtures. */
const MOST_FFNS = 100_000_000;
/** Depths times widths times values of headDim. */
const MOST_SHAPES = 1_000_000_000;
/** Widths times values of headDim. */
const MOST_FRAMES = 1_000_000;
/** Widths times FFN ratios times numbers of active experts, each of which a rule on the experts' width looks at. */
const MOST_EXPERT_WIDTHS = 200_000_000;
/** Depths times widths times headDims times mixtures: the rule on stored bytes is counted for each. */
const MOST_STORED = 100_000_000;
/** Far more than a search could look at one by one, and less than numbers hold. */
const MOST_ARCHITECTURES = 10n ** 18n;

/** The numbers `from`, `from` + `step`, … up to `to`. */
interface Range {
  from: number;
  to: number;
  step: number;
}

/** A space as a person writes it, once its schema holds. */
interface WrittenSpace {
  depths: number[] | Range;
  widths: number[] | Range;
  ffnRatios: number[] | Range;
  mixtures: [number, number][] | { experts: number[] | Range; activeExperts: number[] | Range };
  kvHeads: Space['kvHeads'] | 'all' | 'divisors';
  headDim: number | number[];
  vocabulary?: number;
  rules?: Rules;
}

/**
 * Checks a space that a person wrote and turns it into lists. Where a list of numbers stands, a range may stand,
 * `{"from": 256, "to": 8192, "step": 128}`; `mixtures` may be two lists, `{"experts": [1, 8], "activeExperts":
 * [1, 2]}`, of which every pair counts that activeExperts does not exceed; `kvHeads` the word `"divisors"` or `"all"`.
 * Throws an `InputError` naming value and rule.
 *
 * @example validateSpace({ ...paperSpace, headDim: 100 }) // refuses: headDim 100 does not divide width 768
 */
export function validateSpace(value: unknown): Space {
  const written = check(spaceSchema, value, 'space') as WrittenSpace;
  const { kvHeads, rules } = written;
  const space: Space = {
    ...written,
    depths: integers(written.depths, 'depths'),
    widths: integers(written.widths, 'widths'),
    ffnRatios: numbers(written.ffnRatios, 'ffnRatios'),
    mixtures: mixtures(written.mixtures),
    kvHeads: typeof kvHeads === 'string' ? [kvHeads] : kvHeads,
  };
  const [low, high] = rules?.widthPerLayer ?? [0, 0];
  if (low > high) refuse(`widthPerLayer ${show(rules?.widthPerLayer)} does not ascend`);
  if (rules?.precision !== undefined && rules.maxStoredBytes === undefined)
    refuse('the rule precision says how the weights of maxStoredBytes are stored, which is missing');
  refuseTooLarge(space);
  return space;
}

function refuseTooLarge(space: Space): void {
  const ffns = space.ffnRatios.length * space.mixtures.length;
  if (ffns > MOST_FFNS)
    refuse(`ffnRatios times mixtures are ${ffns} FFNs; at most ${MOST_FFNS} are searched`);
  const headDims = typeof space.headDim === 'number' ? 1 : space.headDim.length;
  const shapes = space.depths.length * space.widths.length * headDims;
  if (shapes > MOST_SHAPES)
    refuse(`depths times widths (times headDim) are ${shapes} shapes; at most ${MOST_SHAPES} are searched`);
  if (shapes / space.depths.length > MOST_FRAMES)
    refuse(
      `widths times headDim are ${shapes / space.depths.length} frames; at most ${MOST_FRAMES} are searched`,
    );
  const actives = new Set(space.mixtures.map(([, active]) => active)).size;
  const expertWidths = space.widths.length * space.ffnRatios.length * actives;
  if (space.rules?.expertWidthMultiple !== undefined && expertWidths > MOST_EXPERT_WIDTHS)
    refuse(
      `widths times ffnRatios times activeExperts are ${expertWidths}; with the rule expertWidthMultiple at most ` +
        `${MOST_EXPERT_WIDTHS}`,
    );
  const stored = shapes * space.mixtures.length;
  if (space.rules?.maxStoredBytes !== undefined && stored > MOST_STORED)
    refuse(
      `depths times widths (times headDim) times mixtures are ${stored}; with the rule maxStoredBytes at most ` +
        `${MOST_STORED}`,
    );
  const count = countSpace({ ...space, rules: undefined });
  if (count === 0n) refuse(`kvHeads ${listed(space.kvHeads)}: none divides the heads of any width`);
  if (count > MOST_ARCHITECTURES)
    refuse(`the space holds ${count} architectures; at most 10^18 are searched, so shorten a list`);
}

/** The first values of a list. */
const listed = (values: readonly unknown[]) =>
  `${values.slice(0, 10).join(', ')}${values.length > 10 ? ', …' : ''}`;

function integers(given: number[] | Range, name: string): number[] {
  const found = numbers(given, name);
  const broken = found.find((value) => !Number.isInteger(value));
  return broken === undefined
    ? found
    : refuse(`${name} ${show(given)} names ${broken}, not a positive integer`);
}

/** The numbers of a list or of a range. */
function numbers(given: number[] | Range, name: string): number[] {
  if (Array.isArray(given)) return given;
  const { from, to, step } = given;
  if (to < from) refuse(`${name} end at ${to}, before they begin at ${from}`);
  // A hundredth of a step is rounding, not a value more.
  const count = Math.floor((to - from) / step + 0.01) + 1;
  if (count > MOST_VALUES) refuse(`${name} has ${count} values; at most ${MOST_VALUES}, so make step larger`);
  // 0.1 + 2 · 0.1 is to be 0.3.
  const found = Array.from({ length: count }, (_, i) => Number((from + i * step).toPrecision(14)));
  const twice = repeated(found);
  return twice === undefined
    ? found
    : refuse(`${name} ${show(given)} names ${twice} twice: its step is too small`);
}

function mixtures(given: WrittenSpace['mixtures']): [number, number][] {
  if (Array.isArray(given)) {
    for (const [experts, active] of given)
      if (active > experts) refuse(`activeExperts ${active} exceeds experts ${experts}`);
    return given;
  }
  const experts = integers(given.experts, 'experts of mixtures');
  const active = integers(given.activeExperts, 'activeExperts of mixtures');
  if (experts.length * active.length > 10 * MOST_VALUES)
    refuse(`mixtures name ${experts.length * active.length} pairs; at most ${10 * MOST_VALUES}`);
  const pairs = experts.flatMap((all) =>
    active.filter((k) => k <= all).map((k): [number, number] => [all, k]),
  );
  return pairs.length > 0 ? pairs : refuse('mixtures: every activeExperts exceeds every experts');
}
