/** Node only: checks of the paper's findings along the frontiers (§4.2 and §4.3). */
import type { Architecture } from '../architecture';
import { device } from '../files/data';
import { evaluateArchitectures, type LatencyObjective, latencyObjectives } from '../frontier/evaluate';
import { frontier as frontierIndices, frontierOf } from '../frontier/frontier';
import { type Candidate, searchFrontier } from '../frontier/search';
import { paperSpace } from '../space';
import type { Evidence } from './evidence';
import { compared, consistent, type Finding } from './verdict';

const percent = (share: number) => `${(100 * share).toFixed(share > 0.99 && share < 1 ? 1 : 0)} %`;
const shareOf = (points: readonly Candidate[], holds: (a: Architecture) => boolean) =>
  points.filter(({ architecture }) => holds(architecture)).length / points.length;
const meanOf = (points: readonly Candidate[], read: (a: Architecture) => number) =>
  points.reduce((sum, { architecture }) => sum + read(architecture), 0) / points.length;

/** What can be said of an architecture on the frontier. */
const traits = {
  mixture: (a: Architecture) => a.experts > 1,
  topOne: (a: Architecture) => a.activeExperts === 1,
  below20Layers: (a: Architecture) => a.depth < 20,
  compactFfn: (a: Architecture) => a.ffnRatio < 1,
  belowFourFfn: (a: Architecture) => a.ffnRatio < 4,
  mostExperts: (a: Architecture) =>
    a.experts === Math.max(...paperSpace.mixtures.map(([experts]) => experts)),
  eightExperts: (a: Architecture) => a.experts === 8,
};

/** Share of frontier points, fp16 and int8 together, that have a trait; of each objective named, or of all. */
export function frontierShare(
  { points, gridFrontier }: Evidence,
  {
    trait,
    objectives,
    atLeast,
    mean,
  }: { trait: keyof typeof traits; objectives?: LatencyObjective[]; atLeast: number; mean?: 'experts' },
): Finding {
  const groups = objectives === undefined ? [undefined] : objectives;
  const shares = groups.map((objective) => shareOf(points(objective), traits[trait]));
  const ofGrid = groups.map((objective) =>
    (objective === undefined ? latencyObjectives : [objective]).flatMap((each) => gridFrontier('fp16', each)),
  );
  const without = ofGrid.flat().filter(({ architecture }) => !traits[trait](architecture));
  const slowest = Math.max(...without.map(({ latencySeconds }) => 1000 * latencySeconds));
  const last = groups.length - 1;
  const middle = mean === undefined ? undefined : meanOf(points(groups[last]), (a) => a[mean]);
  return compared(
    shares.every((share) => share >= atLeast),
    {
      ours:
        shares
          .map((share, i) => `${groups[i] === undefined ? '' : `${groups[i]} `}${percent(share)}`)
          .join(', ') + (middle === undefined ? '' : `, mean ${middle.toFixed(1)}`),
      how:
        `share of Pareto-optimal candidates, fp16 and int8; at least ${100 * atLeast} % counts as agreement; of all 8,160 at fp16: ${ofGrid.map((group) => percent(shareOf(group, traits[trait]))).join(', ')}` +
        (atLeast === 1 && without.length > 0 ? `, the others no slower than ${slowest.toFixed(1)} ms` : ''),
      value: middle ?? 100 * shares[last],
    },
  );
}

/** Mean number of experts along the frontiers: fewer for prefill than for decode, the total between? */
export function expertsByPhase({ points }: Evidence): Finding {
  const [prefill, decode, total] = latencyObjectives.map((each) => meanOf(points(each), (a) => a.experts));
  return compared(prefill < decode && prefill <= total && total <= decode, {
    ours: `mean ${prefill.toFixed(1)} in prefill, ${decode.toFixed(1)} in decode, ${total.toFixed(1)} in total`,
    how: 'mean number of experts along the frontiers of the 1,942 candidates, fp16 and int8',
    value: prefill,
  });
}

/** Whether a number grows along the frontier: its mean over the faster half against the slower half. */
export function growsWithBudget(
  { frontier }: Evidence,
  { objective, what }: { objective: LatencyObjective; what: 'experts' | 'depth' | 'width' },
): Finding {
  const points = frontier('fp16', objective);
  const half = Math.floor(points.length / 2);
  const [fast, slow] = [points.slice(0, half), points.slice(half)].map((part) =>
    meanOf(part, (a) => a[what]),
  );
  return compared(slow > fast, {
    ours: `mean ${what} ${fast.toFixed(1)} in the faster half, ${slow.toFixed(1)} in the slower`,
    how: `${objective} frontier of the candidates, fp16`,
    value: slow - fast,
  });
}

/** Which reaches its bound in the space first as the budget grows. */
export function saturation({ frontier }: Evidence, { says }: { says: 'width' | 'depth' }): Finding {
  const bound = { width: Math.max(...paperSpace.widths), depth: Math.max(...paperSpace.depths) };
  const first = (what: 'width' | 'depth') =>
    frontier('fp16', 'total').find(({ architecture }) => architecture[what] === bound[what])
      ?.latencySeconds ?? Number.POSITIVE_INFINITY;
  const [wide, deep] = [first('width'), first('depth')];
  const ms = (seconds: number) => (Number.isFinite(seconds) ? `${(1000 * seconds).toFixed(0)} ms` : 'never');
  const found = {
    ours: `width ${bound.width} at ${ms(wide)}, depth ${bound.depth} at ${ms(deep)}`,
    value: wide,
    how: 'first frontier point at the bound; total latency, fp16, candidates',
  };
  return says === 'width' ? compared(wide < deep, found) : consistent(deep < wide, found);
}

/** Whether the search finds sparsity where Theorem 5.1 puts it: at ρ_min in prefill too. */
export function sparsityInPrefill({ points }: Evidence): Finding {
  const least = Math.min(...paperSpace.mixtures.map(([experts, active]) => active / experts));
  const share = shareOf(points('prefill'), (a) => a.activeExperts / a.experts === least);
  return consistent(share > 0.9, {
    ours: `${percent(share)} of prefill-optimal candidates have ρ = ${least}`,
    how: 'Theorem 5.1 says all; §4.3.4 says that prefill favours fewer experts: the roofline counts the weights of all experts, the theory does not',
    value: share,
  });
}

/** fp16 over int8 latency at equal loss along the frontiers, and of every candidate. */
export function int8Gain(evidence: Evidence, { below }: { below: number }): Finding {
  const gains = latencyObjectives.map((objective) => {
    const int8 = evidence.frontier('int8', objective);
    return evidence
      .frontier('fp16', objective)
      .map(({ latencySeconds, loss }) => latencySeconds / int8.find((p) => p.loss <= loss)!.latencySeconds)
      .sort((a, b) => a - b);
  });
  const middle = gains.map((values) => values[Math.floor(values.length / 2)]);
  const always = gains.every((values) => values[0] >= 1);
  return compared(always && middle.every((gain) => gain < below), {
    ours: latencyObjectives.map((name, i) => `${name} ${middle[i].toFixed(2)}×`).join(', '),
    how: 'median gain at equal loss along the fp16 frontiers; linear layers alone speed up, and conversions cost time',
    value: middle[2],
  });
}

/** Table 2: each application gets an architecture, and how many different ones there are. */
export function applicationTargets(
  evidence: Evidence,
  { targets }: { targets: { name: string; objective: LatencyObjective; seconds: number }[] },
): Finding {
  const best = targets.map(({ objective, seconds }) =>
    evidence
      .frontier('fp16', objective)
      .filter(({ latencySeconds }) => latencySeconds < seconds)
      .pop(),
  );
  const different = new Set(best.map((point) => JSON.stringify(point?.architecture))).size;
  return compared(best.every((point) => point !== undefined) && different === targets.length, {
    ours: `${different} different architectures for ${targets.length} targets`,
    how: targets
      .map(({ name }, i) => `${name} ${best[i] === undefined ? 'none' : `loss ${best[i]!.loss.toFixed(2)}`}`)
      .join(', '),
    value: different,
  });
}

/** Two budgets that the paper names for one use: what the frontier has at each. */
export function twoBudgets(
  { frontier }: Evidence,
  { objective, seconds }: { objective: LatencyObjective; seconds: [number, number] },
): Finding {
  const losses = seconds.map((budget) =>
    Math.min(
      ...frontier('fp16', objective)
        .filter(({ latencySeconds }) => latencySeconds <= budget)
        .map(({ loss }) => loss),
    ),
  );
  return consistent(seconds[0] === seconds[1], {
    ours: losses
      .map((loss, i) => `${i === 0 ? 'loss ' : ''}${loss.toFixed(3)} at ${1000 * seconds[i]} ms`)
      .join(', '),
    how: 'the paper names two budgets for one application; Table 2 is used here',
    value: losses[1] - losses[0],
  });
}

/** Whether designs transfer: the architectures that are optimal on several boards and workloads alike. */
export function transfer(evidence: Evidence): Finding {
  const fp16 = evidence.setting('fp16');
  const chat = { batch: 1, inputTokens: 128, outputTokens: 512 };
  const frontiers = [
    fp16,
    { ...fp16, workload: chat },
    { ...fp16, device: device('jetson-orin-nano-8gb') },
    { ...fp16, device: device('jetson-orin-nano-8gb'), workload: chat },
  ].map((setting) => {
    const points = frontierOf(evaluateArchitectures(evidence.candidates(), evidence.law, setting, 'total'));
    return new Set(points.map(({ architecture }) => JSON.stringify(architecture)));
  });
  const [first, ...others] = frontiers;
  const common = [...first].filter((key) => others.every((each) => each.has(key))).length;
  const all = new Set(frontiers.flatMap((each) => [...each])).size;
  return compared(common < all / 2, {
    ours: `${common} of ${all} optimal architectures are so everywhere`,
    how: 'AGX Orin 64GB and Orin Nano 8GB, 1,024 tokens in and 16 out, and 128 in and 512 out; total latency, fp16',
    value: common / all,
  });
}

/** The adaptive search against the exhaustive frontier of the space. */
export function adaptiveSearch(evidence: Evidence): Finding {
  const exhaustive = evidence.gridFrontier('fp16', 'total');
  const search = searchFrontier(paperSpace, (architectures) =>
    evaluateArchitectures(architectures, evidence.law, evidence.setting('fp16'), 'total'),
  );
  const keys = new Set(exhaustive.map(({ architecture }) => JSON.stringify(architecture)));
  const found = search.frontier.filter(({ architecture }) => keys.has(JSON.stringify(architecture))).length;
  return compared(found === exhaustive.length && search.frontier.length === exhaustive.length, {
    ours: `${found} of ${exhaustive.length} points with ${search.evaluations} of ${evidence.grid().length} evaluations`,
    how: 'Latin hypercube start, neighbours and gaps until nothing improves; total latency, fp16',
    value: search.evaluations,
  });
}

/** The two definitions of the frontier, Eq. 5 and Eq. 6, on the space and on two points of equal loss. */
export function frontierDefinitions(evidence: Evidence): Finding {
  const evaluated = evaluateArchitectures(evidence.grid(), evidence.law, evidence.setting('fp16'), 'decode');
  const count = (seconds: number[], losses: number[]) =>
    [false, true].map((weak) => frontierIndices(seconds, losses, { weak }).length);
  const [strong, weak] = count(
    evaluated.map((point) => point.latencySeconds),
    evaluated.map((point) => point.loss),
  );
  const tie = count([1, 2], [3, 3]);
  return consistent(tie[0] === tie[1], {
    ours: `two points of equal loss: ${tie[0]} by Eq. 5, ${tie[1]} by Eq. 6`,
    how: `Eq. 6 asks a dominating point to be better in both, Eq. 5 in one; on the decode frontier of the space they give ${strong} and ${weak}`,
    value: weak - strong,
  });
}
