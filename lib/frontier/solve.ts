import { countSpace } from '../count';
import { refuse } from '../errors';
import { predictLoss } from '../law/law';
import { rooflineLatency } from '../roofline/roofline';
import { framesOf } from '../space';
import { type Prepared, prepare } from './parts';
import type { Found, Numbered, Question } from './question';
import { type Answer, searchFrame } from './separate';
import { makeStaircase } from './staircase';
import { searchStretch } from './stream';

/** `separation` looks at parts of architectures, `streaming` at every architecture. */
export type Method = 'separation' | 'streaming';

/** A search in units of which each can be done anywhere, and in any order. */
export interface Plan {
  method: Method;
  /** Why the search does not separate, where it does not. */
  reason?: string;
  /** How many units there are, numbered from 0: frames of the space, or stretches of it. */
  units: number;
  search(unit: number): Answer;
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

/** How a question is answered: by separation where latency and law allow it, or else by streaming. */
export function planSearch(question: Question): Plan {
  const prepared = prepare(question);
  const reason = prepared.whyOperatorsMix ?? prepared.whySummandsMix;
  return reason === undefined ? planFrames(prepared) : { reason, ...planStretches(prepared) };
}

/** Every architecture is looked at, whether or not the question separates. */
export function planStream(question: Question): Plan {
  return planStretches(prepare(question));
}

/**
 * The exact frontier of a space, unit by unit in this thread; `onProgress` is told the share that is done. Of
 * architectures with the same latency and loss the first in the space's order is kept, as `frontier` does.
 */
export function solve(
  question: Question,
  plan = planSearch(question),
  onProgress?: (share: number) => void,
): Solution {
  const found = gather<Numbered>();
  let evaluated = 0;
  for (let unit = 0; unit < plan.units; unit++) {
    const answer = plan.search(unit);
    found.add(answer.points);
    evaluated += answer.evaluated;
    onProgress?.((unit + 1) / plan.units);
  }
  const { method, reason } = plan;
  const space = countSpace(question.space);
  return {
    method,
    ...(reason === undefined ? {} : { reason }),
    space,
    evaluated,
    points: judged(question, found.points()),
  };
}

/** A frontier of found points that grows; of equal ones it keeps the first of the space, whatever order they come in. */
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

function planFrames(prepared: Prepared): Plan {
  const frames = framesOf(prepared.question.space);
  const perDepth = frames.reduce((sum, frame) => sum + BigInt(frame.length), 0n);
  return {
    method: 'separation',
    units: frames.length,
    search: (unit) => searchFrame(prepared, frames[unit], perDepth),
  };
}

function planStretches(prepared: Prepared): Plan {
  const { space } = prepared.question;
  const frames = framesOf(space);
  const all = frames.reduce((sum, frame) => sum + frame.length, 0) * space.depths.length;
  if (all > Number.MAX_SAFE_INTEGER)
    refuse(
      `the space names ${all} architectures, which must be looked at one by one ` +
        `(${prepared.whyOperatorsMix ?? prepared.whySummandsMix}); at most 2^53`,
    );
  const size = Math.max(LEAST_STRETCH, Math.min(MOST_STRETCH, Math.ceil(all / STRETCHES)));
  return {
    method: 'streaming',
    units: Math.ceil(all / size),
    search: (unit) => searchStretch(prepared, frames, unit * size, Math.min(all, (unit + 1) * size)),
  };
}
