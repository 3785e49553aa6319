import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import {
  bootstrap,
  dataFile,
  externalData,
  fit as fitLaw,
  law,
  predictRows,
  readRuns,
  seededRandom,
} from 'colaw';
import { bench, describe } from 'vitest';
import { projectFolder } from '../../lib/files/data';

// Each line is one whole fit (or what it names), so its mean is the time to compare.
const once = { iterations: 3, warmupIterations: 0, warmupTime: 0, time: 0 };

const python = ['/usr/bin/python3', 'python3'].find(
  (program) => spawnSync(program, ['-c', 'import scipy']).status === 0,
);
/** The same fit by SciPy; returns its least objective. */
function scipy(job: object): { objective: number; seconds: number; used: number } {
  const script = join(projectFolder, 'test', 'bench', 'scipy_fits.py');
  const { stdout, stderr, status } = spawnSync(python!, [script], {
    input: JSON.stringify(job),
    encoding: 'utf8',
    maxBuffer: 1e8,
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const reading = readRuns(dataFile('runs-170.csv'));
/** The training rows as SciPy gets them. */
async function jobForScipy() {
  const runs = await reading;
  const rows = [...runs.loss.keys()].filter((row) => runs.isTraining[row]);
  const take = (values: ArrayLike<number>) => rows.map((row) => values[row]);
  const columns = Object.fromEntries(
    Object.entries(runs.columns).map(([name, values]) => [name, take(values)]),
  );
  return { law: 'codesign', columns, loss: take(runs.loss), starts };
}
/** As many starts as SciPy may take to come as low as our 64 do. */
const MOST_STARTS = 1024;
/** Starts for SciPy: coefficients' logarithms and exponents, as wide as ours. */
const random = seededRandom(0);
const starts = Array.from({ length: MOST_STARTS }, () => {
  const coefficient = () => 8 * random() - 4;
  const exponent = () => 2 * random() - 0.5;
  return [
    ...[coefficient(), exponent(), coefficient(), exponent(), exponent(), exponent()],
    ...[coefficient(), exponent(), coefficient(), exponent(), 3 * random()],
  ];
});
const reached: Record<string, number> = {};

describe('the fit of 11 parameters to 138 runs, 64 starts', () => {
  bench(
    'colaw',
    async () => {
      reached.colaw = (await fitLaw(await reading)).meanSquaredError;
    },
    once,
  );
  for (const [name, method] of [
    ['SciPy least_squares, exact Jacobian', 'least_squares'],
    ['SciPy L-BFGS-B, exact gradient', 'lbfgs'],
  ])
    bench.skipIf(python === undefined)(
      python === undefined ? `${name} (no SciPy: Debian python3-scipy)` : name,
      async () => {
        const job = await jobForScipy();
        reached[name] = scipy({ ...job, method, starts: starts.slice(0, 64) }).objective;
        console.log('least mean squared error:', JSON.stringify(reached));
      },
      { ...once, iterations: 1 },
    );
  for (const [name, method] of [
    ['SciPy least_squares, to the same objective', 'least_squares'],
    ['SciPy L-BFGS-B, to the same objective', 'lbfgs'],
  ])
    bench.skipIf(python === undefined)(
      name,
      async () => {
        const until = reached.colaw * (1 + 1e-6);
        const { objective, used } = scipy({ ...(await jobForScipy()), method, until });
        const outcome = objective <= until ? 'as low after' : `only ${objective} after`;
        console.log(`${name}: ${outcome} ${used} starts`);
      },
      { ...once, iterations: 1 },
    );
});

/** The points of Besiroglu et al. 2024, but for the five of highest loss. */
function readChinchilla(file: string) {
  const columns = 'N = "Model Size", D = "Training FLOP" / (6 * N)';
  return readRuns(file, 'chinchilla', { columns, dropWorst: 5 });
}

const fitting = reading.then((runs) => fitLaw(runs, { starts: 16 }));
const published = law();
const million = Object.fromEntries(
  published.variables.map((name) => [name, Float64Array.from({ length: 1e6 }, () => 0.1 + 10 * random())]),
);
const table = externalData('chinchilla-replication.csv');
const readingChinchilla = table === undefined ? undefined : readChinchilla(table);
const chinchilla: Record<string, number> = {};
/** Hoffmann et al.'s grid of 4,500 starts: ln E, ln A, alpha, ln B, beta. */
const grid = [-1, -0.5, 0, 0.5, 1].flatMap((e) =>
  [0, 5, 10, 15, 20, 25].flatMap((a) =>
    [0, 0.5, 1, 1.5, 2].flatMap((alpha) =>
      [0, 5, 10, 15, 20, 25].flatMap((b) => [0, 0.5, 1, 1.5, 2].map((beta) => [e, a, alpha, b, beta])),
    ),
  ),
);

describe.skipIf(readingChinchilla === undefined)('the Chinchilla replication, Huber loss, 240 runs', () => {
  bench(
    'colaw, 64 starts',
    async () => {
      const { starts } = await fitLaw(await readingChinchilla!, {
        formula: 'chinchilla',
        objective: 'huber',
      });
      chinchilla.colaw = Math.min(...starts.map(({ objective }) => objective));
    },
    once,
  );
  bench.skipIf(python === undefined)(
    'SciPy L-BFGS-B, its grid of 4,500 starts',
    async () => {
      const { columns, loss } = await readingChinchilla!;
      const job = {
        ...{ law: 'chinchilla', method: 'lbfgs', starts: grid, loss: [...loss] },
        columns: Object.fromEntries(
          Object.entries(columns).map(([name, values]) => [name, [...(values as Float64Array)]]),
        ),
      };
      chinchilla['SciPy L-BFGS-B'] = scipy(job).objective;
      console.log('least mean Huber loss:', JSON.stringify(chinchilla));
    },
    { ...once, iterations: 1 },
  );
});

describe('what follows a fit', () => {
  bench(
    '500 bootstrap refits',
    async () => void bootstrap(await reading, await fitting, { count: 500 }),
    once,
  );
  bench('predictions of a million rows', () => void predictRows(published, million, 1e6), once);
});
