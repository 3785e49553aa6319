/** The FFNs of a frame, of which a space has most of all: they stay columns as long as they can. */
import { allowsFfn, assemble, type Frame, ffnCount } from '../space';
import { type Choices, join, none, pruned, type Rest, refuseLoss, slacks } from './choices';
import { choiceOf, ffnReader, ffnSeconds, type Prepared, summandValues } from './parts';
import { bySeconds, type Items, prune } from './prune';
import { makeStaircase } from './staircase';

/** FFNs of a frame that are looked at together. */
const CHUNK = 8192;

/**
 * The FFNs of a frame worth keeping, found a chunk at a time, so that memory does not grow with the space; and how
 * many there were. Bytes are what a layer needs more than with the first FFN.
 */
export function ffnChoices(prepared: Prepared, frame: Frame, rest: Rest): { kept: Choices; count: number } {
  const { space } = prepared.question;
  let kept = none(prepared.limits.length);
  let count = 0;
  for (let from = 0; from < ffnCount(space); from += CHUNK) {
    const to = Math.min(ffnCount(space), from + CHUNK);
    const chunk = ffnChunk(prepared, frame, from, to, rest, kept);
    count += chunk.count;
    kept = pruned(join(kept, chunk.kept), rest);
  }
  return { kept, count };
}

/**
 * The same of FFNs `from` … `to` − 1, without those that one of `before` beats. They stay columns until it is known
 * which few are to become objects.
 */
function ffnChunk(prepared: Prepared, frame: Frame, from: number, to: number, rest: Rest, before: Choices) {
  const { limits, question, summands, remember } = prepared;
  const { space } = question;
  const at = (f: number, depth = 1) => assemble(space, frame, depth, f, frame.kvHeads[0]);
  const phases = remember.seconds(frame, from, () => ffnSeconds(prepared, frame, from, to));
  const operators = phases[0].length / (to - from);
  const own = summands.filter((summand) => choiceOf(summand) === 'ffn');
  const read = ffnReader(space, frame, from);
  const values = remember.loss(frame, from, () => summandValues(own, to - from, read));
  const seconds = new Float64Array(to - from);
  const loss = new Float64Array(to - from);
  const size = new Float64Array(to - from);
  const allowed: number[] = [];
  for (let i = 0; i < to - from; i++) {
    const { ffnRatio, activeExperts } = read(i);
    if (!allowsFfn(space, frame.width, ffnRatio, activeExperts)) continue;
    for (const phase of phases)
      for (let k = i * operators; k < (i + 1) * operators; k++) seconds[i] += phase[k];
    for (const value of values) {
      loss[i] += value[i];
      size[i] += Math.abs(value[i]);
    }
    if (loss[i] === Number.POSITIVE_INFINITY) continue;
    if (!Number.isFinite(loss[i])) refuseLoss(loss[i], at(from + i));
    allowed.push(i);
  }
  const bytes = limits.map(({ measure }) => {
    const layer = (f: number) => measure(at(f, 2)) - measure(at(f));
    const first = layer(0);
    return Float64Array.from(seconds, (_, i) => layer(from + i) - first);
  });
  const isNoMore = (tables: readonly Float64Array[], width: number) => (better: number, i: number) =>
    tables.every((table) => {
      for (let k = 0; k < width; k++) if (table[better * width + k] > table[i * width + k]) return false;
      return true;
    });
  const items: Items = {
    ...{ seconds, loss, bytes },
    ...slacks({ seconds, loss, size, bytes }, rest),
    isNoSlower: isNoMore(phases, operators),
    isNoLossier: isNoMore(values, 1),
    isBefore: (better, i) => better < i,
  };
  // Most are beaten by what came before, which is quicker to see than to sort.
  const stairs = makeStaircase<undefined>();
  if (limits.length === 0)
    for (let k = 0; k < before.length; k++)
      if (!stairs.covers(before.seconds[k], before.loss[k]))
        stairs.add(before.seconds[k], before.loss[k], undefined);
  const left = allowed.filter(
    (i) => !stairs.covers(seconds[i] - items.secondsSlack(i), loss[i] - items.lossSlack(i)),
  );
  const order = prune(items, bySeconds(items, left));
  const kept: Choices = {
    length: order.length,
    number: order.map((i) => from + i),
    seconds: order.map((i) => seconds[i]),
    loss: order.map((i) => loss[i]),
    size: order.map((i) => size[i]),
    bytes: bytes.map((each) => order.map((i) => each[i])),
    secondsParts: order.map((i) => phases.map((phase) => phase.slice(i * operators, (i + 1) * operators))),
    lossParts: order.map((i) => [Float64Array.from(values, (value) => value[i])]),
  };
  return { kept, count: allowed.length };
}
