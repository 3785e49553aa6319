import { refuse } from '../errors';
import { paperSpace } from '../space';
import { findOptimum, type Optimum } from '../theory/optimum';
import { type PrintedOptimum, printedOptimum } from '../theory/printed';
import type { Limit, Regime } from '../theory/regimes';
import { problem, VARIABLES } from './cases';
import type { Evidence } from './evidence';
import { compared, consistent, corrected, type Finding, isClose } from './verdict';

const furthest = (a: PrintedOptimum, b: Record<(typeof VARIABLES)[number], number>) =>
  Math.max(...VARIABLES.map((name) => Math.abs(a[name] / b[name] - 1)));

/** Problems of a regime at the widths of the space where no bound interferes, so that the closed forms apply. */
function problemsInside(evidence: Evidence, regime: Regime, changes: Record<string, unknown> = {}) {
  const inside = paperSpace.widths.flatMap((width) => {
    const each = problem(evidence, regime, width, changes);
    const exact = findOptimum(each);
    const isFree = exact.active.every(
      (name) => name in each.budgets || (regime[1] === '1' && name === 'activationRate >= rhoMin'),
    );
    return isFree && exact.active.length === (regime[1] === '2' ? 1 : 2) ? [{ width, each, exact }] : [];
  });
  if (inside.length === 0) refuse(`a bound interferes with case ${regime} at every width of the space`);
  return inside;
}

/** Refuses an optimum at which a bound other than ρ_min binds: closed forms do not speak of those. */
export function refuseBounds({ active }: Optimum): void {
  const bound = active.find((name) => name === 'gqa >= 1' || name === 'activationRate <= 1');
  if (bound !== undefined) refuse(`with this law the bound ${bound} binds, which the closed forms leave out`);
}

/** The printed formulas of a regime against the exact optimum, all four variables. */
export function closedForm(evidence: Evidence, { regime }: { regime: Regime }): Finding {
  const inside = problemsInside(evidence, regime);
  const off = Math.max(...inside.map(({ each, exact }) => furthest(printedOptimum(regime, each), exact)));
  return compared(off < 1e-9, {
    ours: `largest difference ${off < 1e-9 ? 'below 1e-9' : off.toPrecision(3)}`,
    how: `depth, FFN ratio, gqa and ρ against the KKT point at widths ${inside.map(({ width }) => width).join(', ')}`,
    value: off < 1e-9 ? 0 : off,
  });
}

/** The width whose numbers are reported where several are checked. */
const REPORTED_WIDTH = 2048;

/** Eq. 109 and what follows from it: as printed, and with δ divided once. */
export function dualDecode(evidence: Evidence, { context }: { context?: number }): Finding {
  const inside = problemsInside(
    evidence,
    'D3',
    context === undefined ? {} : { context, memoryBudget: 1e9, latencyBudget: 4e8 },
  );
  const cases = inside.map(({ width, each, exact }) => {
    const printed = printedOptimum('D3', each);
    return {
      width,
      printed: furthest(printed, exact),
      linear: furthest(printedOptimum('D3', each, 'exact'), exact),
      over: printed.used.decode / each.budgets.decode! - 1,
    };
  });
  const most = (read: (each: (typeof cases)[number]) => number) => Math.max(...cases.map(read));
  const { over, printed, width } = cases.find((each) => each.width === REPORTED_WIDTH) ?? cases[0];
  const printedHolds = most(({ printed }) => printed) < 1e-9;
  const linear = most((each) => each.linear);
  const corrects = linear < 1e-9 ? 'agrees' : `is off by ${linear.toPrecision(3)}`;
  return corrected(printedHolds, linear < 1e-9, {
    ours: printedHolds
      ? 'agrees'
      : `off by ${(100 * printed).toFixed(0)} %, ${(100 * over).toFixed(1)} % over its decode budget; the linear form ${corrects}`,
    how: `the printed quadratic, and ρ* = 3ηr / (α_attn(1 − η) + 3r + δ), against the exact optimum; numbers at width ${width}`,
    value: printedHolds ? 0 : over,
  });
}

/** Theorem 5.1: the optimum of a latency-limited regime has the least activation rate. */
export function leastRate(evidence: Evidence, { regime }: { regime: 'D1' | 'P1' }): Finding {
  const rates = [1 / 64, 1 / 16, 1 / 4].flatMap((rhoMin) =>
    paperSpace.widths.map(
      (width) => findOptimum(problem(evidence, regime, width, { rhoMin })).activationRate / rhoMin,
    ),
  );
  const off = Math.max(...rates.map((ratio) => Math.abs(ratio - 1)));
  return compared(off < 1e-9, {
    ours: off < 1e-9 ? 'ρ* = ρ_min' : `ρ* up to ${(1 + off).toFixed(2)} ρ_min`,
    how: `exact optimum of ${regime} for ρ_min 1/64, 1/16, 1/4 at the widths of the space`,
    value: off < 1e-9 ? 0 : off,
  });
}

/** Eq. 9 at some widths, against what the paper states there. */
export function activationRates(
  evidence: Evidence,
  { examples }: { examples: { width: number; printed: number }[] },
): Finding {
  const rates = examples.map(
    ({ width }) => printedOptimum('D2', problem(evidence, 'D2', width)).activationRate,
  );
  return compared(
    examples.every(({ printed }, i) => Math.abs(rates[i] - printed) < 0.01),
    {
      ours: rates.map((rate) => rate.toFixed(3)).join('; '),
      how: `Eq. 9 at width ${examples.map(({ width }) => width.toLocaleString('en-US')).join(' and ')} with the coefficients of the law; within 0.01 counts as agreement`,
      value: rates[0],
    },
  );
}

/** The ratio of two exact memory-limited optima of the activation rate, one width twice the other. */
export function doublingWidth(evidence: Evidence, { printed }: { printed: number }): Finding {
  const rate = (width: number) => {
    const optimum = findOptimum(problem(evidence, 'D2', width));
    refuseBounds(optimum);
    return optimum.activationRate;
  };
  const ratio = rate(1536) / rate(3072);
  return compared(Math.abs(ratio - printed) < 0.05, {
    ours: `${ratio.toFixed(2)}×`,
    how: 'exact optima of D2 at widths 1,536 and 3,072',
    value: ratio,
  });
}

/** D2 and P2 are one problem. */
export function scenarioIndependence(evidence: Evidence): Finding {
  const off = Math.max(
    ...paperSpace.widths.map((width) => {
      const [d2, p2] = (['D2', 'P2'] as const).map((regime) => findOptimum(problem(evidence, regime, width)));
      return Math.max(...VARIABLES.map((name) => Math.abs(d2[name] / p2[name] - 1)));
    }),
  );
  return compared(off < 1e-9, {
    ours: off < 1e-9 ? 'the same optimum' : `off by ${off}`,
    how: 'exact optima of D2 and P2 at the widths of the space',
    value: off < 1e-9 ? 0 : off,
  });
}

/** The active budgets are used to the last byte. */
export function saturatesBudget(evidence: Evidence): Finding {
  const shares = (['D1', 'D2', 'P1'] as const).map((regime) => {
    const each = problem(evidence, regime, 2048);
    const [limit, budget] = Object.entries(each.budgets)[0] as [Limit, number];
    return findOptimum(each).used[limit] / budget;
  });
  return compared(
    shares.every((share) => isClose(share, 1)),
    {
      ours: shares.map((share) => `${(100 * share).toFixed(2)} %`).join(', '),
      how: 'used share of the budget at the exact optima of D1, D2, P1',
      value: shares[0],
    },
  );
}

/** Multipliers as printed (Eqs. 56, 82, 133) against the exact shadow prices. */
export function printedMultipliers(evidence: Evidence): Finding {
  const off = (['D1', 'D2', 'P1'] as const).flatMap((regime) =>
    problemsInside(evidence, regime).map(({ each, exact }) => {
      const { latency, memory } = printedOptimum(regime, each).multipliers;
      return Math.abs((latency ?? memory)! / Math.max(...Object.values(exact.multipliers)) - 1);
    }),
  );
  const worst = Math.max(...off);
  return compared(worst < 1e-8, {
    ours: worst < 1e-8 ? 'agree' : `off by ${worst.toPrecision(3)}`,
    how: 'printed multipliers against those of the exact optimum, D1, D2, P1 at the widths of the space where no bound interferes',
    value: worst < 1e-8 ? 0 : worst,
  });
}

/** ρ* of P3 is below 1 exactly when η_p b_w < 2. */
export function prefillValidity(evidence: Evidence): Finding {
  const rates = [1.2, 1.6, 1.95].map((etaBytes) => {
    const each = problem(evidence, 'P3', 2048, { latencyBudget: (etaBytes / 2) * 2e9, memoryBudget: 2e9 });
    return printedOptimum('P3', each).activationRate;
  });
  const above = printedOptimum(
    'P3',
    problem(evidence, 'P3', 2048, { latencyBudget: 2.1e9, memoryBudget: 2e9 }),
  ).activationRate;
  return compared(rates.every((rate) => rate < 1) && above > 1, {
    ours: `ρ* ${rates.map((rate) => rate.toFixed(2)).join(', ')} for η_p b_w 1.2, 1.6, 1.95; ${above.toFixed(2)} for 2.1`,
    how: 'Eq. 10 at width 2,048, memory budget 2 GB',
    value: above,
  });
}

/** Depth of the dual decode case from the latency side (Table 22) and from the memory side (Eq. 125). */
export function dualDepth(evidence: Evidence): Finding {
  const each = problem(evidence, 'D3', 2048);
  const { depth, used } = printedOptimum('D3', each);
  const fromLatency = (depth * each.budgets.decode!) / used.decode;
  return consistent(isClose(fromLatency, depth), {
    ours: `${fromLatency.toFixed(2)} layers by Table 22, ${depth.toFixed(2)} by Eq. 125`,
    how: 'with the printed ρ* at width 2,048; with the exact one both are the same',
    value: depth / fromLatency,
  });
}
