import { countSpace } from '../count';
import { refuse } from '../errors';
import { predictLoss } from '../law/law';
import { rooflineLatency } from '../roofline/roofline';
import { ffnCount, framesOf } from '../space';
import { makeMemo } from './memo';
import { type Prepared, prepare } from './parts';
import type { Found, Numbered, Question } from './question';
import { type Answer, searchFrame } from './separate';
import { makeStaircase, makeStairs, mergeStairs, type Stairs } from './staircase';
import { searchStretch } from './stream';

/** `separation` looks at parts of architectures, `streaming` at every architecture. */
export type Method = 'separation' | 'streaming';

/** A search in units, each of which can be done anywhere and in any order. */
export interface Plan {
  method: Method;
  /** Why the search does not separate, where it does not. */
  reason?: string;
  /** How many units there are, numbered from 0: frames of the space, or stretches of it. */
  units: number;
  /** Parts or architectures to be looked at, about. */
  work: number;
  /** What a unit gives, by question, perhaps without points that a unit beats that was asked for before. */
  search(unit: number): Answer[];
}

/** The exact frontier of a space. */
export interface Solution {
  method: Method;
  reason?: string;
  /** How many architectures the space holds. */
  space: bigint;
  /** How many latencies or losses were computed: of parts, or of whole architectures. */
  evaluated: number;
  points: Found[];
}

/** Architectures in a stretch: enough to be worth a message to a thread, few enough to be done in a second. */
const [LEAST_STRETCH, MOST_STRETCH, STRETCHES] = [1024, 2 ** 18, 1024];

/**
 * How questions about one space are answered: by separation where latency and law allow it, or else by streaming.
 * What does not depend on the law is computed once for questions that differ in the law alone; what does not depend
 * on board, task and objective, once for those that differ in these.
 */
export function planSearch(questions: readonly Question[]): Plan {
  const prepared = prepareAll(questions);
  const reason = prepared.map((each) => each.whyOperatorsMix ?? each.whySummandsMix).find((each) => each);
  return reason === undefined ? planFrames(prepared) : { reason, ...planStretches(prepared, reason) };
}

/** The same, but every architecture is looked at. */
export function planStream(questions: readonly Question[]): Plan {
  return planStretches(prepareAll(questions), 'as asked');
}

/**
 * The exact frontier of a space, in this thread. Of architectures with the same latency and loss the first in the
 * space's order is kept, as `frontier` does.
 *
 * @example solve({ space: paperSpace, law: law(), setting, objective: 'total' }).space // 8160n
 */
export function solve(question: Question): Solution {
  return solveAll([question])[0];
}

/**
 * The exact frontiers of one space under several laws, boards or tasks; `onProgress` is told the share done.
 *
 * @example solveAll([{ space: paperSpace, law: law(), setting, objective: 'total' }])[0].space // 8160n
 */
export function solveAll(
  questions: readonly Question[],
  plan = planSearch(questions),
  onProgress?: (share: number) => void,
): Solution[] {
  if (questions.length === 0) return [];
  const found = questions.map(() => gather<Numbered>());
  const evaluated = questions.map(() => 0);
  for (let unit = 0; unit < plan.units; unit++) {
    plan.search(unit).forEach((answer, q) => {
      found[q].add(answer.points);
      evaluated[q] += answer.evaluated;
    });
    onProgress?.((unit + 1) / plan.units);
  }
  const { method, reason } = plan;
  const space = countSpace(questions[0].space);
  return questions.map((question, q) => ({
    method,
    ...(reason === undefined ? {} : { reason }),
    space,
    evaluated: evaluated[q],
    points: judged(question, found[q].points()),
  }));
}

/** A frontier that grows; of equal points it keeps the first of the space, whatever order they come in. */
export function gather<P extends Numbered>(): { add(points: readonly P[]): void; points(): P[] } {
  const stairs = makeStaircase<P>();
  return {
    add(points) {
      for (const point of points) {
        const { latencySeconds, loss } = point;
        const same = stairs.find(latencySeconds, loss);
        const isFirst = same !== undefined && BigInt(point.index) < BigInt(same.index);
        if (isFirst || !stairs.covers(latencySeconds, loss)) stairs.add(latencySeconds, loss, point);
      }
    },
    points: stairs.points,
  };
}

/** Evaluates every point again by the functions for one architecture: the search must have their very bits. */
export function judged(question: Question, points: readonly Numbered[]): Found[] {
  return points.map((point) => {
    const { architecture, loss, latencySeconds } = point;
    const latency = rooflineLatency(architecture, question.setting);
    const again = latency[`${question.objective}Seconds`];
    if (again !== latencySeconds || predictLoss(question.law, architecture).loss !== loss)
      throw new Error(
        `the search and the functions for one architecture differ: ${JSON.stringify(architecture)}`,
      );
    return { ...point, memoryBytes: latency.memory.totalBytes, fits: latency.memory.fits };
  });
}

function prepareAll(questions: readonly Question[]): Prepared[] {
  const memos = { seconds: makeMemo(), loss: makeMemo() };
  return questions.map((question) => prepare(question, memos));
}

function planFrames(prepared: Prepared[]): Plan {
  const { space } = prepared[0].question;
  const frames = framesOf(space);
  const perDepth = frames.reduce((sum, frame) => sum + BigInt(frame.length), 0n);
  // What a unit found that an earlier one beats would go as soon as both are gathered.
  const known = prepared.map(() => makeStairs());
  return {
    method: 'separation',
    units: frames.length,
    work: frames.length * ffnCount(space) * prepared.length,
    search: (unit) =>
      prepared.map((each, q) => {
        const answer = searchFrame(each, frames[unit], perDepth, known[q]);
        known[q] = withPoints(known[q], answer.points);
        return answer;
      }),
  };
}

/** Stairs and the points of a frontier. */
function withPoints(stairs: Stairs, points: readonly Numbered[]): Stairs {
  if (points.length === 0) return stairs;
  const all = makeStairs(stairs.length + points.length);
  const seconds = Float64Array.from(points, (point) => point.latencySeconds);
  mergeStairs(
    stairs,
    { length: points.length, seconds, loss: Float64Array.from(points, (p) => p.loss) },
    all,
  );
  return all;
}

function planStretches(prepared: Prepared[], reason: string): Plan {
  const { space } = prepared[0].question;
  const frames = framesOf(space);
  const all = frames.reduce((sum, frame) => sum + frame.length, 0) * space.depths.length;
  if (all > Number.MAX_SAFE_INTEGER)
    refuse(
      `the space names ${all} architectures, to be looked at one by one (${reason}); at most 2^53 can be`,
    );
  const size = Math.max(LEAST_STRETCH, Math.min(MOST_STRETCH, Math.ceil(all / STRETCHES)));
  return {
    method: 'streaming',
    units: Math.ceil(all / size),
    work: all * prepared.length,
    search: (unit) =>
      prepared.map((each) => searchStretch(each, frames, unit * size, Math.min(all, (unit + 1) * size))),
  };
}
