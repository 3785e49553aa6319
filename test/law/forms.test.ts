import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../lib/files/data';
import { type Fit, fit as fitLaw } from '../../lib/law/fit/fit';
import { makeProblem, refit } from '../../lib/law/fit/problem';
import { readRuns } from '../../lib/law/fit/read-runs';
import type { Runs } from '../../lib/law/fit/runs';
import { toModel } from '../../lib/law/fit/to-model';
import { parseFormula } from '../../lib/law/formula/formula';
import { predictRows, validateLaw } from '../../lib/law/law';
import { formulaOf } from '../../lib/law/laws';
import { gaussian, type Random, seededRandom } from '../../lib/random';

const python = ['/usr/bin/python3', 'python3'].find(
  (program) => spawnSync(program, ['-c', 'import scipy']).status === 0,
);
const SLOW = 300_000;

type Table = Record<string, number[]>;

/** `rows` rows of columns that `draw` gives, with the losses of a law and noise. */
function drawRuns(
  formula: string,
  parameters: Record<string, number>,
  draw: (random: Random) => Record<string, number>,
  { rows = 160, noise = 0.003, seed = 1 } = {},
): Runs & { columns: Table } {
  const random = seededRandom(seed);
  const drawn = Array.from({ length: rows }, () => draw(random));
  const names = Object.keys(drawn[0]);
  const columns = Object.fromEntries(names.map((name) => [name, drawn.map((row) => row[name])]));
  const law = { formula: formulaOf(formula), variables: names, parameters };
  const loss = predictRows(law, columns, rows).map((each) => each + noise * gaussian(random));
  return { name: 'drawn', columns, loss, isTraining: drawn.map(() => true) };
}

/** The least mean squared error by SciPy, from the truth and points about it; where SciPy is absent, by refinement alone. */
function independentOptimum(runs: Runs, formula: string, truth: Record<string, number>): number {
  const random = seededRandom(2);
  const starts = Array.from({ length: 3 }, (_, s) =>
    Object.fromEntries(
      Object.entries(truth).map(([name, value]) => [name, value * Math.exp((s && 0.2) * gaussian(random))]),
    ),
  );
  if (python === undefined) {
    const problem = makeProblem(runs, { formula });
    return Math.min(...starts.map((start) => refit(problem, start, 1000).objective));
  }
  const job = {
    // A word of Python's own.
    formula: formulaOf(formula).replaceAll('lambda', 'lambda_'),
    parameters: Object.keys(truth).map((name) => (name === 'lambda' ? 'lambda_' : name)),
    positive: parseFormula(formulaOf(formula), Object.keys(runs.columns)).positive,
    columns: Object.fromEntries(
      Object.entries(runs.columns).map(([name, values]) => [name, Array.from(values)]),
    ),
    loss: [...runs.loss],
    starts: starts.map((start) => Object.values(start)),
  };
  const script = join(projectFolder, 'test', 'law', 'scipy_optimum.py');
  const { stdout } = spawnSync(python, [script], { input: JSON.stringify(job), encoding: 'utf8' });
  return JSON.parse(stdout).objective;
}

const uniform = (random: Random, low: number, high: number) => low + (high - low) * random();
const size = (random: Random) => ({ N: 10 ** uniform(random, 7, 10), D: 10 ** uniform(random, 9, 11) });
const pick = (random: Random, values: readonly number[]) => values[Math.floor(values.length * random())];
const bits = (random: Random) => ({ ...size(random), P: pick(random, [3, 4, 5, 6, 8, 12, 16]) });
const repeats = (random: Random) => {
  const { N, D } = { N: 10 ** uniform(random, 7, 10), D: 10 ** uniform(random, 8, 11) };
  return { N, D, U: D / 10 ** Math.max(0, uniform(random, -0.5, 1.7)) };
};
const chinchilla = { E: 1.7, A: 410, alpha: 0.34, B: 2000, beta: 0.36 };
const STEP = 'E + A/N^al + B/D^be + k*(log(lr) - c - a*log(N) - b*log(D))^2 + m*(log(bs) - g - h*log(D))^2';

describe.each([
  ['a broken power law', 'broken', { a: 0.6, b: 2, c0: 0.2, d: 1200, f: 0.3, c1: 0.4 }, 10 ** 6],
  ['one whose slope turns back', 'broken', { a: 0.3, b: 2, c0: 0.25, d: 3000, f: 0.4, c1: -0.3 }, 10 ** 6],
  [
    'one that rises to a negative constant',
    'broken',
    { a: -0.4, b: 1, c0: -0.02, d: 900, f: 0.3, c1: 0.3 },
    10 ** 6,
  ],
] as const)('%s', (_, formula, truth, reach) => {
  it('reaches the independent optimum', { timeout: SLOW }, async () => {
    const runs = drawRuns(formula, truth, (random) => ({ x: reach ** random() }));
    const { meanSquaredError } = await fitLaw(runs, { formula });
    expect(meanSquaredError).toBeLessThan(independentOptimum(runs, formula, truth) * (1 + 1e-9));
  });
});

describe(`the optimum of 64 starts is ${python === undefined ? 'that of refinement from the truth (no SciPy here)' : "SciPy's"}`, () => {
  it.each([
    ['repeated', { ...chinchilla, R: 9 }, repeats],
    ['data-constrained', { ...chinchilla, RN: 5.3, RD: 15.4 }, repeats],
    [
      'sparsity',
      { ...chinchilla, E: 0.9, C: 0.3, lambda: -0.3, F: 8, delta: 0.2, gamma: 0.25 },
      (random: Random) => ({ ...size(random), S: pick(random, [0, 0.5, 0.75, 0.875, 0.9375]) }),
    ],
    ['precision', { ...chinchilla, gamma: 2.2 }, bits],
    ['quantization', { ...chinchilla, C: 0.06, gammaD: 0.53, gammaN: 0.54, gammaP: 0.6 }, bits],
    ['log-sum-exp', { e: 0.5, a: 6, alpha: 0.34, b: 7.6, beta: 0.36 }, size],
    [
      'E + A/N^al + k*(log(lr) - c - a*log(N))^2',
      { E: 1.5, A: 150, al: 0.3, k: 0.03, c: 2.5, a: -0.45 },
      (random: Random) => ({ ...size(random), lr: 10 ** uniform(random, -4, -2) }),
    ],
    [
      'c + k*exp(t1*r1 + t2*r2)',
      { c: 1.2, k: 1.1, t1: -2, t2: 0.6 },
      (random: Random) => ({ r1: random(), r2: random() }),
    ],
    ['E + A/(N + n0)^alpha', { E: 1.5, A: 300, alpha: 0.3, n0: -4e6 }, size],
    ['E + A/N^alpha + k*max(0, log(D) - c)', { E: 1.5, A: 150, alpha: 0.3, k: 0.15, c: 23 }, size],
    ['E + k*max(c - log(D), 0) + A/min(N, M)^a', { E: 1.5, k: 0.2, c: 23, A: 50, M: 1e9, a: 0.25 }, size],
  ])('for %s', { timeout: SLOW }, async (formula, truth, draw) => {
    const { N: _, ...runs } = { N: 0, ...drawRuns(formula, truth, draw) };
    const { meanSquaredError } = await fitLaw(runs, { formula });
    expect(meanSquaredError).toBeLessThan(independentOptimum(runs, formula, truth) * (1 + 1e-9));
  });

  it('for the best learning rate and batch of 1,730 runs, with parameters of either sign', {
    timeout: SLOW,
  }, async () => {
    const truth = {
      E: 1.2,
      A: 9,
      al: 0.1,
      B: 5000,
      be: 0.42,
      k: 0.03,
      c: 2,
      a: -0.47,
      b: 0.05,
      m: 0.02,
      g: -8,
      h: 0.57,
    };
    const runs = drawRuns(
      STEP,
      truth,
      (random) => ({
        ...{ N: 10 ** uniform(random, 7.8, 9), D: 10 ** uniform(random, 9, 11) },
        ...{ lr: 10 ** uniform(random, -4, -2), bs: 2 ** uniform(random, 5, 11) },
      }),
      { rows: 1730 },
    );
    const { meanSquaredError, held, signs, parameters } = await fitLaw(runs, { formula: STEP });
    expect(held).toEqual({});
    expect(Object.keys(signs).filter((name) => signs[name] === 'positive')).toEqual(['A', 'B', 'k', 'm']);
    expect(parameters.a).toBeCloseTo(truth.a, 1);
    const best = refit(makeProblem(runs, { formula: STEP }), truth, 1000).objective;
    expect(meanSquaredError).toBeLessThan(best * (1 + 1e-9));
  });
});

describe('the sign of a parameter', () => {
  it.each([
    ['a + b*x^-c0*(1 + (x/d)^(1/f))^(-c1*f)', ['b', 'd']],
    ['E + A/N^al + k*(log(lr) - c - a*log(N))^2', ['A', 'k']],
    ['((Nc/N)^(aN/aD) + Dc/D)^aD', ['Nc', 'Dc']],
    ['A*log(N + c)^-b', ['A']],
    ['a*log(N/d) + e', ['d']],
    ['log(exp(e) + exp(a - alpha*log(N)))', []],
    ['E + A/(N*(1 - exp(-P/g)))^alpha', ['A', 'g']],
    ['c + k*exp(t*N)', ['k']],
    ['E + A*min(N, c)^-a', ['A', 'c']],
    ['E[x] + A[x]/N^a', ['A[u]', 'A[v]']],
    ['k*(1 + c*N)^2', ['k']],
  ])('is found out from %s', (text, positive) => {
    const columns = ['x', 'N', 'D', 'lr', 'P'];
    const { positive: found } = parseFormula(
      text,
      columns,
      text.includes('[') ? { x: ['u', 'v'] } : undefined,
    );
    expect(found).toEqual(positive);
  });

  it('is set by bounds', async () => {
    const formula = 'E + A*exp(-x)';
    const runs = drawRuns(formula, { E: 3, A: -1 }, (random) => ({ x: 3 * random() }));
    const free = await fitLaw(runs, { formula, starts: 8, bounds: { A: [-5, 5] } });
    expect(free.parameters.A).toBeCloseTo(-1, 1);
    expect(free.signs).toEqual({ E: 'either', A: 'either' });
    const kept = await fitLaw(runs, { formula, starts: 8 });
    expect([kept.signs.A, kept.held.A]).toEqual(['positive', 'its term has vanished']);
  });
});

describe('derivatives', () => {
  it.each([
    'A*exp(-a*log(x)) + B*min(x, y*c)^2 + max(E, b*x)',
    'log(exp(e) + exp(a - b*log(x))) + k*(y - c - d*log(x))^2',
    'E[t] + A[t]/x^a + B*y^b[t]',
    'a + b*x^-c0*(1 + (x/d)^(1/f))^(-c1*f)',
  ])('of %s are those of finite differences', (text) => {
    const random = seededRandom(3);
    const rows = 12;
    const column = () => Array.from({ length: rows }, () => 0.5 + 3 * random());
    const columns = { x: column(), y: column(), '[t]': Array.from({ length: rows }, (_, row) => row % 3) };
    const model = toModel(parseFormula(text, ['x', 'y'], { t: ['p', 'q', 'r'] }), columns, rows);
    const count = model.parameters.length;
    const u = Float64Array.from({ length: count }, () => 0.3 + random());
    const predictions = new Float64Array(rows);
    const jacobian = new Float64Array(rows * count);
    model.evaluate(u, predictions, jacobian);
    const law = { formula: text, variables: ['x', 'y'], levels: { t: ['p', 'q', 'r'] } };
    const direct = (at: Float64Array) =>
      predictRows({ ...law, parameters: model.toParameters(at) }, columns, rows);
    direct(u).forEach((each, row) => void expect(predictions[row]).toBeCloseTo(each, 12));
    const back = model.toCoordinates(model.toParameters(u));
    for (let p = 0; p < count; p++) {
      expect(back[p]).toBeCloseTo(u[p], 12);
      const moved = (h: number) => direct(u.map((each, q) => each + (p === q ? h : 0)));
      const [up, down] = [moved(1e-5), moved(-1e-5)];
      for (let row = 0; row < rows; row++)
        expect(jacobian[row * count + p]).toBeCloseTo((up[row] - down[row]) / 2e-5, 6);
    }
  });
});

describe('parameters of each group', () => {
  const random = seededRandom(5);
  const truth: Record<string, number[]> = { E: [1.5, 2.1, 1.1], A: [40, 60, 25], a: [0.25, 0.3, 0.2] };
  const groups = Array.from({ length: 90 }, (_, row) => row % 3);
  const N = groups.map(() => 10 ** uniform(random, 6, 9));
  const loss = Float64Array.from(
    groups,
    (g, row) => truth.E[g] + truth.A[g] / N[row] ** truth.a[g] + 0.005 * gaussian(random),
  );
  const levels = { train: ['c4', 'rpj', 'rw'] };
  const runs: Runs = {
    name: 'groups',
    columns: { N, '[train]': groups },
    loss,
    isTraining: groups.map(() => true),
    levels,
  };
  const formula = 'E[train] + A[train]/N^a[train]';
  let whole: Fit;
  beforeAll(async () => {
    whole = await fitLaw(runs, { formula, starts: 32 });
  }, SLOW);

  it(
    'all of their own are those of a fit to each group',
    async () => {
      for (const [g, name] of levels.train.entries()) {
        const own = { ...runs, isTraining: groups.map((each) => each === g), levels: undefined };
        const { parameters } = await fitLaw(own, { formula: 'E + A/N^a', starts: 32 });
        for (const each of ['E', 'A', 'a'])
          expect(whole.parameters[`${each}[${name}]`] / parameters[each]).toBeCloseTo(1, 5);
      }
    },
    SLOW,
  );

  it(
    'may share others, which costs a little',
    async () => {
      const shared = await fitLaw(runs, { formula: 'E[train] + A[train]/N^a', starts: 32 });
      expect(Object.keys(shared.parameters)).toHaveLength(7);
      expect(shared.meanSquaredError).toBeGreaterThan(whole.meanSquaredError);
    },
    SLOW,
  );

  it('are written in a law that predicts the same', () => {
    const law = validateLaw(JSON.parse(JSON.stringify(whole.law)));
    expect(law.levels).toEqual(levels);
    const predictions = predictRows(law, runs.columns, 90);
    const squares = predictions.map((each, row) => (each - loss[row]) ** 2);
    expect(squares.reduce((sum, each) => sum + each, 0) / 90).toBeCloseTo(whole.meanSquaredError, 15);
  });

  it(
    'are fixed and bounded one by one, or all together',
    async () => {
      const one = await fitLaw(runs, { formula, starts: 8, fixed: { 'a[c4]': 0.4 } });
      expect(one.parameters['a[c4]']).toBe(0.4);
      expect([one.standardErrors['a[c4]'], one.held['a[c4]'], one.covariance.length]).toEqual([
        undefined,
        undefined,
        8,
      ]);
      const all = await fitLaw(runs, {
        formula,
        starts: 8,
        fixed: { 'a[train]': 0.3 },
        bounds: { 'E[train]': [0, 1.3] },
      });
      expect([all.parameters['a[rw]'], all.parameters['E[rpj]']]).toEqual([0.3, 1.3]);
      expect(all.held['E[rpj]']).toBe('at its bound');
    },
    SLOW,
  );

  it.each([
    ['E[corpus] + A/N^a', 'corpus (character 3) is not a column; columns: N'],
    ['E[train, N] + A/N^a', ', (character 8)'],
    ['E[3] + A/N^a', '3 (character 3) stands where a group has one column'],
    ['E[train[N]] + A/N^a', '[ (character 8) stands where a group has one column'],
    ['N[train] + A/N^a', 'has a column before its bracket'],
    ['E[train + A/N^a', '+ (character 9) stands where a group has one column'],
    ['[train] + A/N^a', '[ (character 1) is not allowed'],
    ['log[train] + A/N^a', '[ (character 4) is not allowed where no parameter'],
  ])('%s is refused', async (text, message) => {
    await expect(fitLaw(runs, { formula: text })).rejects.toThrow(message);
  });

  it('that no training row has are refused', async () => {
    const held = { ...runs, isTraining: groups.map((g) => g !== 1) };
    await expect(fitLaw(held, { formula })).rejects.toThrow('no training row has train "rpj"');
  });
});

describe('weights', () => {
  const formula = 'E + A/N^a';
  const runs = drawRuns(formula, { E: 1.5, A: 40, a: 0.3 }, size, { rows: 40, noise: 0.02 });

  it.each(['squared', 'huber'] as const)(
    'of whole numbers repeat rows (%s)',
    async (objective) => {
      const weights = runs.loss.map((_, row) => 1 + (row % 3));
      const order = [...weights.keys()].flatMap((row) => Array<number>(weights[row]).fill(row));
      const take = (values: ArrayLike<number>) => Float64Array.from(order, (row) => values[row]);
      const repeated: Runs = {
        ...{ name: 'repeated', columns: { N: take(runs.columns.N) }, loss: take(runs.loss) },
        isTraining: order.map(() => true),
      };
      const weighted = await fitLaw({ ...runs, weights }, { formula, objective, starts: 8 });
      const expected = await fitLaw(repeated, { formula, objective, starts: 8 });
      for (const [name, value] of Object.entries(expected.parameters))
        expect(weighted.parameters[name] / value).toBeCloseTo(1, 6);
      expect(weighted.rmse).toBeCloseTo(expected.rmse, 9);
      expect(weighted.r2.train).toBeCloseTo(expected.r2.train, 9);
    },
    SLOW,
  );

  it(
    'all alike change nothing',
    async () => {
      const plain = await fitLaw(runs, { formula, starts: 4 });
      const weighted = await fitLaw(
        { ...runs, weights: new Float64Array(40).fill(7) },
        { formula, starts: 4 },
      );
      expect([weighted.parameters, weighted.standardErrors]).toEqual([
        plain.parameters,
        plain.standardErrors,
      ]);
    },
    SLOW,
  );
});

describe('rows that carry no fit are refused', () => {
  const rows = 20;
  const table = (columns: Table, loss: (row: number) => number): Runs => ({
    ...{ name: 'r.csv', columns, isTraining: Array<boolean>(rows).fill(true) },
    loss: Float64Array.from({ length: rows }, (_, row) => loss(row)),
  });
  const rising = Array.from({ length: rows }, (_, row) => 10 ** (6 + row / 5));
  const same = Array<number>(rows).fill(1e9);
  it.each([
    [
      'a constant loss',
      'E + A/N^a',
      table({ N: rising }, () => 2.5),
      'the loss is 2.5 in all 20 training rows',
    ],
    [
      'all rows alike',
      'E + A/N^a',
      table({ N: same }, (row) => 2 + row / 100),
      'its 20 training rows have 1 different values of N, too few',
    ],
    [
      'a column that is constant',
      'chinchilla',
      table({ N: rising, D: same }, (row) => 4 - row / 10),
      'D is 1000000000 in all of them',
    ],
    [
      'an exponent of what is 1',
      'E + A/N^a*x^b',
      table({ N: rising, x: Array(rows).fill(1) }, (row) => 4 - row / 10),
      'say nothing of b',
    ],
    ['two constants', 'E + F + A/N^a', table({ N: rising }, (row) => 4 - row / 10), 'cannot tell E, F apart'],
    [
      'fewer settings than parameters',
      'E + A/N^a',
      table({ N: rising.map((_, row) => [1e7, 1e8][row % 2]) }, (row) => 4 - row / 10),
      'its 20 training rows have 2 different values of N, too few',
    ],
    [
      'tokens that never repeat',
      'repeated',
      table(
        {
          N: rising,
          D: rising.map((x, r) => x * (10 + (r % 7))),
          U: rising.map((x, r) => x * (10 + (r % 7))),
        },
        (row) => 4 - row / 10,
      ),
      'say nothing of R',
    ],
  ] as const)('%s', async (_, formula, runs, message) => {
    await expect(fitLaw(runs, { formula, starts: 4 })).rejects.toThrow(message);
  });

  it('and so are a loss below 0 under the Huber objective, and more starts than memory holds', async () => {
    const runs = table({ N: rising }, (row) => 1 - row / 10);
    await expect(fitLaw(runs, { formula: 'E + A/N^a', objective: 'huber' })).rejects.toThrow(
      'the loss 0 is not positive',
    );
    await expect(fitLaw(runs, { formula: 'E + A/N^a', starts: 1e12 })).rejects.toThrow(
      'starts 1000000000000 exceeds 10000',
    );
  });
});

describe('the public tables', () => {
  const table = (name: string) => join(process.env.COLAW_DATA ?? '', 'tables', name);
  const isHere = process.env.COLAW_DATA !== undefined && existsSync(table('misfitting.csv'));
  const least = ({ starts }: Fit) => Math.min(...starts.map(({ objective }) => objective));

  // SciPy's multi-start optima, mean Huber loss of the best learning rate of each N and D.
  it.skipIf(!isHere).each([
    ['chinchilla', 1.10388777e-5],
    ['kaplan', 8.63370247e-6],
  ])(
    'give %s the optimum of SciPy (misfitting.csv)',
    async (formula, expected) => {
      const runs = await readRuns(table('misfitting.csv'), formula, { bestBy: 'N,D', where: 'N < 1e9' });
      expect(
        Math.abs(least(await fitLaw(runs, { formula, objective: 'huber' })) / expected - 1),
      ).toBeLessThan(5e-9);
    },
    SLOW,
  );

  it.skipIf(!isHere)(
    'fit the best learning rate and batch of 1,730 runs, with no term lost (steplaw-dense.csv)',
    async () => {
      const runs = await readRuns(table('steplaw-dense.csv'), STEP, { where: 'loss < 3.2' });
      expect(runs.loss).toHaveLength(1730);
      const { held, parameters, meanSquaredError } = await fitLaw(runs, { formula: STEP });
      expect([held, parameters.a < 0, parameters.g < 0]).toEqual([{}, true, true]);
      const best = independentOptimum(runs, STEP, parameters);
      expect(meanSquaredError).toBeLessThan(best * (1 + 1e-9));
    },
    SLOW,
  );

  it.skipIf(!isHere)(
    'fit laws of three training sets that share their exponents (gadre.csv)',
    async () => {
      const formula = 'E[train] + A[train]/N^alpha + B[train]/D^beta';
      const runs = await readRuns(table('gadre.csv'), formula);
      const { parameters, held } = await fitLaw(runs, { formula });
      expect(Object.keys(parameters)).toContain('E[rpj]');
      expect(held).toEqual({});
    },
    SLOW,
  );
});
