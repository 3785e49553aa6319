/** The paper's experiment in miniature (§4.3.5): a baseline, and the best architecture that is no slower. */
import { mean, sampleVariance } from 'simple-statistics';
import { type Architecture, validateArchitecture } from '../architecture';
import { refuse } from '../errors';
import { frontierOf } from '../frontier/frontier';
import type { Candidate } from '../frontier/search';
import { type Law, predictLosses } from '../law/law';
import { enumerateSpace, type Space } from '../space';
import { type PlannedRun, TINY_PLAN, tinyProtocol, tinySpace } from './plan';
import type { RunRow } from './runs-table';

/**
 * Qwen2.5-0.5B at this scale: its depth 24 over 4 and its width 896 over about 24, as `tinySpace` is the paper's
 * space over the same; few KV heads (one of three; 2 of 14 there), and its FFN ratio of 5.4, dense.
 */
export const tinyBaseline: Architecture = {
  depth: 6,
  width: 48,
  heads: 3,
  headDim: 16,
  kvHeads: 1,
  ffnRatio: 16 / 3,
  experts: 1,
  activeExperts: 1,
  vocabulary: TINY_PLAN.vocabulary,
  qkNorm: true,
};

/** Seconds of many architectures, measured or by a roofline. */
export type Latencies = (architectures: readonly Architecture[]) => ArrayLike<number>;

/**
 * The architecture of `space` with the lowest loss by `law` among those no slower than `baseline`, with the same
 * vocabulary; how many those are; and the frontier of the space. Refused where none is as fast. The baseline's own loss
 * is the law's, even outside its ranges.
 *
 * @example codesign(law(), (all) => all.map((each) => each.depth)).designed.architecture.depth // 6
 */
export function codesign(
  law: Law,
  latencies: Latencies,
  { baseline = tinyBaseline, space = tinySpace }: { baseline?: Architecture; space?: Space } = {},
): { baseline: Candidate; designed: Candidate; considered: number; frontier: Candidate[] } {
  const { vocabulary, qkNorm } = validateArchitecture(baseline);
  const architectures = [
    baseline,
    ...enumerateSpace(space).map((architecture) => ({ ...architecture, vocabulary, qkNorm })),
  ];
  const losses = predictLosses(law, architectures);
  const seconds = latencies(architectures);
  const all = architectures.map((architecture, i) => ({
    architecture,
    loss: losses[i],
    latencySeconds: seconds[i],
  }));
  const [own, ...others] = all;
  const fast = others.filter(({ latencySeconds }) => latencySeconds <= own.latencySeconds);
  if (fast.length === 0)
    refuse(`no architecture of the space is as fast as the baseline, ${own.latencySeconds} s`);
  const designed = fast.reduce((best, each) => (each.loss < best.loss ? each : best));
  return { baseline: own, designed, considered: fast.length, frontier: frontierOf(others) };
}

/**
 * The six runs: both architectures, three seeds each, by the protocol of the plan.
 *
 * @example codesignPlan(tinyBaseline, tinyBaseline).length // 6
 */
export function codesignPlan(baseline: Architecture, designed: Architecture): PlannedRun[] {
  return [0, 1, 2].flatMap((seed) =>
    (
      [
        ['baseline', baseline],
        ['designed', designed],
      ] as const
    ).map(([name, architecture]) => ({
      run: `${name}-s${seed}`,
      architecture,
      split: 'validation' as const,
      seed,
      ...tinyProtocol,
    })),
  );
}

/** What training both came to. */
export interface CodesignOutcome {
  /** Held-out losses by seed. */
  baseline: number[];
  designed: number[];
  /** Mean loss of the baseline less that of the designed architecture: above zero, the method gained. */
  gain: number;
  /** Its standard error, from the spread between seeds. */
  error: number;
  /** Perplexity of the designed architecture over the baseline's, per token. */
  perplexityRatio: number;
}

/**
 * The outcome of the runs of `codesignPlan`. Refused before each architecture has two finished runs.
 *
 * @example codesignOutcome([]) // refuses: the runs called "baseline"
 */
export function codesignOutcome(rows: readonly Pick<RunRow, 'run' | 'loss' | 'status'>[]): CodesignOutcome {
  const losses = (name: string) => {
    const own = rows.filter(({ run, status }) => status === 'finished' && run.startsWith(`${name}-s`));
    if (own.length < 2)
      refuse(`of the runs called "${name}" ${own.length} are finished; two or more are needed`);
    return own.map(({ loss }) => Number(loss));
  };
  const [baseline, designed] = [losses('baseline'), losses('designed')];
  const gain = mean(baseline) - mean(designed);
  const error = Math.sqrt(
    sampleVariance(baseline) / baseline.length + sampleVariance(designed) / designed.length,
  );
  return { baseline, designed, gain, error, perplexityRatio: Math.exp(-gain) };
}
