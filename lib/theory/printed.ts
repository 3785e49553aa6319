import { Matrix, solve } from 'ml-matrix';
import { refuse } from '../errors';
import { substitute } from '../law/formula/formula';
import { CODESIGN_FORMULA, type Law, predictRows } from '../law/law';
import {
  type Limit,
  limitFormulas,
  lossFormula,
  type Problem,
  type Regime,
  type RegimeVariable,
  validateProblem,
} from './regimes';
import { type Smooth, smooth } from './smooth';

/** What the paper's formulas give, right or wrong. */
export interface PrintedOptimum extends Record<RegimeVariable, number> {
  loss: number;
  excessLoss: number;
  /** The multipliers that the paper writes out (Eqs. 56, 82, 133); null where it has none. */
  multipliers: { latency: number | null; memory: number | null };
  /** What each cost is with these values, within its budget or not. */
  used: Record<Limit, number>;
}

/** Eq. 123, as printed: ξ_W^all of the dual decode case, from a quadratic in which δ is divided twice. */
const PRINTED_STORAGE =
  '((attention + 3*ffnRatio) + ((attention + 3*ffnRatio)^2 + 4*eta*delta)^0.5) / (2*eta)';
/** The same from the constraints themselves: linear. */
const EXACT_STORAGE = '(attention + 3*ffnRatio + delta) / eta';

/**
 * The optimum of a regime by the paper's formulas at a given width, without the bounds that it leaves out:
 * D1 Eqs. 71–74, D2 and P2 Eqs. 97–100 and 148–151, D3 Eqs. 121–125, P1 Eqs. 142–145, P3 Eqs. 159–161. Implicit
 * formulas are iterated to their fixed point; where the paper leaves r* and gqa* to numerics (D3, P3), the loss
 * is minimised over them with its ρ* and l* put in. `dual: 'exact'` corrects D3. Only for laws of the form Eq. 2.
 *
 * @example printedOptimum('D2', problem).activationRate // 0.173
 */
export function printedOptimum(
  regime: Regime,
  problem: Problem,
  dual: 'printed' | 'exact' = 'printed',
): PrintedOptimum {
  validateProblem(problem);
  const { width: d, law } = problem;
  if (d === undefined) refuse('the paper has no formula for the best width; give a width');
  for (const name of ['kl', 'al', 'kr', 'ar', 'af', 'b1', 'kd', 'b2', 'km', 'am'])
    if (law.parameters[name] === undefined)
      refuse(`the printed formulas are for Eq. 2; this law has no parameter "${name}"`);
  if (!isCodesign(law)) refuse(`the printed formulas are for Eq. 2; this law is ${law.formula}`);
  if (regime === 'D3' || regime === 'P3')
    return report(problem, dualPoint(regime, problem, d, dual), { latency: null, memory: null });
  return singlePoint(regime, problem, d);
}

/** Whether a law is Eq. 2, however it is written: the same at two points and in its parameters. */
function isCodesign({ formula, parameters, variables }: Law): boolean {
  const columns = {
    depth: [7, 31],
    width: [700, 3100],
    ffnRatio: [0.3, 3.1],
    activationRate: [0.07, 0.9],
    kvDimension: [128, 900],
  };
  const at = (text: string) =>
    predictRows({ formula: text, parameters, variables: Object.keys(columns) }, columns, 2);
  if (variables.some((name) => !(name in columns))) return false;
  const [own, theirs] = [at(formula), at(parameters.Linf === undefined ? WITHOUT_FLOOR : CODESIGN_FORMULA)];
  return own.every((loss, i) => Math.abs(loss / theirs[i] - 1) < 1e-9);
}

const WITHOUT_FLOOR = CODESIGN_FORMULA.replace(' + Linf', '');

/** D1, P1, D2, P2: one limit, formulas implicit in r and gqa. */
function singlePoint(regime: Regime, problem: Problem, d: number): PrintedOptimum {
  const { kl, al, kr, ar, af, b1, kd, b2, km, am } = problem.law.parameters;
  const { weightBytes: bw, kvBytes, context, rhoMin, budgets } = problem;
  const isMemory = regime[1] === '2';
  const budget = (budgets.memory ?? budgets.decode ?? budgets.prefill)!;
  const rho = isMemory
    ? ((af * kd) / ((ar - af) * kr)) ** (1 / ar) * d ** ((b1 - b2) / ar) // Eqs. 97, 148
    : rhoMin; // Eqs. 71, 142
  const numerator = kr * rho ** ar * d ** (b2 - b1) + kd; // D̃
  /** Cost of a layer, and what r and gqa contribute to it (Table 4: C_r and C_g). */
  const layer = (r: number, g: number) => {
    if (isMemory)
      return {
        cost: (2 + 2 / g + (3 * r) / rho) * d * d * bw,
        byRatio: (3 / rho) * d * d * bw,
        byGroup: 2 * d * d * bw,
      };
    if (regime === 'P1') return { cost: (4 + 4 / g + 6 * r) * d * d, byRatio: 6 * d * d, byGroup: 4 * d * d };
    const kv = 2 * context * d * kvBytes;
    return {
      cost: (2 + 2 / g + 3 * r) * d * d * bw + kv / g,
      byRatio: 3 * d * d * bw,
      byGroup: 2 * d * d * bw + kv,
    };
  };
  let [r, g] = [1, 2];
  let change = Number.POSITIVE_INFINITY;
  // Steep laws overshoot from one iterate to the next; then each step goes only part of the way.
  let part = 1;
  for (let iteration = 0; iteration < 20_000 && !(change < 1e-15); iteration++) {
    const { cost, byRatio, byGroup } = layer(r, g);
    const share = (al * kl * cost ** (al - 1)) / budget ** al; // μ l, Eqs. 66, 94, 139
    const nextR = ((af * numerator) / (share * byRatio * d ** b2)) ** (1 / (af + 1)); // Eqs. 73, 99, 144
    const nextG = ((share * byGroup * d ** am) / (am * km)) ** (1 / (am + 1)); // Eqs. 74, 100, 145
    const before = change;
    change = Math.abs(Math.log(nextR / r)) + Math.abs(Math.log(nextG / g));
    if (change > 0.99 * before) part = Math.max(part / 2, 1 / 64);
    [r, g] = [r * (nextR / r) ** part, g * (nextG / g) ** part];
  }
  if (!(change < 1e-12))
    refuse(`case ${regime}: the printed formulas have no fixed point that could be found`);
  const { cost } = layer(r, g);
  const depth = budget / cost; // Eqs. 72, 98, 143
  const multiplier = (al * kl) / (depth ** (al + 1) * cost); // Eqs. 56, 82, 133
  const point = { depth, ffnRatio: r, gqa: g, activationRate: rho, width: d };
  return report(
    problem,
    point,
    isMemory ? { latency: null, memory: multiplier } : { latency: multiplier, memory: null },
  );
}

/** D3, P3: ρ* and l* in terms of r and gqa, over which the loss is minimised by Newton's method. */
function dualPoint(regime: Regime, problem: Problem, width: number, dual: 'printed' | 'exact') {
  const { weightBytes, kvBytes, context, budgets, law } = problem;
  const eta = (budgets.decode ?? budgets.prefill)! / budgets.memory!;
  const constants = {
    ...law.parameters,
    width,
    weightBytes,
    kvBytes,
    context,
    eta,
    memory: budgets.memory!,
    latency: (budgets.decode ?? budgets.prefill)!,
  };
  const expand = (formula: string) =>
    substitute(
      substitute(formula, 'delta', '2*context*kvBytes/(gqa*width*weightBytes)'),
      'attention',
      '2 + 2/gqa',
    );
  const storage = dual === 'exact' ? EXACT_STORAGE : PRINTED_STORAGE;
  const rho = expand(
    regime === 'D3'
      ? `3*ffnRatio / (${storage} - attention)` // Eqs. 117, 124
      : '3*eta*weightBytes*ffnRatio / (attention*(2 - eta*weightBytes) + 6*ffnRatio)', // Eqs. 157, 160
  );
  const depth = expand(
    regime === 'D3'
      ? `memory / ((${storage})*width^2*weightBytes)`
      : 'latency / ((2*attention + 6*ffnRatio)*width^2)',
  ); // Eqs. 125, 161
  const variables = ['ffnRatio', 'gqa'] as const;
  const inner = {
    depth: smooth(depth, variables, constants),
    activationRate: smooth(rho, variables, constants),
  };
  const outer = smooth(lossFormula(law), ['depth', 'ffnRatio', 'gqa', 'activationRate'], constants);
  /** The loss with ρ* and l* put in, with exact derivatives by the logarithms of r and gqa (chain rule). */
  const lossAt = (x: number[]) => {
    const [l, rate] = [logarithm(inner.depth.at(x)), logarithm(inner.activationRate.at(x))];
    const { value, gradient, hessian } = outer.at([l.value, x[0], x[1], rate.value]);
    const jacobian = [l.gradient, [1, 0], [0, 1], rate.gradient];
    const combine = (i: number, j: number) =>
      gradient[0] * l.hessian[i][j] +
      gradient[3] * rate.hessian[i][j] +
      hessian.reduce(
        (sum, row, p) =>
          sum + row.reduce((part, each, q) => part + each * jacobian[p][i] * jacobian[q][j], 0),
        0,
      );
    return {
      value,
      gradient: [0, 1].map((i) => gradient.reduce((sum, each, p) => sum + each * jacobian[p][i], 0)),
      hessian: [0, 1].map((i) => [0, 1].map((j) => combine(i, j))),
    };
  };
  const lossAlone = (x: number[]) =>
    outer.value([Math.log(inner.depth.value(x)), x[0], x[1], Math.log(inner.activationRate.value(x))]);
  /** Newton's method from a start, by the logarithms of r and gqa. */
  const descend = (start: number[]) => {
    let x = start;
    for (let iteration = 0; iteration < 200; iteration++) {
      const { value, gradient, hessian } = lossAt(x);
      const size = Math.max(...gradient.map(Math.abs));
      if (size < 1e-15) break;
      // Far from the optimum the Hessian may bend the wrong way; then the gradient, damped, takes over.
      const [[a, b], [, c]] = hessian;
      const shift = Math.max(0, 1e-6 - ((a + c) / 2 - Math.hypot((a - c) / 2, b)));
      const step = solve(
        new Matrix([
          [a + shift, b],
          [b, c + shift],
        ]),
        Matrix.columnVector(gradient),
      ).to1DArray();
      const longest = Math.max(1, ...step.map(Math.abs));
      let scale = 1 / longest;
      const moved = () => x.map((each, i) => each - scale * step[i]);
      while (scale > 1e-9 && !(lossAlone(moved()) <= value)) scale /= 2;
      if (scale <= 1e-9) break;
      x = moved();
    }
    return x;
  };
  // Near the end of its validity the loss has several valleys.
  const ends = [0.02, 0.3, 1, 3].flatMap((r) => [1, 2, 8].map((g) => descend([Math.log(r), Math.log(g)])));
  const losses = ends.map(lossAlone);
  const least = Math.min(...losses.filter(Number.isFinite));
  if (least === Number.POSITIVE_INFINITY)
    refuse(
      `case ${regime}: the printed formulas give no positive activation rate and depth (η b_w ${(eta * weightBytes).toPrecision(3)})`,
    );
  const x = ends[losses.indexOf(least)];
  const values = { ...constants, ffnRatio: Math.exp(x[0]), gqa: Math.exp(x[1]) };
  const evaluate = (formula: string) => smooth(formula, [], values).value([]);
  return {
    depth: evaluate(depth),
    ffnRatio: values.ffnRatio,
    gqa: values.gqa,
    activationRate: evaluate(rho),
    width,
  };
}

/** The logarithm of a positive function, with its derivatives. */
function logarithm({ value, gradient, hessian }: ReturnType<Smooth['at']>) {
  const slopes = gradient.map((each) => each / value);
  const curvature = hessian.map((row, i) => row.map((each, j) => each / value - slopes[i] * slopes[j]));
  return { value: Math.log(value), gradient: slopes, hessian: curvature };
}

function report(
  problem: Problem,
  point: Record<RegimeVariable, number>,
  multipliers: PrintedOptimum['multipliers'],
): PrintedOptimum {
  const { context, weightBytes, kvBytes, law } = problem;
  const at = (formula: string) =>
    smooth(formula, [], { ...point, context, weightBytes, kvBytes, ...law.parameters }).value([]);
  const loss = at(lossFormula(law));
  const used = {
    prefill: at(limitFormulas.prefill),
    decode: at(limitFormulas.decode),
    memory: at(limitFormulas.memory),
  };
  return { ...point, loss, excessLoss: loss - (law.parameters.Linf ?? 0), multipliers, used };
}
