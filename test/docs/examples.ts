/** What the examples in the documentation of public functions take for given; see `lib/index.ts`. */
import * as colaw from '../../lib/index';

export async function givens() {
  const { device, evaluateArchitectures, frontierOf, law, model, paperCandidates, paperWorkload } = colaw;
  const orin = device('jetson-agx-orin-64gb');
  const setting = { device: orin, workload: paperWorkload, precision: 'fp16' } as const;
  const candidates = paperCandidates();
  const points = evaluateArchitectures(candidates, law(), setting, 'total');
  const runs = await colaw.readRuns(colaw.dataFile('runs-170.csv'));
  const measurements = await colaw.readMeasurements(colaw.dataFile('measured.csv'));
  const bytes = { context: 1032.5, weightBytes: 2, kvBytes: 2 };
  const objectives = { frontier: frontierOf(points), candidates: points };
  const byObjective = { prefill: objectives, decode: objectives, total: objectives };
  const shift = colaw.shiftOf(candidates, law(), setting, colaw.idealProfile, 'total');
  return {
    ...{ orin, setting, qwen: model('qwen2.5-0.5b').architecture, candidates, points, runs, measurements },
    fitted: await colaw.fit(runs),
    problem: colaw.regimeProblem('D2', {
      ...bytes,
      law: law(),
      rhoMin: 1 / 16,
      width: 2048,
      memoryBudget: 2e9,
    }),
    observations: colaw.observationsOf(measurements),
    comparisons: colaw.compare(measurements, () => colaw.idealProfile),
    frontiers: { fp16: byObjective, int8: byObjective },
    shifts: { prefill: shift, decode: shift, total: shift },
  };
}
