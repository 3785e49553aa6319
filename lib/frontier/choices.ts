/** The choices that make a layer or a model, each with what it adds to seconds, loss and bytes; see `separate.ts`. */
import type { Architecture } from '../architecture';
import { refuse, show } from '../errors';
import { allowsDepth, assemble, type Frame } from '../space';
import { type AttentionSeconds, choiceOf, type Prepared, summandValues } from './parts';
import { bySeconds, type Items, prune } from './prune';

/** The rounding of a sum of some fifty numbers is less than a tenth of this share of it. */
export const ROUNDING = 1e-13;
/** The same of bytes, which are differences of such sums. */
export const BYTES_ROUNDING = 1e-11;

/** Choices of one kind (attention, FFN, depth), or layers made of an attention and an FFN. */
export interface Choices {
  length: number;
  /** Places in their list; of layers, place of the FFN times attention choices plus place of the attention. */
  number: number[];
  /** Seconds in a layer; of depths, the layers. */
  seconds: number[];
  loss: number[];
  /** Sum of the sizes of the loss's summands. */
  size: number[];
  /** Bytes in a layer, by limit. */
  bytes: number[][];
  /** The numbers of which seconds and loss are sums. */
  secondsParts: Float64Array[][];
  lossParts: Float64Array[][];
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
    length: order.length,
    number: pick(choices.number, order),
    seconds: pick(choices.seconds, order),
    loss: pick(choices.loss, order),
    size: pick(choices.size, order),
    bytes: choices.bytes.map((each) => pick(each, order)),
    secondsParts: pick(choices.secondsParts, order),
    lossParts: pick(choices.lossParts, order),
  };
}

/** Choices as `prune` reads them. */
export function itemsOf(choices: Choices, rest: Rest): Items {
  const { number, seconds, loss, size, bytes, secondsParts, lossParts } = choices;
  return {
    ...{ seconds, loss, bytes },
    ...slacks({ seconds, loss, size, bytes }, rest),
    isNoSlower: (better, i) => isNoMore(secondsParts[better], secondsParts[i]),
    isNoLossier: (better, i) => isNoMore(lossParts[better], lossParts[i]),
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
  choices.seconds = choices.number.map((d) => depths[d]);
  choices.secondsParts = choices.seconds.map((depth) => [Float64Array.of(depth)]);
  // A shallower model needs fewer bytes, so that there is nothing to be compared.
  choices.bytes = [];
  return choices;
}

/** The attention choices of a frame. Bytes of a layer are those with the first FFN. */
export function attentionChoices(
  prepared: Prepared,
  frame: Frame,
  phases: readonly AttentionSeconds[],
): Choices {
  const at = (a: number, depth = 1) => assemble(prepared.question.space, frame, depth, 0, frame.kvHeads[a]);
  const choices = collect(prepared, 'attention', [...frame.kvHeads.keys()], (a) => at(a));
  choices.secondsParts = choices.number.map((a) => [Float64Array.from(phases, ({ leading }) => leading[a])]);
  choices.seconds = choices.secondsParts.map(([own]) => sum(own));
  choices.bytes = prepared.limits.map(({ measure }) =>
    choices.number.map((a) => measure(at(a, 2)) - measure(at(a))),
  );
  return choices;
}

/** Every attention with every FFN. */
export function layerChoices(attention: Choices, ffns: Choices, frame: Frame): Choices {
  const layers = none(attention.bytes.length);
  for (let a = 0; a < attention.length; a++)
    for (let f = 0; f < ffns.length; f++) {
      layers.length++;
      layers.number.push(ffns.number[f] * frame.kvHeads.length + attention.number[a]);
      layers.seconds.push(attention.seconds[a] + ffns.seconds[f]);
      layers.loss.push(attention.loss[a] + ffns.loss[f]);
      layers.size.push(attention.size[a] + ffns.size[f]);
      for (let k = 0; k < layers.bytes.length; k++)
        layers.bytes[k].push(attention.bytes[k][a] + ffns.bytes[k][f]);
      layers.secondsParts.push([...attention.secondsParts[a], ...ffns.secondsParts[f]]);
      layers.lossParts.push([...attention.lossParts[a], ...ffns.lossParts[f]]);
    }
  return layers;
}

/** The loss that the law gives the frame alone. */
export function frameLoss({ question, summands }: Prepared, frame: Frame): number {
  const own = summands.filter((summand) => choiceOf(summand) === 'frame');
  const values = summandValues(own, 1, () => assemble(question.space, frame, 1, 0, frame.kvHeads[0]));
  return values.reduce((total, [value]) => total + value, 0);
}

/** Refuses a loss that is no number, and one below all others, with which nothing can be compared. */
export function refuseLoss(loss: number, architecture: Architecture): never {
  return refuse(`the law gives loss ${loss} for the architecture ${show(architecture)}`);
}

export const largest = (values: readonly number[]) =>
  values.reduce((most, value) => Math.max(most, value), 0);

/** Choices with the summands of the law that depend on them; those of infinite loss are no part of a frontier. */
function collect(
  { summands, limits }: Prepared,
  choice: 'depth' | 'attention',
  numbers: readonly number[],
  at: (number: number) => Architecture,
): Choices {
  const own = summands.filter((summand) => choiceOf(summand) === choice);
  const values = summandValues(own, numbers.length, (i) => at(numbers[i]));
  const choices = none(limits.length);
  numbers.forEach((number, i) => {
    const parts = Float64Array.from(values, (each) => each[i]);
    const loss = sum(parts);
    if (loss === Number.POSITIVE_INFINITY) return;
    if (!Number.isFinite(loss)) refuseLoss(loss, at(number));
    choices.length++;
    choices.number.push(number);
    choices.loss.push(loss);
    choices.size.push(parts.reduce((total, value) => total + Math.abs(value), 0));
    choices.lossParts.push([parts]);
  });
  return choices;
}

/** No choices yet. */
export function none(limits: number): Choices {
  const bytes = Array.from({ length: limits }, (): number[] => []);
  return { length: 0, number: [], seconds: [], loss: [], size: [], bytes, secondsParts: [], lossParts: [] };
}

/** Choices of both. */
export function join(x: Choices, y: Choices): Choices {
  return {
    length: x.length + y.length,
    number: [...x.number, ...y.number],
    seconds: [...x.seconds, ...y.seconds],
    loss: [...x.loss, ...y.loss],
    size: [...x.size, ...y.size],
    bytes: x.bytes.map((each, limit) => [...each, ...y.bytes[limit]]),
    secondsParts: [...x.secondsParts, ...y.secondsParts],
    lossParts: [...x.lossParts, ...y.lossParts],
  };
}

const pick = <T>(values: readonly T[], order: readonly number[]) => order.map((i) => values[i]);

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function isNoMore(better: readonly Float64Array[], item: readonly Float64Array[]): boolean {
  return better.every((part, k) => part.every((value, i) => value <= item[k][i]));
}
