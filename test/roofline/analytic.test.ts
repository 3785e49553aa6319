import { describe, expect, it } from 'vitest';
import type { Architecture } from '../../lib/architecture';
import { device } from '../../lib/files/data';
import { analyticLatency, coefficients, meanContext } from '../../lib/roofline/analytic';

const orin = device('jetson-agx-orin-64gb');
const a: Architecture = {
  depth: 20,
  width: 1024,
  heads: 8,
  headDim: 128,
  kvHeads: 2,
  ffnRatio: 1.5,
  experts: 16,
  activeExperts: 2,
};
const workload = { batch: 1, inputTokens: 1024, outputTokens: 16 };
const close = (actual: number, expected: number) =>
  expect(Math.abs(actual / expected - 1)).toBeLessThan(1e-12);

describe('the analytic model', () => {
  it('has the coefficients of Table 16', () => {
    const xi = coefficients(a, workload, 'fp16');
    close(xi.flops, 4 + 4 / 4 + 6 * 1.5);
    close(xi.decodeWeights, 2 + 2 / 4 + 3 * 1.5);
    close(xi.storedWeights, 2 + 2 / 4 + (3 * 1.5) / (2 / 16));
    close(xi.effectiveWeights, xi.decodeWeights + (2 * 1032.5 * 2) / (4 * 1024 * 2));
    close(xi.flops, 2 * xi.decodeWeights);
  });

  it('prefill is Eq. 29', () => {
    const { prefillSeconds } = analyticLatency(a, { device: orin, workload, precision: 'fp16' });
    close(prefillSeconds, (20 * 1024 * 1024 ** 2 * 14) / 42.5e12);
  });

  it.each([
    ['fp16', 2],
    ['int8', 1],
    ['int4', 0.5],
  ] as const)('decode is Eq. 34, summed step by step, at %s', (precision, bytes) => {
    let seconds = 0;
    for (let t = 1; t <= 16; t++)
      seconds += (20 / 204.8e9) * (7 * 1024 ** 2 * bytes + (2 * (1024 + t) * 1024 * 2) / 4);
    close(analyticLatency(a, { device: orin, workload, precision }).decodeSeconds, seconds);
  });

  it('storage is Eq. 42', () => {
    const { memory } = analyticLatency(a, { device: orin, workload, precision: 'int8' });
    close(memory.weightBytes, 20 * (2.5 + 4.5 / 0.125) * 1024 ** 2);
  });

  it('means the context as in Eq. 36', () => {
    expect(meanContext(workload)).toBe(1032.5);
  });
});
