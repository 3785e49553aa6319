/** Node only: how many runs a law needs for its frontier to be worth following. */
import { type Architecture, toTable } from '../architecture';
import { makeProblem, refit } from '../law/fit/problem';
import { CODESIGN_FORMULA, type Law, lawColumns, predictRows } from '../law/law';
import { paperCandidates } from '../law/reconstruct';
import { planRuns } from '../law/uncertainty/plan';
import { gaussian, seededRandom } from '../random';
import { rooflineLatencies, type Setting } from '../roofline/roofline';
import { sampleSpace } from '../sample';
import { enumerateSpace, paperSpace } from '../space';
import { frontier } from './frontier';

/** Ways of choosing which architectures to train. */
export const designs = ['space-filling', 'D-optimal', 'frontier-optimal'] as const;

/** Excess loss by number of runs, for one way of choosing them. */
export interface ExcessLoss {
  design: (typeof designs)[number];
  counts: number[];
  /** Mean over the draws, nats. */
  mean: number[];
  /** Its standard error. */
  error: number[];
}

/** Exponents that a handful of runs cannot send anywhere. */
const PLAUSIBLE: Record<string, [number, number]> = {
  ...{ al: [0, 4], ar: [0, 4], af: [0, 2], b1: [-2, 2], b2: [0, 3], am: [0, 2] },
};

/**
 * Trains `counts` of the 1,942 candidates (draws of the law plus noise), fits the law, and follows its frontier over
 * the 8,160: how many nats are lost to the law's own frontier, on average along it.
 *
 * @example excessLoss(law(), setting, 0.06, { counts: [20], draws: 1 }).length // 3
 */
export function excessLoss(
  law: Law,
  setting: Setting,
  noise: number,
  { counts = [20, 30, 45, 70, 110, 170], draws = 20 }: { counts?: number[]; draws?: number } = {},
): ExcessLoss[] {
  const candidates = columnsFor(law, paperCandidates(), setting);
  const grid = columnsFor(law, enumerateSpace(paperSpace), setting);
  const best = frontier(grid.seconds, grid.losses);
  const targets = frontier(candidates.seconds, candidates.losses);
  const most = Math.max(...counts);
  const plan = (options: object) =>
    planRuns(law, candidates.columns, candidates.architectures.length, most, options);
  const [optimal, onFrontier] = [plan({}), plan({ criterion: 'predictions', targets })];
  const place = new Map(candidates.architectures.map((each, i) => [each, i]));
  const rowsOf = {
    'space-filling': (count: number, seed: number) =>
      sampleSpace(candidates.architectures, count, seed).map((each) => place.get(each)!),
    'D-optimal': (count: number) => optimal.slice(0, count),
    'frontier-optimal': (count: number) => onFrontier.slice(0, count),
  };

  /** Mean loss given away along the true frontier by a law fitted to these rows. */
  const regret = (rows: readonly number[], seed: number) => {
    const random = seededRandom(seed);
    const loss = Float64Array.from(rows, (row) => candidates.losses[row] + noise * gaussian(random));
    const columns = Object.fromEntries(
      Object.entries(candidates.columns).map(([name, values]) => [name, rows.map((row) => values[row])]),
    );
    const runs = { name: 'planned', columns, loss, isTraining: rows.map(() => true) };
    const problem = makeProblem(runs, { formula: CODESIGN_FORMULA, bounds: PLAUSIBLE });
    // Few runs leave valleys without an end; what a refit still gains in them moves no frontier.
    const parameters = problem.model.toParameters(refit(problem, law.parameters, 50).u);
    const guessed = predictRows({ ...law, parameters }, grid.columns, grid.architectures.length);
    const chosen = frontier(grid.seconds, guessed);
    const lost = best.map((i) => {
      const pick = chosen.filter((each) => grid.seconds[each] <= grid.seconds[i]).pop()!;
      return grid.losses[pick] - grid.losses[i];
    });
    return lost.reduce((sum, each) => sum + each, 0) / lost.length;
  };

  return designs.map((design) => {
    const summaries = counts.map((count) =>
      summary(Array.from({ length: draws }, (_, seed) => regret(rowsOf[design](count, seed), seed))),
    );
    return { design, counts, mean: summaries.map(({ mean }) => mean), error: summaries.map((s) => s.error) };
  });
}

function columnsFor(law: Law, architectures: Architecture[], setting: Setting) {
  const columns = lawColumns(law, architectures);
  const losses = predictRows(law, columns, architectures.length);
  return {
    architectures,
    columns,
    losses,
    seconds: rooflineLatencies(toTable(architectures), setting).totalSeconds,
  };
}

function summary(values: readonly number[]): { mean: number; error: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}
