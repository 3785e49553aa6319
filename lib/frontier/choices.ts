/** The choices that make a layer or a model, each with what it adds to seconds, loss and bytes; see `separate.ts`. */
import type { Architecture } from '../architecture';
import { refuse, show } from '../errors';
import { allowsDepth, assemble, type Frame } from '../space';
import { type AttentionSeconds, choiceOf, type Prepared, summandReader } from './parts';
import { bySeconds, type Items, prune } from './prune';
import { pick, type Sums } from './sums';

/** The rounding of a sum of some fifty numbers is less than a tenth of this share of it. */
export const ROUNDING = 1e-13;
/** The same of bytes, which are differences of such sums. */
export const BYTES_ROUNDING = 1e-11;

/** Choices of one kind, or layers, with the numbers of which seconds and loss are sums. Few are asked for, and computed then. */
export interface Choices extends Sums {
  secondsParts(i: number): readonly number[];
  lossParts(i: number): readonly number[];
}

/** What the rest of the architecture may add to a choice: what is smaller beside it than rounding is no difference. */
export interface Rest {
  seconds: number;
  size: number;
  bytes: readonly number[];
}

/** The choices that no other of their kind surely beats, by seconds. */
export function pruned(choices: Choices, rest: Rest): Choices {
  const items = itemsOf(choices, rest);
  const order = prune(items, bySeconds(items, [...choices.number.keys()]));
  return {
    ...pick(choices, order),
    secondsParts: (i) => choices.secondsParts(order[i]),
    lossParts: (i) => choices.lossParts(order[i]),
  };
}

/** Choices as `prune` reads them. */
export function itemsOf(choices: Choices, rest: Rest): Items {
  const { number, seconds, loss, size, bytes, secondsParts, lossParts } = choices;
  return {
    ...{ seconds, loss, bytes },
    ...slacks({ seconds, loss, size, bytes }, rest),
    isNoSlower: (better, i) => isNoMore(secondsParts(better), secondsParts(i)),
    isNoLossier: (better, i) => isNoMore(lossParts(better), lossParts(i)),
    isBefore: (better, i) => number[better] < number[i],
  };
}

/** Differences up to which items may differ by rounding alone. */
export function slacks(
  { seconds, loss, size, bytes }: Pick<Items, 'seconds' | 'loss' | 'bytes'> & { size: ArrayLike<number> },
  rest: Rest,
) {
  // Where summands have either sign, one with a small sum may be made of larger ones than its rival.
  let largestSigned = 0;
  let isSigned = false;
  for (let i = 0; i < size.length; i++)
    if (size[i] < Number.POSITIVE_INFINITY) {
      isSigned ||= loss[i] !== size[i];
      largestSigned = Math.max(largestSigned, size[i]);
    }
  const others = rest.size + (isSigned ? largestSigned : 0);
  return {
    secondsSlack: (i: number) => ROUNDING * (seconds[i] + rest.seconds),
    lossSlack: (i: number) => 2 * ROUNDING * (size[i] + others),
    bytesSlack: (limit: number, i: number) =>
      BYTES_ROUNDING * (Math.abs(bytes[limit][i]) + rest.bytes[limit]),
  };
}

/** The depths that the rules allow in a frame. */
export function depthChoices(prepared: Prepared, frame: Frame): Choices {
  const { space } = prepared.question;
  const { depths } = space;
  const allowed = [...depths.keys()].filter((d) => allowsDepth(space, frame, depths[d]));
  const choices = collect(prepared, 'depth', allowed, (d) =>
    assemble(space, frame, depths[d], 0, frame.kvHeads[0]),
  );
  const seconds = choices.number.map((d) => depths[d]);
  // A shallower model needs fewer bytes, so that there is nothing to be compared.
  return { ...choices, seconds, bytes: [], secondsParts: (d) => [seconds[d]] };
}

/** The attention choices of a frame. Bytes of a layer are those with the first FFN. */
export function attentionChoices(
  prepared: Prepared,
  frame: Frame,
  phases: readonly AttentionSeconds[],
): Choices {
  const at = (a: number, depth = 1) => assemble(prepared.question.space, frame, depth, 0, frame.kvHeads[a]);
  const choices = collect(prepared, 'attention', [...frame.kvHeads.keys()], (a) => at(a));
  const { number } = choices;
  const secondsParts = (i: number) => phases.map(({ leading }) => leading[number[i]]);
  return {
    ...choices,
    seconds: number.map((_, i) => sum(secondsParts(i))),
    bytes: prepared.limits.map(({ measure }) => number.map((a) => measure(at(a, 2)) - measure(at(a)))),
    secondsParts,
  };
}

/** Every attention with every FFN. */
export function layerChoices(attention: Choices, ffns: Choices, frame: Frame): Choices {
  const length = attention.length * ffns.length;
  const column = () => new Float64Array(length);
  const [number, seconds, loss, size] = [column(), column(), column(), column()];
  const bytes = attention.bytes.map(column);
  for (let a = 0, layer = 0; a < attention.length; a++)
    for (let f = 0; f < ffns.length; f++, layer++) {
      number[layer] = ffns.number[f] * frame.kvHeads.length + attention.number[a];
      seconds[layer] = attention.seconds[a] + ffns.seconds[f];
      loss[layer] = attention.loss[a] + ffns.loss[f];
      size[layer] = attention.size[a] + ffns.size[f];
      for (let k = 0; k < bytes.length; k++) bytes[k][layer] = attention.bytes[k][a] + ffns.bytes[k][f];
    }
  const both = (part: 'secondsParts' | 'lossParts') => (layer: number) => [
    ...attention[part](Math.floor(layer / ffns.length)),
    ...ffns[part](layer % ffns.length),
  ];
  return {
    ...{ length, number, seconds, loss, size, bytes },
    secondsParts: both('secondsParts'),
    lossParts: both('lossParts'),
  };
}

/** The loss that the law gives the frame alone. */
export function frameLoss({ question, summands }: Prepared, frame: Frame): number {
  const read = summandReader(summands.filter((summand) => choiceOf(summand) === 'frame'));
  return sum(read(assemble(question.space, frame, 1, 0, frame.kvHeads[0])));
}

/** Refuses a loss that is no number, and one below all others, with which nothing can be compared. */
export function refuseLoss(loss: number, architecture: Architecture): never {
  return refuse(`the law gives loss ${loss} for the architecture ${show(architecture)}`);
}

export function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i]);
  return most;
}

/** Choices with the summands of the law that depend on them; those of infinite loss are no part of a frontier. */
function collect(
  { summands, limits }: Prepared,
  choice: 'depth' | 'attention',
  numbers: readonly number[],
  at: (number: number) => Architecture,
): Choices {
  const read = summandReader(summands.filter((summand) => choiceOf(summand) === choice));
  const found = numbers
    .map((number) => ({ number, parts: [...read(at(number))] }))
    .map(({ number, parts }) => ({ number, parts, loss: sum(parts) }))
    .filter(({ loss }) => loss !== Number.POSITIVE_INFINITY);
  for (const { number, loss } of found) if (!Number.isFinite(loss)) refuseLoss(loss, at(number));
  const column = (value: (each: (typeof found)[number]) => number) => Float64Array.from(found, value);
  return {
    length: found.length,
    number: column(({ number }) => number),
    seconds: new Float64Array(found.length),
    loss: column(({ loss }) => loss),
    size: column(({ parts }) => sum(parts.map(Math.abs))),
    bytes: limits.map(() => new Float64Array(found.length)),
    secondsParts: () => [],
    lossParts: (i) => found[i].parts,
  };
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function isNoMore(better: readonly number[], item: readonly number[]): boolean {
  return better.every((value, i) => value <= item[i]);
}
