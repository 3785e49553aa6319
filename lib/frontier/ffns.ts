/** The FFNs of a frame, of which a space has most of all: what they add up to stands in columns. */
import { allowsFfn, assemble, type Frame, ffnCount } from '../space';
import { type Choices, itemsOf, pruned, type Rest, refuseLoss } from './choices';
import { choiceOf, ffnParts, ffnReader, ffnTotal, type Prepared, summandReader } from './parts';
import { bySeconds, type Items, prune } from './prune';
import { makeStairs, mergeStairs, stairWithin } from './staircase';
import { join, none, pick, type Sums } from './sums';

/** FFNs of a frame that are looked at together. */
const CHUNK = 8192;

/**
 * The FFNs of a frame worth keeping, found a chunk at a time, so that memory does not grow with the space; and how
 * many there were. Bytes are what a layer needs more than with the first FFN.
 */
export function ffnChoices(prepared: Prepared, frame: Frame, rest: Rest): { kept: Choices; count: number } {
  const { summands, question } = prepared;
  const read = ffnReader(question.space, frame);
  const summandsOf = summandReader(summands.filter((summand) => choiceOf(summand) === 'ffn'));
  const valuesOf = (ffn: number) => summandsOf(read(ffn));
  const withParts = (sums: Sums): Choices => ({
    ...sums,
    secondsParts: (i) => ffnParts(prepared, read(sums.number[i])),
    lossParts: (i) => [...valuesOf(sums.number[i])],
  });
  const all = ffnCount(question.space);
  let kept = none(prepared.limits.length);
  let count = 0;
  for (let from = 0; from < all; from += CHUNK) {
    const chunk = withParts(ffnSums(prepared, frame, valuesOf, from, Math.min(all, from + CHUNK)));
    count += chunk.length;
    const items = itemsOf(chunk, rest);
    const left = prune(items, bySeconds(items, unbeaten(items, chunk.length, kept)));
    kept = pruned(withParts(join(kept, pick(chunk, left))), rest);
  }
  return { kept: withParts(kept), count };
}

/** Items that none of `before`, which come by seconds, clearly beats: quicker to see than to sort. */
function unbeaten(items: Items, length: number, before: Sums): number[] {
  const stairs = makeStairs(before.length);
  if (items.bytes.length === 0) mergeStairs(makeStairs(), before, stairs);
  const left: number[] = [];
  for (let i = 0; i < length; i++) {
    const at = stairWithin(stairs, items.seconds[i] - items.secondsSlack(i));
    if (at < 0 || stairs.loss[at] > items.loss[i] - items.lossSlack(i)) left.push(i);
  }
  return left;
}

/** What FFNs `from` … `to` − 1 add up to, apart from those that the rules or the law leave out. */
function ffnSums(
  prepared: Prepared,
  frame: Frame,
  valuesOf: (ffn: number) => readonly number[],
  from: number,
  to: number,
): Sums {
  const { limits, question, remember } = prepared;
  const { space } = question;
  const read = ffnReader(space, frame);
  const number: number[] = [];
  for (let ffn = from; ffn < to; ffn++) {
    const { ffnRatio, activeExperts } = read(ffn);
    if (allowsFfn(space, frame.width, ffnRatio, activeExperts)) number.push(ffn);
  }
  const [seconds] = remember.seconds(frame, from, () => {
    const column = new Float64Array(number.length);
    for (let i = 0; i < number.length; i++) column[i] = ffnTotal(prepared, read(number[i]));
    return [column];
  });
  const [loss, size] = remember.loss(frame, from, () => {
    const columns = [new Float64Array(number.length), new Float64Array(number.length)];
    for (let i = 0; i < number.length; i++)
      for (const value of valuesOf(number[i])) {
        columns[0][i] += value;
        columns[1][i] += Math.abs(value);
      }
    return columns;
  });
  const at = (ffn: number, depth = 1) => assemble(space, frame, depth, ffn, frame.kvHeads[0]);
  const some: number[] = [];
  for (let i = 0; i < number.length; i++) {
    if (loss[i] === Number.POSITIVE_INFINITY) continue;
    if (!Number.isFinite(loss[i])) refuseLoss(loss[i], at(number[i]));
    some.push(i);
  }
  const bytes = limits.map(({ measure }) => {
    const layer = (ffn: number) => measure(at(ffn, 2)) - measure(at(ffn));
    const first = layer(0);
    return Float64Array.from(number, (ffn) => layer(ffn) - first);
  });
  const sums = {
    ...{ length: number.length, number: Float64Array.from(number) },
    ...{ seconds, loss, size, bytes },
  };
  return some.length === number.length ? sums : pick(sums, some);
}
