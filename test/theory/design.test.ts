import { describe, expect, it } from 'vitest';
import { validateArchitecture } from '../../lib/architecture';
import { device, law } from '../../lib/data';
import { analyticLatency } from '../../lib/roofline/analytic';
import { designArchitecture, normalisedBudgets } from '../../lib/theory/design';
import { paperWorkload } from '../../lib/workload';

const request = {
  device: device('jetson-orin-nano-8gb'),
  workload: paperWorkload,
  precision: 'fp16' as const,
  law: law(),
  prefillSeconds: 0.2,
  decodeSeconds: 0.3,
  memoryBudget: 4e9,
};

describe('from a board to an architecture', () => {
  it('budgets are those of E.8', () => {
    const budgets = normalisedBudgets(request);
    expect(budgets.prefill).toBeCloseTo((0.2 * 10e12) / 1024, 3);
    expect(budgets.decode).toBeCloseTo((0.3 * 68e9) / 16, 3);
  });

  it('what is proposed can be built, keeps every budget in the analytic model, and comes near the optimum', () => {
    const design = designArchitecture(request);
    validateArchitecture(design.architecture);
    const analytic = analyticLatency(design.architecture, request);
    expect(analytic.prefillSeconds).toBeLessThanOrEqual(0.2);
    expect(analytic.decodeSeconds).toBeLessThanOrEqual(0.3);
    expect(analytic.memory.weightBytes).toBeLessThanOrEqual(4e9);
    expect(design.loss).toBeGreaterThan(design.optimum.loss - 1e-9);
    expect(design.loss - design.optimum.loss).toBeLessThan(0.02);
    const losses = design.candidates.map((candidate) => candidate.loss);
    expect(losses).toEqual([...losses].sort((a, b) => a - b));
  });

  it('refuses budgets too small for any architecture', () => {
    expect(() => designArchitecture({ ...request, prefillSeconds: 1e-9 })).toThrow(
      'the budgets allow no architecture',
    );
    expect(() => designArchitecture({ ...request, decodeSeconds: 0 })).toThrow(
      'decode-seconds 0 is not a positive number',
    );
  });
});
