import { extent, mean, median, sampleRankCorrelation } from 'simple-statistics';
import type { Architecture } from '../architecture';
import { evaluateArchitectures, type LatencyObjective } from '../frontier/evaluate';
import { frontierOf } from '../frontier/frontier';
import type { Candidate } from '../frontier/search';
import type { Law } from '../law/law';
import type { Profile } from '../roofline/profile';
import type { Setting } from '../roofline/roofline';

/** What a profile changes in a search for architectures. */
export interface Shift {
  /** Rank correlation of all latencies, ideal and under the profile. */
  spearman: number;
  /** Latency under the profile over ideal latency, of all architectures. */
  slowdown: { least: number; median: number; most: number };
  /** The frontier under the profile. */
  frontier: Candidate[];
  /** The frontier of the ideal roofline, in its own time. */
  idealFrontier: Candidate[];
  /** The ideal roofline's frontier, timed under the profile. */
  idealChoices: Candidate[];
  /** Of the architectures on either frontier, the share that is on both. */
  overlap: number;
  /** Nats that the ideal choices lose to the frontier at its latencies, on average and at most. */
  meanRegretNats: number;
  maxRegretNats: number;
}

/**
 * How ranking and frontier of `architectures` change from the ideal roofline to `profile`.
 *
 * @example shiftOf(candidates, law(), setting, idealProfile, 'total').overlap // 1
 */
export function shiftOf(
  architectures: readonly Architecture[],
  law: Law,
  setting: Setting,
  profile: Profile,
  objective: LatencyObjective,
): Shift {
  const ideal = evaluateArchitectures(architectures, law, { ...setting, profile: undefined }, objective);
  const real = evaluateArchitectures(architectures, law, { ...setting, profile }, objective);
  const realOf = new Map(real.map((candidate) => [candidate.architecture, candidate]));
  const frontier = frontierOf(real);
  const idealFrontier = frontierOf(ideal);
  const idealChoices = idealFrontier.map(({ architecture }) => realOf.get(architecture)!);
  const chosen = new Set(idealChoices);
  const both = frontier.filter((candidate) => chosen.has(candidate)).length;
  const regrets = frontier.map(({ latencySeconds, loss }) => {
    const affordable = idealChoices.filter((choice) => choice.latencySeconds <= latencySeconds);
    return Math.min(...affordable.map((choice) => choice.loss)) - loss;
  });
  // Below the fastest ideal choice there is nothing to compare with.
  const comparable = regrets.filter(Number.isFinite);
  const slowdowns = real.map(({ latencySeconds }, i) => latencySeconds / ideal[i].latencySeconds);
  const [least, most] = extent(slowdowns);
  const seconds = (candidates: readonly Candidate[]) => candidates.map((c) => c.latencySeconds);
  return {
    spearman: sampleRankCorrelation(seconds(ideal), seconds(real)),
    slowdown: { least, median: median(slowdowns), most },
    frontier,
    idealFrontier,
    idealChoices,
    overlap: both / (frontier.length + idealChoices.length - both),
    meanRegretNats: mean(comparable),
    maxRegretNats: Math.max(...comparable),
  };
}

/** A shift for each kind of latency. */
export type Shifts = Record<LatencyObjective, Shift>;

/**
 * `shiftOf` for prefill, decode and total.
 *
 * @example shiftsOf(candidates, law(), setting, idealProfile).total.overlap // 1
 */
export function shiftsOf(
  architectures: readonly Architecture[],
  law: Law,
  setting: Setting,
  profile: Profile,
): Shifts {
  const each = (objective: LatencyObjective) => shiftOf(architectures, law, setting, profile, objective);
  return { prefill: each('prefill'), decode: each('decode'), total: each('total') };
}
