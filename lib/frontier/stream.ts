/**
 * The frontier of a stretch of a space by looking at every architecture, in memory that does not grow with it. What
 * is the same for many (the seconds of an FFN, a summand of the law that does not depend on the attention) is
 * computed once for them.
 */
import { toTable } from '../architecture';
import { rooflineLatencies } from '../roofline/roofline';
import { allowsDepth, allowsFfn, assemble, type Frame, ffnAt, ffnCount } from '../space';
import { BYTES_ROUNDING, refuseLoss } from './choices';
import { attentionSeconds, ffnSeconds, type Prepared, phaseSeconds, summandValues } from './parts';
import type { Candidate } from './search';
import type { Answer } from './separate';
import { makeStaircase, type Staircase } from './staircase';

/** FFNs of a frame that are looked at together. */
const CHUNK = 4096;

/** A point with its number in the space, which is small enough to be a number. */
type Place = Candidate & { index: number };

/** FFNs `from` … `to` − 1 of a frame at one depth. */
interface Cell {
  frame: Frame;
  /** Place of the depth in its list. */
  d: number;
  from: number;
  to: number;
  /** The number in the space of its first architecture. */
  index: number;
}

/**
 * The frontier of the architectures numbered `begin` … `end` − 1 in the space's order, counted before rules.
 */
export function searchStretch(
  prepared: Prepared,
  frames: readonly Frame[],
  begin: number,
  end: number,
): Answer {
  const stairs = makeStaircase<Place>();
  let evaluated = 0;
  for (const cell of cells(prepared, frames, begin, end)) evaluated += searchCell(prepared, cell, stairs);
  const points = stairs.points().map((point) => ({ ...point, index: String(point.index) }));
  return { points, evaluated };
}

/** Cuts a stretch at depths, frames and chunks of FFNs. An FFN belongs to the stretch in which it begins. */
function* cells(
  { question: { space } }: Prepared,
  frames: readonly Frame[],
  begin: number,
  end: number,
): Generator<Cell> {
  const perDepth = frames.reduce((sum, frame) => sum + frame.length, 0);
  for (let d = Math.floor(begin / perDepth); d * perDepth < end; d++)
    for (const frame of frames) {
      if (frame.length === 0 || !allowsDepth(space, frame, space.depths[d])) continue;
      const first = d * perDepth + Number(frame.offset);
      const size = frame.kvHeads.length;
      const least = Math.max(0, Math.ceil((begin - first) / size));
      const most = Math.min(ffnCount(space), Math.ceil((end - first) / size));
      for (let from = least; from < most; from += CHUNK)
        yield { frame, d, from, to: Math.min(most, from + CHUNK), index: first + from * size };
    }
}

/** Adds the architectures of a cell to the frontier; returns how many they were. */
function searchCell(prepared: Prepared, cell: Cell, stairs: Staircase<Place>): number {
  const { question, limits } = prepared;
  const { space } = question;
  const { frame, d, from, to, index } = cell;
  const attentions = frame.kvHeads.length;
  const architectureAt = (row: number) =>
    assemble(
      space,
      frame,
      space.depths[d],
      from + Math.floor(row / attentions),
      frame.kvHeads[row % attentions],
    );
  const isWithin = limits.map(({ measure, most }) => {
    // At one depth, bytes are a sum over attention and FFN.
    const first = measure(architectureAt(0));
    const byAttention = frame.kvHeads.map((_, a) => measure(architectureAt(a)));
    const byFfn = Array.from(
      { length: to - from },
      (_, f) => measure(architectureAt(f * attentions)) - first,
    );
    return (row: number) => {
      const bytes = byAttention[row % attentions] + byFfn[Math.floor(row / attentions)];
      const isClear = Math.abs(bytes - most) > BYTES_ROUNDING * most;
      return isClear ? bytes <= most : measure(architectureAt(row)) <= most;
    };
  });
  const seconds = cellSeconds(prepared, cell, architectureAt);
  const losses = cellLosses(prepared, cell, architectureAt);
  let evaluated = 0;
  for (let f = from, row = 0; f < to; f++) {
    const { ffnRatio, activeExperts } = ffnAt(space, f);
    const isAllowed = allowsFfn(space, frame.width, ffnRatio, activeExperts);
    for (let a = 0; a < attentions; a++, row++) {
      if (!isAllowed) continue;
      evaluated++;
      const loss = losses[row];
      if (!(loss > Number.NEGATIVE_INFINITY)) refuseLoss(loss, architectureAt(row));
      if (loss === Number.POSITIVE_INFINITY || stairs.covers(seconds[row], loss)) continue;
      if (!isWithin.every((check) => check(row))) continue;
      const point = { architecture: architectureAt(row), loss, latencySeconds: seconds[row] };
      stairs.add(seconds[row], loss, { ...point, index: index + row });
    }
  }
  return evaluated;
}

/** Seconds of a cell's architectures, the attention varying fastest. */
function cellSeconds(
  prepared: Prepared,
  { frame, d, from, to }: Cell,
  architectureAt: (row: number) => ReturnType<typeof assemble>,
): Float64Array {
  const { question } = prepared;
  const attentions = frame.kvHeads.length;
  const length = (to - from) * attentions;
  if (prepared.whyOperatorsMix !== undefined) {
    const table = toTable(Array.from({ length }, (_, row) => architectureAt(row)));
    return rooflineLatencies(table, question.setting)[`${question.objective}Seconds`];
  }
  const phases = attentionSeconds(prepared, frame);
  const ffn = ffnSeconds(prepared, frame, from, to);
  const operators = ffn[0].length / (to - from);
  const depth = question.space.depths[d];
  const seconds = new Float64Array(length);
  for (let p = 0; p < phases.length; p++)
    for (let f = 0, row = 0; f < to - from; f++)
      for (let a = 0; a < attentions; a++, row++)
        seconds[row] += phaseSeconds(phases[p], ffn[p], operators, depth, a, f);
  return seconds;
}

/** Losses of a cell's architectures: its summands added in the law's order, each computed as seldom as it varies. */
function cellLosses(
  { summands }: Prepared,
  { frame, from, to }: Cell,
  architectureAt: (row: number) => ReturnType<typeof assemble>,
): Float64Array {
  const attentions = frame.kvHeads.length;
  const length = (to - from) * attentions;
  const varying = (summand: (typeof summands)[number]) => ({
    attention: summand.choices.has('attention'),
    ffn: summand.choices.has('ffn'),
  });
  const tables = summands.map((summand) => {
    const { attention, ffn } = varying(summand);
    const [count, step] = ffn
      ? attention
        ? [length, 1]
        : [to - from, attentions]
      : [attention ? attentions : 1, 1];
    return summandValues([summand], count, (i) => architectureAt(i * step))[0];
  });
  const losses = new Float64Array(length);
  summands.forEach((summand, k) => {
    const { attention, ffn } = varying(summand);
    const table = tables[k];
    for (let f = 0, row = 0; f < to - from; f++)
      for (let a = 0; a < attentions; a++, row++)
        losses[row] += table[ffn ? (attention ? row : f) : attention ? a : 0];
  });
  return losses;
}
