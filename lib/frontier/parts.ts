/**
 * Architectures of one frame put together from parts: the seconds and the law's summands of each attention choice,
 * each FFN and each depth, from which latency and loss come to the same bits as from the whole architecture.
 */
import { type Architecture, toTable } from '../architecture';
import { architectureVariable, type Columns } from '../law/law';
import { LAYER_OPERATORS, operatorNames } from '../roofline/costs';
import { type OperatorTimer, operatorTimer } from '../roofline/roofline';
import { assemble, type Frame, type Space } from '../space';
import {
  type Choice,
  operatorDependence,
  phasesOf,
  type Summand,
  summandsOf,
  whyOperatorsMix,
  whySummandsMix,
} from './dependence';
import { type Memo, makeMemo } from './memo';
import { type Limit, limitsOf, type Question } from './question';

/** A question with what is the same for all its frames. */
export interface Prepared {
  question: Question;
  /** Makes columns of a frame's FFNs from number `from` on, or finds them where they were made for the same numbers. */
  remember: Record<
    'seconds' | 'loss',
    (frame: Frame, from: number, make: () => Float64Array[]) => Float64Array[]
  >;
  /** Of the phases that count. */
  timers: OperatorTimer[];
  /** The first operator that depends on the FFN; the layer's operators before it depend on the attention alone. */
  firstFfn: number;
  summands: Summand[];
  limits: Limit[];
  /** Why latency does not separate, if so; then only whole architectures are evaluated. */
  whyOperatorsMix?: string;
  /** Why the law does not. */
  whySummandsMix?: string;
}

/** Questions that are given the same memos share what does not depend on law, board or task. */
export function prepare(question: Question, memos = { seconds: makeMemo(), loss: makeMemo() }): Prepared {
  const { setting, objective, law } = question;
  const operators = operatorDependence(setting, objective);
  const summands = summandsOf(law);
  const firstFfn = operators.findIndex((each) => each.has('ffn'));
  const recall = (
    memo: Memo,
    of: object,
    choices: readonly Set<Choice>[],
  ): Prepared['remember']['seconds'] => {
    const key = JSON.stringify(of);
    const isOfHeads = choices.some((each) => each.has('heads'));
    return ({ width, heads }, from, make) =>
      memo(isOfHeads ? `${width} ${heads}` : `${width}`, `${from} ${key}`, make);
  };
  const ofFfn = summands.filter((summand) => choiceOf(summand) === 'ffn');
  return {
    question,
    remember: {
      seconds: recall(memos.seconds, [setting, objective], operators.slice(firstFfn, LAYER_OPERATORS)),
      loss: recall(
        memos.loss,
        law,
        ofFfn.map(({ choices }) => choices),
      ),
    },
    timers: phasesOf(objective).map((phase) => operatorTimer(setting, phase)),
    firstFfn,
    summands,
    limits: limitsOf(question),
    whyOperatorsMix: whyOperatorsMix(operators),
    whySummandsMix: whySummandsMix(summands),
  };
}

/** Seconds of one phase that do not depend on the FFN. */
export interface AttentionSeconds {
  /** Of a layer's operators before the FFN, by attention choice. */
  leading: Float64Array;
  /** Of the operators that run once, and of the steps. */
  once: number;
  overhead: number;
}

/** By phase. */
export function attentionSeconds({ question, timers, firstFfn }: Prepared, frame: Frame): AttentionSeconds[] {
  const { space } = question;
  const table = toTable(frame.kvHeads.map((kv) => assemble(space, frame, 1, 0, kv)));
  return timers.map((timer) => {
    const leading = new Float64Array(table.length);
    let once = 0;
    for (let a = 0; a < table.length; a++) {
      timer.take(table, a);
      for (let operator = 0; operator < firstFfn; operator++) leading[a] += timer.seconds(operator);
    }
    for (let operator = LAYER_OPERATORS; operator < operatorNames.length; operator++)
      once += timer.seconds(operator);
    return { leading, once, overhead: timer.overhead };
  });
}

/** Seconds of an FFN's operators together, from the first that depends on it. */
export function ffnTotal({ timers, firstFfn }: Prepared, ffn: Architecture): number {
  let total = 0;
  for (const timer of timers) {
    timer.takeFfn(ffn);
    for (let operator = firstFfn; operator < LAYER_OPERATORS; operator++) total += timer.seconds(operator);
  }
  return total;
}

/** The same one by one, phase after phase. */
export function ffnParts({ timers, firstFfn }: Prepared, ffn: Architecture): number[] {
  const parts: number[] = [];
  for (const timer of timers) {
    timer.takeFfn(ffn);
    for (let operator = firstFfn; operator < LAYER_OPERATORS; operator++) parts.push(timer.seconds(operator));
  }
  return parts;
}

/** The same of FFNs `from` … `to` − 1 of a frame, by phase: a row for each FFN. */
export function ffnSeconds(
  { question, timers, firstFfn }: Prepared,
  frame: Frame,
  from: number,
  to: number,
): Float64Array[] {
  const operators = LAYER_OPERATORS - firstFfn;
  const read = ffnReader(question.space, frame);
  return timers.map((timer) => {
    const seconds = new Float64Array((to - from) * operators);
    for (let ffn = from, at = 0; ffn < to; ffn++) {
      timer.takeFfn(read(ffn));
      for (let operator = firstFfn; operator < LAYER_OPERATORS; operator++)
        seconds[at++] = timer.seconds(operator);
    }
    return seconds;
  });
}

/** Seconds of a phase, as `rooflineLatency` adds them up. */
export function phaseSeconds(
  { leading, once, overhead }: AttentionSeconds,
  ffn: Float64Array,
  operators: number,
  depth: number,
  a: number,
  f: number,
): number {
  let layer = leading[a];
  for (let at = f * operators, end = at + operators; at < end; at++) layer += ffn[at];
  return depth * layer + once + overhead;
}

/** Reads the FFNs of a frame by number as architectures of one layer, each into the same object. */
export function ffnReader(space: Space, frame: Frame): (ffn: number) => Architecture {
  const { ffnRatios, mixtures } = space;
  const architecture = assemble(space, frame, 1, 0, frame.kvHeads[0]);
  return (ffn) => {
    const mixture = ffn % mixtures.length;
    architecture.ffnRatio = ffnRatios[(ffn - mixture) / mixtures.length];
    architecture.experts = mixtures[mixture][0];
    architecture.activeExperts = mixtures[mixture][1];
    return architecture;
  };
}

/** Reads the values of summands off one architecture after the other, each time into the same array. */
export function summandReader(summands: readonly Summand[]): (architecture: Architecture) => number[] {
  const columns: Columns = {};
  const filled = [...new Set(summands.flatMap((each) => each.variables))].map((name) => {
    const values = new Float64Array(1);
    columns[name] = values;
    return { values, read: architectureVariable(name) };
  });
  const terms = summands.map((summand) => summand.on(columns));
  const found = terms.map(() => 0);
  return (architecture) => {
    for (let k = 0; k < filled.length; k++) filled[k].values[0] = filled[k].read(architecture);
    for (let k = 0; k < terms.length; k++) found[k] = terms[k](0);
    return found;
  };
}

/** Values of summands on `length` architectures, each in a column of its own. */
export function summandValues(
  summands: readonly Summand[],
  length: number,
  at: (i: number) => Architecture,
): Float64Array[] {
  const columns: Columns = {};
  const filled = [...new Set(summands.flatMap((each) => each.variables))].map((name) => {
    const values = new Float64Array(length);
    columns[name] = values;
    return { values, read: architectureVariable(name) };
  });
  for (let i = 0; i < length; i++) {
    const architecture = at(i);
    for (const { values, read } of filled) values[i] = read(architecture);
  }
  return summands.map((summand) => {
    const value = summand.on(columns);
    const values = new Float64Array(length);
    for (let row = 0; row < length; row++) values[row] = value(row);
    return values;
  });
}

/** The one choice beside the frame on which a summand depends, `frame` where there is none, or `several`. */
export function choiceOf({ choices }: Summand): Choice | 'several' {
  const others = [...choices].filter((choice) => choice !== 'frame' && choice !== 'heads');
  return others.length > 1 ? 'several' : (others[0] ?? 'frame');
}
