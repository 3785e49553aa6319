import { beforeAll, describe, expect, it } from 'vitest';
import { type Comparison, compare, summariseErrors, summariseValidation } from '../../lib/measured/compare';
import { correctedByGroup, medianErrorInterval } from '../../lib/measured/evidence';
import type { Measurement } from '../../lib/measured/measurement';
import { readMeasurements } from '../../lib/measured/read-measurements';
import { idealProfile } from '../../lib/roofline/profile';

let measurements: Measurement[];
beforeAll(async () => {
  measurements = await readMeasurements();
});

/** Comparisons with these predictions and measurements, in seconds. */
const made = (pairs: [predicted: number, measured: number][]): Comparison[] =>
  pairs.map(([predictedSeconds, measuredSeconds], i) => ({
    measurement: measurements[i],
    quantity: 'decode',
    predictedSeconds,
    measuredSeconds,
  }));

describe('errors', () => {
  it('are those of predicted / measured, by hand', () => {
    const errors = summariseErrors(
      made([
        [1, 2],
        [4, 4],
        [6, 3],
        [9, 10],
      ]),
    );
    expect(errors.medianAbsolutePercentError).toBeCloseTo((50 + 10) / 2, 12);
    expect(errors.meanAbsolutePercentError).toBeCloseTo((50 + 0 + 100 + 10) / 4, 12);
    expect(errors.bias).toBeCloseTo(100 * (0.9 ** 0.25 - 1), 10);
    // Ranks 1 2 3 4 against 1 3 2 4: 1 − 6 · 2 / (4 · 15).
    expect(errors.spearman).toBeCloseTo(0.8, 12);
  });

  it('are null where there is nothing to say', () => {
    expect(summariseErrors([])).toEqual({
      medianAbsolutePercentError: null,
      meanAbsolutePercentError: null,
      spearman: null,
      bias: null,
    });
    expect(
      summariseErrors(
        made([
          [1, 2],
          [2, 3],
        ]),
      ).spearman,
    ).toBeNull();
    expect(
      summariseErrors(
        made([
          [1, 1],
          [1, 2],
          [1, 3],
        ]),
      ).spearman,
    ).toBeNull();
  });
});

describe('a validation', () => {
  it('counts every number in one phase, one board and one engine', () => {
    const comparisons = compare(measurements, () => idealProfile);
    const { rows, byDevice, byEngine, worst } = summariseValidation(comparisons);
    expect(rows).toBe(measurements.length);
    for (const groups of [byDevice, byEngine])
      expect(Object.values(groups).reduce((sum, group) => sum + group.rows, 0)).toBe(rows);
    expect(worst).toHaveLength(10);
    const ratios = comparisons.map((c) => Math.abs(Math.log(c.predictedSeconds / c.measuredSeconds)));
    const [first] = worst;
    expect(Math.abs(Math.log(first.predictedSeconds / first.measuredSeconds))).toBe(Math.max(...ratios));
  });
});

describe('the evidence', () => {
  it('one factor per group centres it, and leaves out groups of one', () => {
    const [own] = made([[1, 2]]);
    const group = [2, 4, 8].map((measuredSeconds) => ({ ...own, measuredSeconds }));
    const corrected = correctedByGroup([...group, { ...own, quantity: 'prefill' as const }]);
    expect(corrected.map((c) => c.predictedSeconds)).toEqual([4, 4, 4].map((x) => expect.closeTo(x, 12)));
  });

  it('the interval of the median lies about it, and is the same for the same seed', () => {
    const comparisons = compare(measurements, () => idealProfile).filter(
      ({ quantity }) => quantity === 'decode',
    );
    const { low, high } = medianErrorInterval(comparisons, { draws: 200 });
    const { medianAbsolutePercentError } = summariseErrors(comparisons);
    expect(low).toBeLessThan(medianAbsolutePercentError!);
    expect(high).toBeGreaterThan(medianAbsolutePercentError!);
    expect(medianErrorInterval(comparisons, { draws: 200 })).toEqual({ low, high });
  });
});
