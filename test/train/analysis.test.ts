import { mean, standardDeviation } from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import { type Architecture, parameters, toTable } from '../../lib/architecture';
import { device } from '../../lib/files/data';
import { law } from '../../lib/files/law';
import { rSquared } from '../../lib/law/fit/statistics';
import { parseFormula } from '../../lib/law/formula/formula';
import { predictLoss } from '../../lib/law/law';
import { gaussian, seededRandom } from '../../lib/random';
import { rooflineLatencies, rooflineLatency } from '../../lib/roofline/roofline';
import { enumerateSpace } from '../../lib/space';
import { codesign, codesignOutcome, codesignPlan, tinyBaseline } from '../../lib/train/codesign';
import { tinyBounds, tinyLaws } from '../../lib/train/laws';
import { noiseFloor, reachableR2 } from '../../lib/train/noise';
import { tinySpace } from '../../lib/train/plan';
import type { RunRow } from '../../lib/train/runs-table';

const row = (run: string, loss: number | '', status = 'finished') =>
  ({ run, loss: String(loss), status }) as RunRow;

describe('the noise floor', () => {
  it('is the spread within architectures, whatever lies between them', () => {
    // Deviations ±1 and ±3: (1 + 1 + 9 + 9) / (4 runs − 2 architectures) = 10.
    const floor = noiseFloor([row('a1-s0', 10), row('a2-s0', 97), row('a1-s1', 12), row('a2-s1', 103)]);
    expect(floor.deviation).toBeCloseTo(Math.sqrt(10), 12);
    expect([floor.degreesOfFreedom, floor.groups.map(({ run }) => run)]).toEqual([2, ['a1', 'a2']]);
  });

  it('looks at finished runs alone, and is refused where none was repeated', () => {
    const rows = [row('a1-s0', 4), row('a1-s1', '', 'diverged'), row('a2-s0', 5)];
    expect(() => noiseFloor(rows)).toThrow('no architecture has two finished runs');
  });

  it('finds the deviation that losses were drawn with, within its error', () => {
    const random = seededRandom(3);
    const rows = Array.from({ length: 600 }, (_, i) =>
      row(`a${i % 200}-s${Math.floor(i / 200)}`, (i % 200) / 50 + 0.02 * gaussian(random)),
    );
    const { deviation, error, degreesOfFreedom } = noiseFloor(rows);
    expect(degreesOfFreedom).toBe(400);
    expect(Math.abs(deviation - 0.02)).toBeLessThan(3 * error);
  });
});

describe('the reachable R²', () => {
  it('is what the true law reaches on average', () => {
    const random = seededRandom(5);
    const truth = Array.from({ length: 170 }, () => 4 + 0.1 * gaussian(random));
    const found = Array.from({ length: 200 }, () => {
      const losses = truth.map((loss) => loss + 0.03 * gaussian(random));
      return { reached: rSquared(truth, losses), reachable: reachableR2(losses, 0.03) };
    });
    const reached = found.map((each) => each.reached);
    const error = standardDeviation(reached) / Math.sqrt(200);
    expect(Math.abs(mean(reached) - mean(found.map((each) => each.reachable)))).toBeLessThan(
      4 * error + 1e-3,
    );
  });

  it('has no meaning for one loss', () => {
    expect(() => reachableR2([4], 0.1)).toThrow('1 losses have no variance');
  });
});

describe('the laws that are compared', () => {
  const columns = ['depth', 'width', 'ffnRatio', 'activationRate', 'kvDimension', 'N', 'M'];
  it.each(Object.entries(tinyLaws))('can be fitted to the table: %s', (_, formula) => {
    const { parameters: free, variables } = parseFormula(formula, columns);
    expect(variables.length).toBeGreaterThan(0);
    for (const name of Object.keys(tinyBounds)) expect(free).toContain(name);
  });
});

describe('co-design', () => {
  const setting = {
    device: device('jetson-orin-nano-8gb'),
    workload: { batch: 1, inputTokens: 64, outputTokens: 64 },
    precision: 'fp16' as const,
  };
  const latencies = (architectures: readonly Architecture[]) =>
    rooflineLatencies(toTable(architectures), setting).totalSeconds;
  const published = law();
  const { baseline, designed, considered } = codesign(published, latencies);

  it('finds the lowest loss among those no slower than the baseline: no other is both', () => {
    expect(designed.latencySeconds).toBeLessThanOrEqual(baseline.latencySeconds);
    let fast = 0;
    for (const architecture of enumerateSpace(tinySpace).map((each) => ({ ...each, vocabulary: 1024 }))) {
      const seconds = rooflineLatency({ ...architecture, qkNorm: true }, setting).totalSeconds;
      if (seconds > baseline.latencySeconds) continue;
      fast++;
      expect(predictLoss(published, architecture).loss).toBeGreaterThanOrEqual(designed.loss);
    }
    expect(considered).toBe(fast);
  });

  it('refuses where nothing is as fast', () => {
    const space = { ...tinySpace, depths: [8], widths: [96] };
    const smallest = { ...tinyBaseline, depth: 1, width: 16, heads: 1, kvHeads: 1, ffnRatio: 0.5 };
    expect(() => codesign(published, latencies, { baseline: smallest, space })).toThrow(
      'is as fast as the baseline',
    );
  });

  it('says what was gained, with its error, and refuses to before there are two runs of each', () => {
    const runs = [
      row('baseline-s0', 4.5),
      row('baseline-s1', 4.3),
      row('designed-s0', 4.2),
      row('designed-s1', 4.0),
    ];
    const { gain, error, perplexityRatio } = codesignOutcome(runs);
    // Means 4.4 and 4.1; variances 0.02 each, two runs each.
    expect([gain, error, perplexityRatio]).toEqual(
      [0.3, Math.sqrt(0.02), Math.exp(-0.3)].map((x) => expect.closeTo(x, 12)),
    );
    expect(() => codesignOutcome(runs.slice(0, 3))).toThrow('of the runs called "designed" 1 are finished');
  });

  it('trains both from three seeds, in turns, by the protocol of the plan', () => {
    const plan = codesignPlan(tinyBaseline, designed.architecture);
    expect(plan.map(({ run }) => run)).toEqual(
      [0, 1, 2].flatMap((s) => [`baseline-s${s}`, `designed-s${s}`]),
    );
    expect(new Set(plan.map(({ tokens, settings }) => JSON.stringify([tokens, settings]))).size).toBe(1);
    for (const { architecture } of plan) expect(Number.isInteger(parameters(architecture).total)).toBe(true);
  });
});
