import { describe, expect, it } from 'vitest';
import { dataFile } from '../../lib/files/data';
import { fit as fitLaw } from '../../lib/law/fit/fit';
import { readRuns } from '../../lib/law/fit/read-runs';
import { estimate } from '../../lib/theory/estimate';

describe('an expression in fitted parameters', () => {
  const made = {
    parameters: { a: 2, b: 4 },
    covariance: [
      [0.04, 0.01],
      [0.01, 0.09],
    ],
  };

  it('has the error of a sum and of a ratio, worked out by hand', () => {
    expect(estimate(made, 'a + b').standardError).toBeCloseTo(Math.sqrt(0.04 + 0.09 + 2 * 0.01), 12);
    const ratio = estimate(made, 'a/b');
    expect(ratio.value).toBe(0.5);
    expect(ratio.standardError).toBeCloseTo(0.5 * Math.sqrt(0.04 / 4 + 0.09 / 16 - (2 * 0.01) / 8), 12);
  });

  it('takes constants, logarithms included, and refuses what has no value', () => {
    const logarithm = estimate(made, 'log(a)/b*x', { x: 3 });
    expect(logarithm.value).toBeCloseTo((Math.log(2) / 4) * 3, 12);
    expect(() => estimate(made, 'a + c')).toThrow('"a + c" needs "c", which has no value');
  });

  it('agrees for a single parameter with its standard error from the fit', async () => {
    const fitted = await fitLaw(await readRuns(dataFile('runs-170.csv')), { starts: 8 });
    for (const name of ['al', 'ar', 'b2'])
      expect(estimate(fitted, name).standardError).toBeCloseTo(fitted.standardErrors[name], 12);
  });
});
