/**
 * Architectures of one frame put together from parts: the seconds and the law's summands of each attention choice,
 * each FFN and each depth, from which latency and loss come to the same bits as from the whole architecture.
 */
import { type Architecture, type ArchitectureTable, toTable } from '../architecture';
import { architectureVariable, type Columns } from '../law/law';
import { LAYER_OPERATORS, operatorNames } from '../roofline/costs';
import { type OperatorTimer, operatorTimer } from '../roofline/roofline';
import { assemble, type Frame, ffnCount, type Space } from '../space';
import {
  type Choice,
  operatorDependence,
  phasesOf,
  type Summand,
  summandsOf,
  whyOperatorsMix,
  whySummandsMix,
} from './dependence';
import { type Limit, limitsOf, type Question } from './question';

/** A question with what is the same for all its frames. */
export interface Prepared {
  question: Question;
  /** Makes tables of a frame's FFNs from number `from` on, or finds them where another question made them. */
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

/** Tables of the frame that is being searched, by what they depend on; see `planSearch`. */
export type Memos = ReturnType<typeof makeMemos>;

/** FFNs of a frame, at most, whose tables are kept for the next question. */
const MOST_KEPT = 2 ** 17;

export function makeMemos() {
  let frame: Frame | undefined;
  let tables = new Map<string, Float64Array[]>();
  return (of: Frame, key: string, make: () => Float64Array[]): Float64Array[] => {
    if (of !== frame) [frame, tables] = [of, new Map()];
    const known = tables.get(key);
    if (known !== undefined) return known;
    const made = make();
    tables.set(key, made);
    return made;
  };
}

export function prepare(question: Question, memos?: Memos): Prepared {
  const operators = operatorDependence(question.setting, question.objective);
  const summands = summandsOf(question.law);
  const { space, setting, objective, law } = question;
  const isKept = memos !== undefined && ffnCount(space) <= MOST_KEPT;
  const [ofSetting, ofLaw] = [JSON.stringify([setting, objective]), JSON.stringify(law)];
  return {
    question,
    remember: {
      seconds: (frame, from, make) => (isKept ? memos(frame, `${from} ${ofSetting}`, make) : make()),
      loss: (frame, from, make) => (isKept ? memos(frame, `${from} ${ofLaw}`, make) : make()),
    },
    timers: phasesOf(question.objective).map((phase) => operatorTimer(question.setting, phase)),
    firstFfn: operators.findIndex((each) => each.has('ffn')),
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

/** Seconds of each operator from the first that depends on the FFN, by phase: a row for each FFN. */
export function ffnSeconds(
  { question, timers, firstFfn }: Prepared,
  frame: Frame,
  from: number,
  to: number,
): Float64Array[] {
  const table = ffnTable(question.space, frame, from, to);
  const operators = LAYER_OPERATORS - firstFfn;
  return timers.map((timer) => {
    const seconds = new Float64Array(table.length * operators);
    for (let i = 0, at = 0; i < table.length; i++) {
      timer.takeFfn(table, i);
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

/** FFNs of a frame as columns, with the first attention choice and one layer. */
function ffnTable(space: Space, frame: Frame, from: number, to: number): ArchitectureTable {
  const length = to - from;
  const all = (value: number) => new Float64Array(length).fill(value);
  const table = {
    length,
    depth: all(1),
    ...{ width: all(frame.width), heads: all(frame.heads), headDim: all(frame.headDim) },
    ...{ kvHeads: all(frame.kvHeads[0]), ffnRatio: all(0), experts: all(0), activeExperts: all(0) },
    ...{ vocabulary: all(space.vocabulary ?? 0), ffnMatrices: all(3) },
  };
  const at = ffnReader(space, frame, from);
  for (let i = 0; i < length; i++) {
    const { ffnRatio, experts, activeExperts } = at(i);
    table.ffnRatio[i] = ffnRatio;
    table.experts[i] = experts;
    table.activeExperts[i] = activeExperts;
  }
  return table;
}

/** Reads the FFNs of a frame from number `from` on as architectures, each into the same object. */
export function ffnReader(space: Space, frame: Frame, from: number): (i: number) => Architecture {
  const { ffnRatios, mixtures } = space;
  const architecture = assemble(space, frame, 1, from, frame.kvHeads[0]);
  return (i) => {
    const ffn = from + i;
    const mixture = ffn % mixtures.length;
    architecture.ffnRatio = ffnRatios[(ffn - mixture) / mixtures.length];
    architecture.experts = mixtures[mixture][0];
    architecture.activeExperts = mixtures[mixture][1];
    return architecture;
  };
}

/** Values of summands on `length` architectures, each in a column of its own. `at` may use the same object again. */
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
  const others = [...choices].filter((choice) => choice !== 'frame');
  return others.length > 1 ? 'several' : (others[0] ?? 'frame');
}
