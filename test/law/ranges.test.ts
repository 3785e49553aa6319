import { describe, expect, it } from 'vitest';
import { dataFile, model } from '../../lib/files/data';
import { law } from '../../lib/files/law';
import { fit as fitLaw } from '../../lib/law/fit/fit';
import { readRuns } from '../../lib/law/fit/read-runs';
import { outsideRanges, validateLaw } from '../../lib/law/law';

describe('the ranges of a law', () => {
  it('that ships are those of the 170 runs', async () => {
    const { columns, loss } = await readRuns(dataFile('runs-170.csv'));
    expect(loss).toHaveLength(170);
    const { ranges, variables } = law();
    expect(Object.keys(ranges!).sort()).toEqual([...variables].sort());
    for (const [name, range] of Object.entries(ranges!)) {
      const values = Array.from(columns[name]);
      expect([name, range]).toEqual([name, [Math.min(...values), Math.max(...values)]]);
    }
  });

  it('that `fit` states are those of its training rows', async () => {
    const runs = await readRuns(dataFile('runs-170.csv'), 'a/width^b + c');
    const isTraining = Array.from(runs.columns.width, (width) => width > 1000);
    const { law: fitted } = await fitLaw({ ...runs, isTraining }, { formula: 'a/width^b + c', starts: 2 });
    expect(fitted.ranges).toEqual({ width: [1024, 3072] });
  });

  it('say which of an architecture’s numbers were never trained', () => {
    const { architecture } = model('qwen2.5-0.5b');
    expect(outsideRanges(law(), architecture)).toEqual([
      'ffnRatio 5.429 lies outside 0.25–4, to which the law was fitted',
    ]);
    expect(outsideRanges(law(), { ...architecture, ffnRatio: 4 })).toEqual([]);
    expect(outsideRanges({ ...law(), ranges: undefined }, architecture)).toEqual([]);
  });

  it.each([
    [{ depth: [1] }, 'ranges.depth of the law [1] is not a pair of ascending numbers'],
    [{ depth: [3, 2] }, 'ranges.depth of the law [3,2] is not a pair'],
    [{ depth: ['1', 2] }, 'is not a pair'],
    [{ heads: [1, 2] }, 'ranges of the law has an unknown key "heads"'],
    [[], 'ranges of the law [] is not an object'],
  ])('%j are refused', (ranges, message) => {
    expect(() => validateLaw({ ...law(), ranges })).toThrow(message);
  });
});
