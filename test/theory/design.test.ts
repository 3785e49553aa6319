import { describe, expect, it } from 'vitest';
import { validateArchitecture } from '../../lib/architecture';
import { device } from '../../lib/files/data';
import { law } from '../../lib/files/law';
import { predictLoss } from '../../lib/law/law';
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

  it('has no better buildable neighbour, one step away in anything', () => {
    const small = { ...request, device: device('jetson-orin-nano-4gb'), memoryBudget: 3.5e9 };
    const { architecture, loss } = designArchitecture(small);
    for (const depth of [-2, -1, 0, 1, 2])
      for (const tiles of [-2, -1, 0, 1, 2])
        for (const experts of [-1, 0, 1]) {
          const each = {
            ...architecture,
            depth: architecture.depth + depth,
            ffnRatio: architecture.ffnRatio + (64 * tiles) / architecture.width,
            experts: architecture.experts + experts,
          };
          if (each.depth < 1 || each.ffnRatio <= 0 || each.activeExperts / each.experts < 1 / 16) continue;
          const used = analyticLatency(each, small);
          const isWithin =
            used.prefillSeconds <= 0.2 && used.decodeSeconds <= 0.3 && used.memory.weightBytes <= 3.5e9;
          if (isWithin) expect(predictLoss(law(), each).loss).toBeGreaterThanOrEqual(loss - 1e-12);
        }
  });

  it('says whether the per-operator roofline agrees, and whether the board holds it', () => {
    const all = designArchitecture({ ...request, memoryBudget: request.device.memoryCapacityBytes! });
    expect(all.meets.memory).toBe(all.roofline.memory.fits);
    const fast = designArchitecture(request);
    expect(fast.meets.prefill).toBe(fast.roofline.prefillSeconds <= 0.2);
    expect(fast.meets.memory).toBe(true);
  });

  it('searches widths where it is told to', () => {
    const { architecture, optimum } = designArchitecture({ ...request, widthRange: [768, 1536] });
    expect(optimum.width).toBeLessThanOrEqual(1536 * (1 + 1e-9));
    expect(architecture.width).toBeGreaterThanOrEqual(768);
    expect(architecture.width).toBeLessThanOrEqual(1536);
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
