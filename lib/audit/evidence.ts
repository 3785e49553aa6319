/** Node only: what the checks of the audit share, computed once and only if asked for. */
import type { Architecture } from '../architecture';
import { dataFile, device, model } from '../files/data';
import { evaluateArchitectures, type LatencyObjective, latencyObjectives } from '../frontier/evaluate';
import { frontierOf } from '../frontier/frontier';
import type { Candidate } from '../frontier/search';
import type { Fit } from '../law/fit/fit';
import { readRuns } from '../law/fit/read-runs';
import type { Runs } from '../law/fit/runs';
import type { Law } from '../law/law';
import { paperCandidates } from '../law/reconstruct';
import type { MeasuredHere } from '../measure/here';
import { type Shifts, shiftsOf } from '../measured/matter';
import { boardProfiles } from '../measured/profiles';
import type { Profile } from '../roofline/profile';
import type { Setting } from '../roofline/roofline';
import { enumerateSpace, paperSpace } from '../space';
import type { TinyRuns } from '../train/tiny-runs';
import { type Precision, paperWorkload } from '../workload';
import type { FittedRouter } from './routers';

/** The law under audit, the paper's board and workload, and what follows from them. */
export interface Evidence {
  law: Law;
  /** AGX Orin 64GB (our assumption), 1,024 tokens in, 16 out. */
  setting: (precision: Precision) => Setting;
  /** The 1,942 candidates. */
  candidates: () => Architecture[];
  /** The 8,160 architectures of the space. */
  grid: () => Architecture[];
  qwen: () => Architecture;
  /** Frontier of the candidates. */
  frontier: (precision: Precision, objective: LatencyObjective) => Candidate[];
  /** Frontier of the grid. */
  gridFrontier: (precision: Precision, objective: LatencyObjective) => Candidate[];
  /** Frontier points of fp16 and int8 together, for one objective or for all. */
  points: (objective?: LatencyObjective) => Candidate[];
  /** The reconstructed runs. */
  runs: () => Promise<Runs>;
  /** Eq. 2 fitted to them. */
  fit: () => Promise<Fit>;
  /** What the calibrated roofline changes, and the same with the overhead on operators. */
  shifts: () => { calibrated: Shifts; onOperators: Shifts };
  /** Part of Eq. 2 fitted to the runs of Clark et al., a router each; none where their table is absent. */
  routers: () => Promise<FittedRouter[]>;
  /** What we measured on one machine. */
  here: () => Promise<MeasuredHere>;
  /** The models that we trained, and Eq. 2 fitted to them. */
  tinyRuns: () => Promise<TinyRuns>;
}

/** Evidence for a law; nothing is computed before it is asked for. */
export function gatherEvidence(law: Law): Evidence {
  const orin = device('jetson-agx-orin-64gb');
  const setting = (precision: Precision) => ({ device: orin, workload: paperWorkload, precision });
  const candidates = once(paperCandidates);
  const grid = once(() => enumerateSpace(paperSpace));
  const frontierAmong = (among: () => Architecture[]) =>
    remembered((precision: Precision, objective: LatencyObjective) =>
      frontierOf(evaluateArchitectures(among(), law, setting(precision), objective)),
    );
  const frontier = frontierAmong(candidates);
  const runs = once(() => readRuns(dataFile('runs-170.csv')));
  const points = (objective?: LatencyObjective) =>
    (objective === undefined ? latencyObjectives : [objective]).flatMap((each) =>
      (['fp16', 'int8'] as const).flatMap((precision) => frontier(precision, each)),
    );
  return {
    law,
    setting,
    candidates,
    grid,
    qwen: once(() => model('qwen2.5-0.5b').architecture),
    frontier,
    gridFrontier: frontierAmong(grid),
    points,
    runs,
    fit: once(async () => {
      const { fit } = await import('../law/fit/fit.js');
      return fit(await runs());
    }),
    shifts: once(() => {
      const { profile, onOperators } = boardProfiles(orin.id);
      const under = (each: Profile) => shiftsOf(grid(), law, setting('fp16'), each);
      return { calibrated: under(profile), onOperators: under(onOperators) };
    }),
    routers: once(async () => {
      const { fitRouters } = await import('./routers.js');
      return fitRouters();
    }),
    here: once(async () => {
      const { measuredHere } = await import('../measure/here.js');
      return measuredHere();
    }),
    tinyRuns: once(async () => {
      const { readTinyRuns } = await import('../train/tiny-runs.js');
      return readTinyRuns();
    }),
  };
}

/** `compute`, called at most once. */
function once<T>(compute: () => T): () => T {
  let kept: { value: T } | undefined;
  return () => {
    kept ??= { value: compute() };
    return kept.value;
  };
}

/** `compute` of two names, called at most once for each pair. */
function remembered<A extends string, B extends string, T>(compute: (a: A, b: B) => T): (a: A, b: B) => T {
  const kept = new Map<string, T>();
  return (a, b) => {
    const key = `${a} ${b}`;
    if (!kept.has(key)) kept.set(key, compute(a, b));
    return kept.get(key)!;
  };
}
