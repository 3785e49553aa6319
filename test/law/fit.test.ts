import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { dataFile } from '../../lib/files/data';
import { law } from '../../lib/files/law';
import { fit as fitLaw } from '../../lib/law/fit/fit';
import { makeObjective } from '../../lib/law/fit/objective';
import { readRuns } from '../../lib/law/fit/read-runs';
import { refine } from '../../lib/law/fit/refine';
import type { Runs } from '../../lib/law/fit/runs';
import { toModel } from '../../lib/law/fit/to-model';
import { parseFormula } from '../../lib/law/formula/formula';
import { CODESIGN_FORMULA, predictRows } from '../../lib/law/law';
import { reconstructRuns, runsCsv } from '../../lib/law/reconstruct';
import { gaussian, seededRandom } from '../../lib/random';

const published = law();
let shipped: Runs;
beforeAll(async () => {
  shipped = await readRuns(dataFile('runs-170.csv'));
});

/** The shipped architectures with the published loss and noise of another seed. */
function noisy(seed: number, sigma: number): Runs {
  const random = seededRandom(seed);
  const clean = predictRows(published, shipped.columns, shipped.loss.length);
  return { ...shipped, loss: clean.map((loss) => loss + sigma * gaussian(random)) };
}

/** The least mean squared error that refinement alone finds from many wide starts: no gradient descent. */
function bruteForce(runs: Runs, starts: number): number {
  const rows = [...runs.loss.keys()].filter((row) => runs.isTraining[row]);
  const columns = Object.fromEntries(
    Object.entries(runs.columns).map(([name, values]) => [name, rows.map((row) => values[row])]),
  );
  const loss = Float64Array.from(rows, (row) => runs.loss[row]);
  const model = toModel(parseFormula(CODESIGN_FORMULA, Object.keys(columns)), columns, rows.length);
  const random = seededRandom(77);
  let least = Number.POSITIVE_INFINITY;
  for (let s = 0; s < starts; s++) {
    const start = model.parameters.map((_, p) =>
      model.plain[p] !== 0 ? 3 * random() : model.isLog[p] ? 6 * random() - 5 : 4 * random() - 1,
    );
    const { objective } = refine(model, loss, makeObjective(), start, { iterations: 1500, tolerance: 1e-13 });
    least = Math.min(least, objective);
  }
  return least;
}

describe('the reconstructed runs', () => {
  it('are written again byte for byte', () => {
    expect(runsCsv(reconstructRuns(published))).toBe(readFileSync(dataFile('runs-170.csv'), 'utf8'));
  });

  it('say that they are a reconstruction, and split 138 + 32', () => {
    expect(readFileSync(dataFile('runs-170.csv'), 'utf8')).toMatch(/^# RECONSTRUCTION, not measurements/);
    expect(shipped.isTraining.filter((isTraining) => isTraining)).toHaveLength(138);
    expect(shipped.loss).toHaveLength(170);
  });
});

describe('the fit', () => {
  it('recovers a law from runs without noise', async () => {
    const { parameters, meanSquaredError } = await fitLaw(noisy(0, 0), { starts: 16 });
    expect(meanSquaredError).toBeLessThan(1e-12);
    for (const name of ['kl', 'al', 'ar', 'af', 'b1', 'b2'])
      expect(parameters[name] / published.parameters[name]).toBeCloseTo(1, 2);
  });

  it('has the training R² of the paper on the shipped runs', async () => {
    const { r2, starts } = await fitLaw(shipped);
    expect(Math.abs(r2.train - 0.975)).toBeLessThan(0.01);
    expect(starts).toHaveLength(64);
  });

  it('recovers what the shipped runs identify within three standard errors, and says what they do not', async () => {
    const { parameters, standardErrors, unidentified } = await fitLaw(shipped);
    for (const name of ['kl', 'al', 'kr', 'ar', 'af', 'b1', 'kd', 'b2'])
      expect(Math.abs(parameters[name] - published.parameters[name]) / standardErrors[name]).toBeLessThan(3);
    expect(unidentified.map((u) => u.parameter)).toEqual(['km', 'am']);
    expect(unidentified[1].tradesOffWith).toContain('km');
  });

  it('names all three where κ_m, α_m and L∞ run along their valley', async () => {
    const { unidentified } = await fitLaw(noisy(5, 0.05));
    expect(unidentified.map((u) => u.parameter)).toEqual(['km', 'am', 'Linf']);
    expect(unidentified[0].tradesOffWith).toEqual(['am', 'Linf']);
  });

  // Seeds whose optimum is ordinary (3, 4), at the limit α_m → 0 (5, 7, 12), and at a steep negative α_m (1, 2).
  it.each([1, 2, 3, 4, 5, 7, 12])(
    'reaches the optimum of many float64 starts within 1e-6 (noise seed %i)',
    async (seed) => {
      const runs = noisy(seed, 0.05);
      const { meanSquaredError } = await fitLaw(runs);
      expect(meanSquaredError).toBeLessThan(bruteForce(runs, 12) * (1 + 1e-6));
    },
  );

  it('gives standard errors that agree with the scatter over noise', async () => {
    const formula = 'A/depth^a + B';
    const estimates: number[] = [];
    let stated = 0;
    for (let seed = 0; seed < 40; seed++) {
      const random = seededRandom(seed);
      const loss = Float64Array.from(
        shipped.columns.depth,
        (depth) => 9 / depth ** 1.2 + 2 + 0.05 * gaussian(random),
      );
      const fitted = await fitLaw({ ...shipped, loss }, { formula, starts: 2 });
      estimates.push(fitted.parameters.a);
      stated += fitted.standardErrors.a / 40;
    }
    const mean = estimates.reduce((sum, a) => sum + a, 0) / 40;
    const scatter = Math.sqrt(estimates.reduce((sum, a) => sum + (a - mean) ** 2, 0) / 39);
    expect(stated / scatter).toBeGreaterThan(0.7);
    expect(stated / scatter).toBeLessThan(1.4);
  });

  it('is the same for the same seed', async () => {
    const [first, second] = [
      await fitLaw(shipped, { starts: 4, seed: 3 }),
      await fitLaw(shipped, { starts: 4, seed: 3 }),
    ];
    expect(second.parameters).toEqual(first.parameters);
  });

  it('with the Huber objective shrugs off a wild run', async () => {
    const runs = noisy(5, 0.01);
    runs.loss[runs.isTraining.indexOf(true)] += 3;
    const [huber, squared] = [
      await fitLaw(runs, { objective: 'huber', starts: 8 }),
      await fitLaw(runs, { starts: 8 }),
    ];
    expect(huber.r2.validation!).toBeGreaterThan(squared.r2.validation!);
    expect(huber.r2.validation!).toBeGreaterThan(0.99);
  });

  it('says how far it is', async () => {
    const shares: number[] = [];
    await fitLaw(shipped, { starts: 2, onProgress: (share) => shares.push(share) });
    expect(shares[shares.length - 1]).toBe(1);
    expect([...shares].sort((a, b) => a - b)).toEqual(shares);
  });

  it('refuses bad options', async () => {
    await expect(fitLaw(shipped, { starts: 0 })).rejects.toThrow('starts 0 is not a positive integer');
    await expect(fitLaw(shipped, { delta: -1 })).rejects.toThrow('delta -1 is not a positive number');
  });
});
