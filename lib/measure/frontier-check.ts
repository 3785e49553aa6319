/** The paper's last step: the frontier's best, and the next best beside them, run for real. */
import { median, sampleRankCorrelation } from 'simple-statistics';
import type { Architecture } from '../architecture';
import { evaluateArchitectures } from '../frontier/evaluate';
import { frontierOf } from '../frontier/frontier';
import type { Candidate as Scored } from '../frontier/search';
import type { Law } from '../law/law';
import { rooflineLatency, type Setting } from '../roofline/roofline';
import type { FormatName } from './formats';
import { runnable } from './gguf';
import type { Job } from './job';
import { jobOf } from './plan';
import type { Row } from './table';

/** A job of the frontier or beside it, and what is expected of it. */
export interface Expectation<J = Job> {
  job: J;
  loss: number;
  predictedSeconds: number;
}

/**
 * `top` architectures of the frontier of `candidates`, spread evenly over it, and as many of the frontier that is left
 * when those on the first are taken away: challengers, which a wrong order would put in front.
 */
export function frontierJobs(
  candidates: readonly Architecture[],
  law: Law,
  setting: Setting,
  format: FormatName,
  top: number,
): Expectation[] {
  const { inputTokens, outputTokens } = setting.workload;
  const scored = evaluateArchitectures(candidates, law, setting, 'total');
  const best = frontierOf(scored);
  const next = frontierOf(scored.filter((candidate) => !best.includes(candidate)));
  const expect =
    (role: 'frontier' | 'challenger') =>
    ({ architecture: own, loss }: Scored): Expectation => {
      const { architecture } = runnable(own, format);
      const { totalSeconds } = rooflineLatency(architecture, setting);
      const job = jobOf({ architecture, format, inputTokens, outputTokens }, role);
      return { job: { ...job, id: `${role}-${job.id}` }, loss, predictedSeconds: totalSeconds };
    };
  return [...evenly(best, top).map(expect('frontier')), ...evenly(next, top).map(expect('challenger'))];
}

/** `count` of `points`, evenly spread over the logarithm of their latency, the ends among them. */
function evenly(points: readonly Scored[], count: number): Scored[] {
  if (points.length <= count) return [...points];
  const sorted = [...points].sort((a, b) => a.latencySeconds - b.latencySeconds);
  const logs = sorted.map(({ latencySeconds }) => Math.log(latencySeconds));
  const chosen = new Set<number>();
  for (let k = 0; k < count; k++) {
    const wanted = count === 1 ? logs[0] : logs[0] + (k / (count - 1)) * (logs.at(-1)! - logs[0]);
    const free = logs.map((_, i) => i).filter((i) => !chosen.has(i));
    chosen.add(free.reduce((a, b) => (Math.abs(logs[b] - wanted) < Math.abs(logs[a] - wanted) ? b : a)));
  }
  return sorted.filter((_, i) => chosen.has(i));
}

/** A measured total of a prompt and its answer. */
export interface Timed {
  measuredSeconds: number;
  /** Of the whole, from the median absolute deviations of prefill and steps. */
  deviationSeconds: number;
}

/** The total of a row, prefill and `steps` tokens. */
export function totalOf(row: Row, steps: number): Timed {
  const value = (column: string) => Number(row[column] ?? 0);
  return {
    measuredSeconds: value('prefillSeconds') + steps * value('decodeSecondsPerToken'),
    deviationSeconds: value('prefillDeviationSeconds') + steps * value('decodeDeviationSeconds'),
  };
}

/** A measured point of the frontier or beside it. */
export interface CheckedPoint extends Timed {
  id: string;
  role: 'frontier' | 'challenger';
  loss: number;
  predictedSeconds: number;
}

export interface FrontierCheck {
  points: CheckedPoint[];
  /** Rank correlation of predicted and measured seconds, of all points. */
  spearman: number | null;
  medianAbsolutePercentError: number | null;
  /** Challengers that no frontier point reaches in loss and time, beyond three deviations of both. */
  beats: { challenger: string; point: string }[];
}

/** What the rows say of the expectations; those without a row are left out. */
export function checkFrontier(
  expected: readonly Expectation<Pick<Job, 'id' | 'role' | 'outputTokens'>>[],
  rows: readonly Row[],
): FrontierCheck {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const points = expected.flatMap(({ job, loss, predictedSeconds }): CheckedPoint[] => {
    const row = byId.get(job.id);
    if (row === undefined) return [];
    return [
      {
        id: job.id,
        role: job.role as CheckedPoint['role'],
        loss,
        predictedSeconds,
        ...totalOf(row, job.outputTokens),
      },
    ];
  });
  const errors = points.map((p) => Math.abs(100 * (p.predictedSeconds / p.measuredSeconds - 1)));
  const rank = () =>
    sampleRankCorrelation(
      points.map((p) => p.predictedSeconds),
      points.map((p) => p.measuredSeconds),
    );
  return {
    points,
    spearman: points.length < 3 ? null : rank(),
    medianAbsolutePercentError: points.length === 0 ? null : median(errors),
    beats: beatsOf(points),
  };
}

/** Deviations beyond which a difference of two measured times is no noise. */
export const NOISE = 3;

/** Pairs in which a challenger is at least as good a model as a frontier point, and faster by more than noise. */
function beatsOf(points: readonly CheckedPoint[]): FrontierCheck['beats'] {
  const of = (role: CheckedPoint['role']) => points.filter((point) => point.role === role);
  return of('challenger').flatMap((challenger) =>
    of('frontier')
      .filter(
        (point) =>
          challenger.loss <= point.loss &&
          challenger.measuredSeconds + NOISE * (challenger.deviationSeconds + point.deviationSeconds) <
            point.measuredSeconds,
      )
      .map((point) => ({ challenger: challenger.id, point: point.id })),
  );
}
