import { dataFile, fit as fitLaw, readRuns } from 'colaw';
import { bench, describe } from 'vitest';

describe('the fit of 11 parameters to 138 runs', () => {
  bench(
    '64 starts',
    async () => {
      await fitLaw(await readRuns(dataFile('runs-170.csv')));
    },
    { iterations: 3, warmupIterations: 0, time: 0 },
  );
});
