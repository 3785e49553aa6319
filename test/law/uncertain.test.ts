import { determinant, Matrix } from 'ml-matrix';
import { linearRegression } from 'simple-statistics';
import { beforeAll, describe, expect, it } from 'vitest';
import { dataFile } from '../../lib/files/data';
import { law } from '../../lib/files/law';
import { frontierBand, frontierProbability } from '../../lib/frontier/uncertain';
import { type Fit, fit as fitLaw } from '../../lib/law/fit/fit';
import { makeProblem, refit } from '../../lib/law/fit/problem';
import { readRuns } from '../../lib/law/fit/read-runs';
import type { Runs } from '../../lib/law/fit/runs';
import { CODESIGN_FORMULA, predictRows } from '../../lib/law/law';
import {
  bootstrap,
  interval,
  parameterIntervals,
  predictDraws,
  predictionBand,
} from '../../lib/law/uncertainty/bootstrap';
import { compareLaws, extrapolate } from '../../lib/law/uncertainty/compare';
import { planRuns } from '../../lib/law/uncertainty/plan';
import { profileInterval, profileLikelihood } from '../../lib/law/uncertainty/profile';
import { gaussian, seededRandom } from '../../lib/random';
import { estimate, estimates } from '../../lib/theory/estimate';

const FORMULA = 'E + A/x^a + B/y^b';

/** A table of `rows` runs drawn from a random law of the form `FORMULA`, with its law. */
function drawTable(seed: number, rows: number, noise: number) {
  const random = seededRandom(seed);
  const parameters = {
    ...{ E: 1 + random(), A: 2 + 4 * random(), a: 0.4 + 0.6 * random() },
    ...{ B: 2 + 4 * random(), b: 0.4 + 0.6 * random() },
  };
  const columns = {
    x: Float64Array.from({ length: rows }, () => 10 ** (2 * random())),
    y: Float64Array.from({ length: rows }, () => 10 ** (2 * random())),
  };
  const clean = predictRows({ formula: FORMULA, variables: ['x', 'y'], parameters }, columns, rows);
  const loss = clean.map((each) => each + noise * gaussian(random));
  const runs: Runs = { name: 'drawn', columns, loss, isTraining: Array.from(loss, () => true) };
  return { runs, parameters };
}

/** The fit reached from the truth: what a search would find, without the search. */
function fitFrom(runs: Runs, parameters: Record<string, number>): Fit {
  const { u, objective } = refit(makeProblem(runs, { formula: FORMULA }), parameters, 500);
  const { model } = makeProblem(runs, { formula: FORMULA });
  const fitted = model.toParameters(u);
  const found = { formula: FORMULA, variables: ['x', 'y'], parameters: fitted };
  return { law: found, parameters: fitted, meanSquaredError: objective } as unknown as Fit;
}

describe('intervals on tables drawn from random laws', () => {
  it('of 90 %, by both kinds of bootstrap, cover the truth between 85 % and 95 % of the time', () => {
    for (const kind of ['residual', 'case'] as const) {
      let covered = 0;
      let all = 0;
      for (let seed = 0; seed < 60; seed++) {
        const { runs, parameters } = drawTable(seed, 80, 0.02);
        const draws = bootstrap(runs, fitFrom(runs, parameters), {
          formula: FORMULA,
          kind,
          count: 120,
          seed,
        });
        for (const [name, [low, high]] of Object.entries(parameterIntervals(draws, 0.9))) {
          all++;
          const truth = (parameters as Record<string, number>)[name];
          if (low <= truth && truth <= high) covered++;
        }
      }
      expect(covered / all, kind).toBeGreaterThan(0.85);
      expect(covered / all, kind).toBeLessThan(0.95);
    }
  });

  it('and by standard errors and by profile likelihood as well', async () => {
    let [byError, byProfile, all] = [0, 0, 0];
    for (let seed = 0; seed < 24; seed++) {
      const { runs, parameters } = drawTable(1000 + seed, 60, 0.02);
      const fitted = await fitLaw(runs, { formula: FORMULA, starts: 2 });
      for (const [name, truth] of Object.entries(parameters)) {
        all++;
        if (Math.abs(fitted.parameters[name] - truth) <= 1.645 * fitted.standardErrors[name]) byError++;
        const [low, high] = profileInterval(runs, fitted, name, 0.9);
        if (low <= truth && truth <= high) byProfile++;
      }
    }
    for (const share of [byError / all, byProfile / all]) {
      expect(share).toBeGreaterThan(0.83); // 120 intervals: two standard errors are 5.5 %
      expect(share).toBeLessThan(0.97);
    }
  });
});

describe('the reconstructed runs', () => {
  let runs: Runs;
  let fitted: Fit;
  beforeAll(async () => {
    runs = await readRuns(dataFile('runs-170.csv'));
    fitted = await fitLaw(runs, { starts: 16 });
  }, 120_000);

  it('leave κ_m and α_m without bound, and say so in every way', () => {
    expect(fitted.collinear[0].parameters).toEqual(expect.arrayContaining(['km', 'am']));
    expect(fitted.unidentified.map(({ parameter }) => parameter)).toEqual(
      expect.arrayContaining(['km', 'am']),
    );
    expect(profileInterval(runs, fitted, 'am')[1]).toBe(Number.POSITIVE_INFINITY);
    const [low, high] = profileInterval(runs, fitted, 'al');
    expect(low).toBeLessThan(fitted.parameters.al);
    expect(high).toBeGreaterThan(fitted.parameters.al);
  });

  it('give the same draws for the same seed, and the exponent of ρ* an interval that holds the truth', () => {
    const draws = bootstrap(runs, fitted, { count: 100 });
    expect(bootstrap(runs, fitted, { count: 100 })).toEqual(draws);
    expect(bootstrap(runs, fitted, { count: 100, seed: 1 })).not.toEqual(draws);
    const [low, high] = interval(estimates(draws, '(b1 - b2)/ar'), 0.9);
    expect(low).toBeLessThan(-1.19);
    expect(high).toBeGreaterThan(-1.19);
    // The delta method says about the same.
    const { standardError } = estimate(fitted, '(b1 - b2)/ar');
    expect((high - low) / (2 * 1.645 * standardError)).toBeGreaterThan(0.6);
    expect((high - low) / (2 * 1.645 * standardError)).toBeLessThan(1.7);
  });

  it('profiles pass through the fit, and rise on both sides of an identified parameter', () => {
    const { al } = fitted.parameters;
    const points = profileLikelihood(runs, fitted, 'al', [al - 0.4, al, al + 0.4]);
    expect(points[1].objective / fitted.meanSquaredError).toBeCloseTo(1, 6);
    expect(points[0].objective).toBeGreaterThan(1.02 * points[1].objective);
    expect(points[2].objective).toBeGreaterThan(1.02 * points[1].objective);
  });

  it('does not know the least loss from below: a large KV term makes up for any', async () => {
    const [low, high] = profileInterval(runs, fitted, 'Linf');
    expect(low).toBe(Number.NEGATIVE_INFINITY);
    expect(high).toBeGreaterThan(fitted.parameters.Linf);
    for (const Linf of [2, -10]) {
      const { meanSquaredError } = await fitLaw(runs, { fixed: { Linf }, starts: 16 });
      expect(meanSquaredError / fitted.meanSquaredError).toBeLessThan(1.002);
    }
  });

  it('bands of predictions are as narrow as the law is sure, and widen outside the runs', () => {
    const draws = bootstrap(runs, fitted, { count: 100 });
    const at = { depth: [16, 64], activationRate: [0.125, 0.125], ffnRatio: [1, 1], width: [2048, 16384] };
    const columns = { ...at, kvDimension: [512, 512] };
    const [inside, outside] = predictionBand(predictDraws(fitted.law, draws, columns, 2), 0.9);
    expect(inside[1] - inside[0]).toBeLessThan(0.1);
    expect(outside[1] - outside[0]).toBeGreaterThan(2 * (inside[1] - inside[0]));
  });

  it('do not support the KV term: cross-validation and BIC prefer the law without it', async () => {
    const without = CODESIGN_FORMULA.replace(' + km/kvDimension^am', '');
    const laws = { codesign: CODESIGN_FORMULA, without, 'depth-width': 'depth-width' };
    const rows = await compareLaws(runs, laws, { starts: 8 });
    expect(rows.map(({ name }) => name)).toEqual(['without', 'codesign', 'depth-width']);
    expect(rows[0].bic).toBeLessThan(rows[1].bic);
    for (const row of rows) expect(row.heldOutRmse).toBeGreaterThan(row.rmse);
  });

  it('extrapolate from small models to large ones as well as they were made to', async () => {
    const size = Array.from(runs.columns.width, (width, row) => width ** 2 * runs.columns.depth[row]);
    const result = await extrapolate(runs, size, { starts: 8 });
    expect(result.outsideRmse).toBeLessThan(3 * result.insideRmse);
    expect(Math.abs(result.outsideBias)).toBeLessThanOrEqual(result.outsideRmse);
  });

  it('refuse an unknown kind, level, parameter', () => {
    expect(() => bootstrap(runs, fitted, { kind: 'jackknife' as 'case' })).toThrow(
      'unknown kind of bootstrap',
    );
    expect(() => interval([1, 2], 90)).toThrow('level 90 is not between 0 and 1');
    expect(() => profileInterval(runs, fitted, 'zz')).toThrow(
      'the formula has no parameter "zz"; it has kl, ',
    );
    expect(() => profileInterval(runs, fitted, 'al', 90)).toThrow('level 90 is not between 0 and 1');
    expect(() => profileInterval(runs, fitted, 'al', 0.9, { objective: 'huber' })).toThrow('squared');
  });
});

describe('a term that the runs do not want', () => {
  // Losses of a law in x alone; the best B would be negative, so B/y^b vanishes.
  const random = seededRandom(3);
  const x = Float64Array.from({ length: 60 }, () => 10 ** (2 * random()));
  const y = Float64Array.from({ length: 60 }, () => 10 ** (2 * random()));
  const loss = x.map((each, row) => 2 + 4 / each ** 0.5 + 0.02 * Math.log(y[row]) + 0.02 * gaussian(random));
  const runs: Runs = { name: 'x alone', columns: { x, y }, loss, isTraining: Array.from(loss, () => true) };
  const shorter = 'E + A/x^a';
  const whole = { formula: FORMULA, bounds: { b: [0.05, 2] as const } };
  let alone: Fit;
  let withIt: Fit;
  beforeAll(async () => {
    alone = await fitLaw(runs, { formula: shorter });
    withIt = await fitLaw(runs, whole);
  });

  it('is named, and the others are as sure as without it', () => {
    expect(withIt.held).toEqual({ B: 'its term has vanished', b: 'its term has vanished' });
    expect(withIt.meanSquaredError / alone.meanSquaredError).toBeCloseTo(1, 8);
    for (const name of ['E', 'A', 'a']) {
      expect(withIt.parameters[name]).toBeCloseTo(alone.parameters[name], 4);
      expect(withIt.standardErrors[name] / alone.standardErrors[name]).toBeCloseTo(1, 3);
    }
  });

  it('leaves the others free to move: in the bootstrap, in profiles, in folds', async () => {
    const short = parameterIntervals(bootstrap(runs, alone, { formula: shorter, count: 200 }));
    const long = parameterIntervals(bootstrap(runs, withIt, { ...whole, count: 200 }));
    const width = ([low, high]: [number, number]) => high - low;
    for (const name of ['E', 'A', 'a']) expect(width(long[name])).toBeGreaterThan(0.8 * width(short[name]));
    const ofA = profileInterval(runs, alone, 'a', 0.9, { formula: shorter });
    const besideB = profileInterval(runs, withIt, 'a', 0.9, whole);
    for (const side of [0, 1]) expect(besideB[side] / ofA[side]).toBeCloseTo(1, 2);
    const compared = await compareLaws(runs, { shorter, longer: FORMULA }, { starts: 8 });
    for (const row of compared) expect(row.heldOutRmse).toBeGreaterThan(1.005 * row.rmse);
  });

  it('comes back where other rows do want it', () => {
    const wanting = loss.map((each, row) => each + 2 / y[row] ** 0.5);
    const { parameters } = withIt;
    const problem = makeProblem({ ...runs, loss: wanting }, whole);
    const start = { ...parameters, B: 1e-12, b: 0.5 };
    const { u } = refit(problem, start);
    expect(problem.model.toParameters(u).B).toBeGreaterThan(0.5);
  });
});

describe('a coefficient', () => {
  const random = seededRandom(4);
  const x = Float64Array.from({ length: 40 }, () => 10 ** (2 * random()));
  const loss = x.map((each) => 9 - 0.3 * Math.log(each) + 0.01 * gaussian(random));
  const runs: Runs = { name: 'log', columns: { x }, loss, isTraining: Array.from(loss, () => true) };

  it('of a logarithm has either sign, and is that of the straight line through the logarithms', async () => {
    const { parameters, r2 } = await fitLaw(runs, { formula: 'a + b*log(x)', starts: 4 });
    const { m, b } = linearRegression(Array.from(x, (each, row) => [Math.log(each), loss[row]]));
    expect(parameters.b).toBeCloseTo(m, 8);
    expect(parameters.a).toBeCloseTo(b, 8);
    expect(r2.train).toBeGreaterThan(0.99);
  });

  it('of a power is positive, but for bounds that reach below 0', async () => {
    const falling = { ...runs, loss: x.map((each) => 9 - 0.3 * each ** 0.5) };
    const formula = 'E + A*x^0.5';
    const kept = await fitLaw(falling, { formula, starts: 4 });
    expect(kept.held).toEqual({ A: 'its term has vanished' });
    const { parameters } = await fitLaw(falling, { formula, starts: 4, bounds: { A: [-1, 1] } });
    expect(parameters.A).toBeCloseTo(-0.3, 8);
  });
});

describe('fixed and bounded parameters', () => {
  const { runs, parameters } = drawTable(5, 100, 0.02);

  it('stay where they are put, and the others make the best of it', async () => {
    const held = await fitLaw(runs, { formula: FORMULA, starts: 4, fixed: { a: 0.9 } });
    expect(held.parameters.a).toBe(0.9);
    expect(held.law.formula).toBe(FORMULA);
    const free = await fitLaw(runs, { formula: FORMULA, starts: 4 });
    expect(held.meanSquaredError).toBeGreaterThan(free.meanSquaredError);
  });

  it('bounds bind where the optimum lies beyond them, and only there', async () => {
    const free = await fitLaw(runs, { formula: FORMULA, starts: 4 });
    const high = free.parameters.a - 0.1;
    const bounded = await fitLaw(runs, {
      formula: FORMULA,
      starts: 4,
      bounds: { a: [0, high], A: [0.1, 100] },
    });
    expect(bounded.parameters.a).toBeCloseTo(high, 12);
    expect(bounded.held).toEqual({ a: 'at its bound' });
    const held = await fitLaw(runs, { formula: FORMULA, starts: 4, fixed: { a: high } });
    expect(bounded.meanSquaredError / held.meanSquaredError).toBeCloseTo(1, 7);
    const loose = await fitLaw(runs, { formula: FORMULA, starts: 4, bounds: { a: [0, 2], A: [0.1, 100] } });
    expect(loose.meanSquaredError / free.meanSquaredError).toBeCloseTo(1, 7);
  });

  it.each([
    ['al', 0, 1.2],
    ['ar', 0, 0.8],
    ['af', 0, 0.1],
  ])(
    'a refit that ends at the bound of %s is as good as one that holds it there',
    async (name, low, high) => {
      const trained = await readRuns(dataFile('runs-170.csv'));
      const published = law();
      const { [name]: _, ...others } = published.parameters;
      const refitted = (options: object, from: Record<string, number>) =>
        refit(makeProblem(trained, { formula: published.formula, ...options }), from).objective;
      const bounded = refitted({ bounds: { [name]: [low, high] } }, published.parameters);
      expect(bounded / refitted({ fixed: { [name]: high } }, others)).toBeCloseTo(1, 7);
    },
  );

  it('are refused where they make no sense', async () => {
    const bad = [
      [{ fixed: { z: 1 } }, 'the formula has no parameter "z"; it has E, A, a, B, b'],
      [{ fixed: { a: Number.NaN } }, 'fixed a NaN is not a finite number'],
      [{ bounds: { a: [2, 1] as const } }, 'bounds of a: 2 is not below 1'],
      [
        { bounds: { A: [Number.NEGATIVE_INFINITY, -1] as const } },
        'bounds of A: it is a coefficient, positive unless',
      ],
      [{ fixed: { E: 1, A: 1, a: 1, B: 1, b: 1 } }, 'every parameter is fixed'],
      [{ fixed: { a: 1 }, bounds: { a: [0, 2] as const } }, 'a is both fixed and bounded'],
    ] as const;
    for (const [options, message] of bad)
      await expect(fitLaw(runs, { formula: FORMULA, ...options })).rejects.toThrow(message);
    expect(parameters.E).toBeGreaterThan(0);
  });
});

describe('laws that are no sums of powers', () => {
  it("Kaplan's law is found again from its own noisy predictions", async () => {
    const random = seededRandom(3);
    const length = 200;
    const columns = {
      N: Float64Array.from({ length }, () => 10 ** (5 + 4 * random())),
      D: Float64Array.from({ length }, () => 10 ** (7 + 4 * random())),
    };
    const published = { Nc: 8.8e13, alphaN: 0.076, alphaD: 0.095, Dc: 5.4e13 };
    const kaplan = {
      formula: '((Nc/N)^(alphaN/alphaD) + Dc/D)^alphaD',
      variables: ['N', 'D'],
      parameters: published,
    };
    const loss = predictRows(kaplan, columns, length).map(
      (each) => each * Math.exp(0.005 * gaussian(random)),
    );
    const runs = { name: 'kaplan', columns, loss, isTraining: Array.from(loss, () => true) };
    const fitted = await fitLaw(runs, { formula: 'kaplan' });
    for (const [name, value] of Object.entries(published))
      expect(Math.abs(fitted.parameters[name] - value)).toBeLessThan(4 * fitted.standardErrors[name]);
    expect(fitted.parameters.alphaN).toBeCloseTo(0.076, 3);
  });
});

describe('large tables', () => {
  it('are searched on a part and refined on all', async () => {
    const { runs, parameters } = drawTable(9, 20_000, 0.02);
    const { parameters: found, standardErrors } = await fitLaw(runs, { formula: FORMULA, starts: 4 });
    for (const [name, truth] of Object.entries(parameters))
      expect(Math.abs(found[name] - truth)).toBeLessThan(4 * standardErrors[name]);
    // As good as the optimum that the truth itself leads to.
    const { objective } = refit(makeProblem(runs, { formula: FORMULA }), parameters, 500);
    const problem = makeProblem(runs, { formula: FORMULA });
    expect(refit(problem, found).objective / objective).toBeCloseTo(1, 9);
  });
});

describe('the next runs', () => {
  const published = law();
  const columns = { x: [1, 2, 5, 10, 20, 50], y: [3, 1, 40, 7, 90, 2] };
  const drawn = {
    formula: 'A/x^a + B/y^b',
    variables: ['x', 'y'],
    parameters: { A: 3, a: 0.5, B: 2, b: 0.8 },
  };
  const jacobian = (row: number) => {
    const { A, a, B, b } = drawn.parameters;
    const [x, y] = [columns.x[row], columns.y[row]];
    return [x ** -a, -A * Math.log(x) * x ** -a, y ** -b, -B * Math.log(y) * y ** -b];
  };

  it('are those of the largest determinant, by brute force', () => {
    const have = [0, 1, 2, 3];
    const [next] = planRuns(drawn, columns, 6, 1, { have });
    const volume = (row: number) => {
      const rows = new Matrix([...have, row].map(jacobian));
      return determinant(rows.transpose().mmul(rows));
    };
    const best = [0, 1, 2, 3, 4, 5].reduce((a, b) => (volume(b) > volume(a) ? b : a));
    expect(next).toBe(best);
  });

  it('spread out: no row is repeated before every parameter is known', () => {
    const rows = planRuns(drawn, columns, 6, 4);
    expect(new Set(rows).size).toBe(4);
  });

  it('are refused for a count of 0 or an unknown criterion', () => {
    expect(() => planRuns(drawn, columns, 6, 0)).toThrow('count 0 is not a positive integer');
    expect(() => planRuns(drawn, columns, 6, 1, { criterion: 'E' as 'parameters' })).toThrow(
      'unknown criterion',
    );
    expect(published.parameters.kl).toBe(9.96);
  });
});

describe('a frontier under uncertainty', () => {
  it('counts how often each point is optimal, and bands the least loss', () => {
    const seconds = [1, 2, 3];
    const losses = [
      [3, 2, 1],
      [3, 4, 1],
    ];
    expect([...frontierProbability(seconds, losses)]).toEqual([1, 0.5, 1]);
    const [first, second] = frontierBand(seconds, losses, [0.5, 2], 0.8);
    expect(first.median).toBeNaN();
    // Within 2 s the draws reach 2 and 3; the middle 80 % lies a tenth inside on either side.
    expect([second.low, second.high]).toEqual([2.1, 2.9]);
  });
});
