import { describe, expect, it } from 'vitest';
import { law } from '../../lib/files/law';
import type { Law } from '../../lib/law/law';
import { type Random, seededRandom } from '../../lib/random';
import { findOptimum } from '../../lib/theory/optimum';
import { printedOptimum } from '../../lib/theory/printed';
import { type Problem, type Regime, regimeProblem, regimes } from '../../lib/theory/regimes';
import { smooth } from '../../lib/theory/smooth';

const published = law();
const base = { law: published, rhoMin: 1 / 16, context: 1032.5, weightBytes: 2, kvBytes: 2 };
const names = ['depth', 'ffnRatio', 'gqa', 'activationRate', 'width'] as const;
type Point = Record<(typeof names)[number], number>;

/** Eq. 2 and the three costs, written out by hand: nothing here comes from the library. */
function lossAt(
  { parameters: p }: Law,
  { depth: l, ffnRatio: r, gqa: g, activationRate: rho, width: d }: Point,
): number {
  return (
    p.kl / l ** p.al +
    (p.kr * rho ** p.ar) / (r ** p.af * d ** p.b1) +
    p.kd / (r ** p.af * d ** p.b2) +
    p.km / (d / g) ** p.am +
    p.Linf
  );
}
function costsAt(
  { context, weightBytes: bw, kvBytes }: Problem,
  { depth: l, ffnRatio: r, gqa: g, activationRate: rho, width: d }: Point,
) {
  return {
    prefill: l * (4 + 4 / g + 6 * r) * d * d,
    decode: l * ((2 + 2 / g + 3 * r) * d * d * bw + (2 * context * d * kvBytes) / g),
    memory: l * (2 + 2 / g + (3 * r) / rho) * d * d * bw,
  };
}

/** A random problem of a regime: budgets, width, context, byte sizes, and a law with other coefficients. */
function randomProblem(regime: Regime, random: Random, isWidthFree: boolean): Problem {
  const factor = (spread: number) => spread ** (2 * random() - 1);
  const parameters = Object.fromEntries(
    Object.entries(published.parameters).map(([name, value]) => [
      name,
      name === 'b1' ? value * random() : value * factor(1.5),
    ]),
  );
  const latencyBudget = 1e9 * factor(20);
  return regimeProblem(regime, {
    law: { ...published, parameters },
    rhoMin: 1 / (2 + 62 * random()),
    context: 8192 * random(),
    weightBytes: [0.5, 1, 2, 4][Math.floor(4 * random())],
    kvBytes: [1, 2][Math.floor(2 * random())],
    width: isWidthFree ? undefined : Math.round(256 * factor(8)),
    ...(regime[1] !== '2' && { latencyBudget }),
    ...(regime[1] !== '1' && { memoryBudget: latencyBudget * (1 + 8 * random()) }),
  });
}

describe('the exact optimum, over random problems of every regime', () => {
  for (const isWidthFree of [false, true])
    it.each(regimes)(
      `%s, ${isWidthFree ? 'free width' : 'given width'}: feasible, KKT residual below 1e-8, no better point`,
      (regime) => {
        const random = seededRandom(regimes.indexOf(regime) + (isWidthFree ? 10 : 20));
        for (let trial = 0; trial < 30; trial++) {
          const problem = randomProblem(regime, random, isWidthFree);
          const found = findOptimum(problem);
          expect(found.residual).toBeLessThan(1e-8);
          expect(Math.abs(found.loss - lossAt(problem.law, found))).toBeLessThan(1e-10);
          const isFeasible = (point: Point, slack: number) => {
            const costs = costsAt(problem, point);
            const keeps = Object.entries(problem.budgets).every(
              ([limit, budget]) => costs[limit as 'memory'] <= budget! * (1 + slack),
            );
            return (
              keeps &&
              point.gqa >= 1 - slack &&
              point.activationRate >= problem.rhoMin * (1 - slack) &&
              point.activationRate <= 1 + slack
            );
          };
          expect(isFeasible(found, 1e-9)).toBe(true);
          for (const price of Object.values(found.multipliers)) expect(price).toBeGreaterThanOrEqual(0);
          // A dense random search, near and far; depth always takes what the budgets leave.
          const better: Point[] = [];
          for (let draw = 0; draw < 400; draw++) {
            const reach = draw % 2 === 0 ? 0.05 : 3;
            const point = { ...found } as Point;
            for (const name of names)
              if (name !== 'width' || isWidthFree) point[name] *= Math.exp(reach * (2 * random() - 1));
            point.gqa = Math.max(1, point.gqa);
            point.activationRate = Math.min(1, Math.max(problem.rhoMin, point.activationRate));
            const costs = costsAt(problem, { ...point, depth: 1 });
            point.depth = Math.min(
              ...Object.entries(problem.budgets).map(([limit, budget]) => budget! / costs[limit as 'memory']),
            );
            // Collected, since 300,000 calls of expect would take longer than all the rest.
            if (!isFeasible(point, 1e-12) || !(lossAt(problem.law, point) > found.loss - 1e-10))
              better.push(point);
          }
          expect(better).toEqual([]);
        }
      },
    );

  it('has the shadow prices that a slightly larger budget pays', () => {
    const at = (latencyBudget: number) =>
      findOptimum(regimeProblem('D3', { ...base, width: 2048, latencyBudget, memoryBudget: 2e9 }));
    const gain = (at(8e8 - 1e4).loss - at(8e8 + 1e4).loss) / 2e4;
    expect(at(8e8).multipliers.decode / gain).toBeCloseTo(1, 4);
  });
});

describe('the printed formulas against the exact optimum', () => {
  const difference = (a: Point, b: Point) =>
    Math.max(...names.map((name) => Math.abs(a[name] / b[name] - 1)));
  const cases: [Regime, object][] = [
    ['D1', { latencyBudget: 1e9 }],
    ['D2', { memoryBudget: 2e9 }],
    ['P1', { latencyBudget: 1e9 }],
    ['P2', { memoryBudget: 2e9 }],
    ['P3', { latencyBudget: 7e8, memoryBudget: 2e9 }],
    ['D3', { latencyBudget: 7e8, memoryBudget: 2e9, context: 0 }],
  ];
  it.each(cases)('%s agrees to 1e-9 inside the bounds', (regime, budgets) => {
    const problem = regimeProblem(regime, { ...base, width: 2048, ...budgets });
    const exact = findOptimum(problem);
    expect(exact.active).not.toContain('gqa >= 1');
    expect(difference(printedOptimum(regime, problem), exact)).toBeLessThan(1e-9);
  });

  it.each(['D1', 'D2', 'P1', 'P2'] as const)(
    '%s: random laws, budgets, widths and bytes, wherever no bound interferes, to 1e-9',
    (regime) => {
      const random = seededRandom(30 + regimes.indexOf(regime));
      let compared = 0;
      for (let trial = 0; trial < 800 && compared < 25; trial++) {
        const problem = randomProblem(regime, random, false);
        const exact = findOptimum(problem);
        if (exact.active.some((name) => name === 'gqa >= 1' || name === 'activationRate <= 1')) continue;
        if (regime[1] === '2' && exact.active.includes('activationRate >= rhoMin')) continue;
        compared++;
        const printed = printedOptimum(regime, problem);
        for (const name of names) expect(printed[name] / exact[name]).toBeCloseTo(1, 9);
      }
      expect(compared).toBe(25);
    },
  );

  it('D1 where the formulas, iterated as they stand, would overshoot for ever', () => {
    const steep = { ...published, parameters: { ...published.parameters, al: 2.5 } };
    const problem = regimeProblem('D1', { ...base, law: steep, width: 2048, latencyBudget: 1e9 });
    const [printed, exact] = [printedOptimum('D1', problem), findOptimum(problem)];
    for (const name of names) expect(printed[name] / exact[name]).toBeCloseTo(1, 9);
  });

  it('D3 finds the lower of two valleys near the end of its validity', () => {
    const problem = regimeProblem('D3', { ...base, width: 3072, latencyBudget: 1.9e9, memoryBudget: 2e9 });
    expect(printedOptimum('D3', problem).loss).toBeLessThan(3.2212);
  });

  it('are for Eq. 2 alone, however it is written', () => {
    const problem = (formula: string) =>
      regimeProblem('D2', { ...base, law: { ...published, formula }, width: 1024, memoryBudget: 2e9 });
    const { formula } = published;
    const reordered = `Linf + ${formula.replace(' + Linf', '').replace('kl/depth^al', 'kl*depth^(-al)')}`;
    expect(printedOptimum('D2', problem(reordered)).loss).toBeCloseTo(
      printedOptimum('D2', problem(formula)).loss,
      12,
    );
    for (const changed of [`${formula} + 0.001*depth`, formula.replace('km/', '10*km/')])
      expect(() => printedOptimum('D2', problem(changed))).toThrow('the printed formulas are for Eq. 2');
  });

  it('D3 with a KV cache breaks the decode budget as printed, and agrees once corrected', () => {
    const problem = regimeProblem('D3', { ...base, width: 2048, latencyBudget: 8e8, memoryBudget: 2e9 });
    expect(printedOptimum('D3', problem).used.decode / 8e8).toBeGreaterThan(1.05);
    expect(difference(printedOptimum('D3', problem, 'exact'), findOptimum(problem))).toBeLessThan(1e-9);
  });

  it('P1 and D1 are one optimum at matched budgets without a KV cache: the 2× asymmetry is one of units', () => {
    const prefill = findOptimum(regimeProblem('P1', { ...base, width: 1024, latencyBudget: 1e9 }));
    const decode = findOptimum(regimeProblem('D1', { ...base, width: 1024, latencyBudget: 1e9, context: 0 }));
    expect(difference(prefill, decode)).toBeLessThan(1e-12);
    expect(prefill.ffnRatio).toBeCloseTo(5.58942, 5);
  });

  it('ρ* of the memory case is Eq. 9: 0.395 at width 1024 and 0.173 at 2048', () => {
    const at = (width: number) =>
      printedOptimum('D2', regimeProblem('D2', { ...base, width, memoryBudget: 2e9 })).activationRate;
    expect(at(1024)).toBeCloseTo(0.395, 3);
    expect(at(2048)).toBeCloseTo(0.173, 3);
  });
});

describe('derivatives of the constraints', () => {
  it('are those of the appendices (Eqs. 50–54, 77–81, 128–132)', () => {
    const [l, r, g, rho, d, S, bw, bkv] = [20, 1.5, 4, 0.2, 1024, 1000, 2, 1];
    const x = [l, r, g, rho, d].map(Math.log);
    const constants = { context: S, weightBytes: bw, kvBytes: bkv };
    const gradient = (formula: string) =>
      smooth(formula, ['depth', 'ffnRatio', 'gqa', 'activationRate', 'width'], constants).at(x).gradient;
    const [dec, all, xiF] = [2 + 2 / g + 3 * r, 2 + 2 / g + (3 * r) / rho, 4 + 4 / g + 6 * r];
    const byHand = {
      'depth * ((2 + 2/gqa + 3*ffnRatio) * width^2 * weightBytes + 2*context*width*kvBytes/gqa)': [
        dec * d * d * bw + (2 * S * d * bkv) / g,
        3 * l * d * d * bw,
        -(2 * l * d * d * bw) / g ** 2 - (2 * l * S * d * bkv) / g ** 2,
        0,
        2 * l * dec * d * bw + (2 * l * S * bkv) / g,
      ],
      'depth * (2 + 2/gqa + 3*ffnRatio/activationRate) * width^2 * weightBytes': [
        all * d * d * bw,
        (3 * l * d * d * bw) / rho,
        -(2 * l * d * d * bw) / g ** 2,
        -(3 * l * r * d * d * bw) / rho ** 2,
        2 * l * all * d * bw,
      ],
      'depth * (4 + 4/gqa + 6*ffnRatio) * width^2': [
        xiF * d * d,
        6 * l * d * d,
        -(4 * l * d * d) / g ** 2,
        0,
        2 * l * xiF * d,
      ],
    };
    for (const [formula, slopes] of Object.entries(byHand))
      gradient(formula).forEach((each, i) => {
        expect(each).toBeCloseTo(slopes[i] * [l, r, g, rho, d][i], 3);
      });
  });
});

describe('dense models', () => {
  it('have their optimum at ρ = 1, the limit of larger and larger ρ_min', () => {
    const at = (rhoMin: number) =>
      findOptimum(
        regimeProblem('D3', { ...base, rhoMin, width: 1024, latencyBudget: 1e9, memoryBudget: 8e8 }),
      );
    const [dense, nearly] = [at(1), at(0.9999)];
    expect(dense.activationRate).toBe(1);
    for (const name of names) expect(dense[name] / nearly[name]).toBeCloseTo(1, 3);
    expect(dense.loss).toBeGreaterThan(nearly.loss);
  });
});

describe('problems that cannot be', () => {
  it.each([
    [{ parameters: { ...published.parameters, kr: -0.031 } }, 'is not positive'],
    [{ parameters: { ...published.parameters, km: 0 } }, 'the term km / kvDimension ^ am of the law is not'],
    [
      { formula: published.formula.replace('kl/depth^al', 'max(kl, 1)/depth^al') },
      'the term max(kl, 1) / depth ^ al of the law has min or max',
    ],
    [{ levels: { train: ['c4'] } }, 'the law has parameters of each train'],
  ])('a law that is no sum of positive powers: %#', (changes, message) => {
    const problem = { ...base, law: { ...published, ...changes }, width: 1024, latencyBudget: 1e9 };
    expect(() => findOptimum(regimeProblem('D1', problem))).toThrow(message);
  });

  it.each([
    [{ latencyBudget: 1e300 }, 'decode budget 1e+300 exceeds 1e+60'],
    [{ rhoMin: 0.99999 }, 'leaves the activation rate no room'],
    [{ rhoMin: 1e-20 }, 'rho-min 1e-20 is less than 1e-9'],
    [{ widthRange: [3072, 768] as const }, 'width range: 3072 is not below 768'],
    [{ widthRange: [1024, 1024] as const }, 'width range: 1024 is not below 1024'],
    [{ widthRange: [-5, 100] as const }, 'an end of the width range -5 is not a positive number'],
  ])('%o', (changes, message) => {
    expect(() => findOptimum(regimeProblem('D1', { ...base, latencyBudget: 1e9, ...changes }))).toThrow(
      message,
    );
  });

  it.each([
    ['D1', { latencyBudget: -1 }, 'decode budget -1 is not a positive number'],
    ['D1', {}, 'case D1 needs a latency budget'],
    ['D1', { latencyBudget: 1, memoryBudget: 1 }, 'case D1 takes no memory budget'],
    ['P3', { latencyBudget: 1 }, 'case P3 needs a memory budget'],
    ['D2', { memoryBudget: 1e9, rhoMin: 2 }, 'rho-min 2 exceeds 1'],
    ['D2', { memoryBudget: 1e9, width: -3 }, 'width -3 is not a positive number'],
    ['D2', { memoryBudget: 1e9, weightBytes: 0 }, 'weight-bytes 0 is not a positive number'],
    [
      'D2',
      { memoryBudget: 1e9, law: { ...published, parameters: { ...published.parameters, ar: 0.1 } } },
      'α_ρ 0.1 does not exceed α_r 0.17',
    ],
    [
      'D1',
      {
        latencyBudget: 1e9,
        law: { ...published, formula: 'A/depth^a', variables: published.variables.slice(0, 1) },
      },
      'the law does not depend on ffnRatio, gqa, activationRate, so the theory has no optimum for it',
    ],
  ] as const)('%s with %j are refused', (regime, given, message) => {
    expect(() => findOptimum(regimeProblem(regime, { ...base, ...given }))).toThrow(message);
  });
});
