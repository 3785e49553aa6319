import { Matrix, solve } from 'ml-matrix';
import { refuse } from '../errors';
import {
  type Limit,
  limitFormulas,
  lossFormula,
  type Problem,
  type RegimeVariable,
  regimeVariables,
  validateProblem,
} from './regimes';
import { type Smooth, smooth } from './smooth';

/** A constrained optimum with what proves it. */
export interface Optimum extends Record<RegimeVariable, number> {
  loss: number;
  /** Loss above what no architecture can change (L∞). */
  excessLoss: number;
  /** Shadow prices −∂loss/∂budget: nats per FLOP per token, byte per step, or byte. 0 where a limit does not bind. */
  multipliers: Record<Limit, number>;
  /** What binds: limits, and the bounds `activationRate >= rhoMin`, `activationRate <= 1`, `gqa >= 1`, `width …`. */
  active: string[];
  /** Each cost at the optimum, bound or not. */
  used: Record<Limit, number>;
  /** Largest KKT residual: stationarity by the logarithms, and relative excess over a binding budget. */
  residual: number;
}

/** An inequality h(x) ≤ 0 in the logarithms. */
interface Inequality {
  name: string;
  limit?: Limit;
  at(x: readonly number[]): { value: number; gradient: number[]; hessian: number[][] };
}

/**
 * The optimum of Eq. 7 under the paper's analytic model, with inequalities. In the logarithms of its variables
 * the problem is convex (loss and costs are sums of positive powers: a geometric program), so the KKT point is
 * the optimum. A barrier method finds which constraints bind; Newton's method on the KKT equations of those
 * then gives full precision.
 */
export function findOptimum(problem: Problem): Optimum {
  validateProblem(problem);
  const free = regimeVariables.filter((name) => name !== 'width' || problem.width === undefined);
  const { context, weightBytes, kvBytes, law } = problem;
  const constants = {
    context,
    weightBytes,
    kvBytes,
    ...(problem.width === undefined ? {} : { width: problem.width }),
  };
  const loss = smooth(lossFormula(law), free, { ...constants, ...law.parameters });
  const costs = Object.fromEntries(
    Object.entries(limitFormulas).map(([limit, formula]) => [limit, smooth(formula, free, constants)]),
  ) as Record<Limit, Smooth>;
  const inequalities = [
    ...Object.entries(problem.budgets).map(([limit, budget]) =>
      budgetLimit(limit as Limit, costs[limit as Limit], budget!),
    ),
    ...bounds(problem, free),
  ];

  const start = feasibleStart(problem, free, costs);
  const barrier = followBarrier(loss, inequalities, start);
  const { x, multipliers, active, residual } = polish(loss, inequalities, barrier);

  const values = Object.fromEntries(free.map((name, i) => [name, Math.exp(x[i])])) as Record<
    RegimeVariable,
    number
  >;
  const used = {
    prefill: costs.prefill.value(x),
    decode: costs.decode.value(x),
    memory: costs.memory.value(x),
  };
  const prices: Record<Limit, number> = { prefill: 0, decode: 0, memory: 0 };
  active.forEach((inequality, k) => {
    if (inequality.limit) prices[inequality.limit] = multipliers[k] / problem.budgets[inequality.limit]!;
  });
  const value = loss.value(x);
  return {
    ...values,
    width: problem.width ?? values.width,
    loss: value,
    excessLoss: value - (law.parameters.Linf ?? 0),
    multipliers: prices,
    active: active.map(({ name }) => name),
    used,
    residual,
  };
}

/** log(cost / budget) ≤ 0, which is convex. */
function budgetLimit(limit: Limit, cost: Smooth, budget: number): Inequality {
  return {
    name: limit,
    limit,
    at(x) {
      const { value, gradient, hessian } = cost.at(x);
      const slopes = gradient.map((each) => each / value);
      return {
        value: Math.log(value / budget),
        gradient: slopes,
        hessian: hessian.map((row, i) => row.map((each, j) => each / value - slopes[i] * slopes[j])),
      };
    },
  };
}

function bounds({ rhoMin, widthRange }: Problem, free: readonly RegimeVariable[]): Inequality[] {
  const zero = free.map(() => free.map(() => 0));
  const bound = (name: string, variable: RegimeVariable, sign: 1 | -1, limit: number): Inequality => {
    const at = free.indexOf(variable);
    const gradient = free.map((_, i) => (i === at ? sign : 0));
    return { name, at: (x) => ({ value: sign * (x[at] - Math.log(limit)), gradient, hessian: zero }) };
  };
  return [
    bound('activationRate >= rhoMin', 'activationRate', -1, rhoMin),
    bound('activationRate <= 1', 'activationRate', 1, 1),
    bound('gqa >= 1', 'gqa', -1, 1),
    ...(widthRange && free.includes('width')
      ? [
          bound('width >= least', 'width', -1, widthRange[0]),
          bound('width <= most', 'width', 1, widthRange[1]),
        ]
      : []),
  ];
}

/** A point strictly inside: half the depth that the tightest budget allows to an ordinary layer. */
function feasibleStart(
  problem: Problem,
  free: readonly RegimeVariable[],
  costs: Record<Limit, Smooth>,
): number[] {
  if (problem.rhoMin === 1) refuse('rho-min 1 leaves the activation rate no room; give a smaller one');
  const [low, high] = problem.widthRange ?? [512, 2048];
  const ordinary: Record<RegimeVariable, number> = {
    depth: 1,
    ffnRatio: 1,
    gqa: 2,
    activationRate: Math.sqrt(problem.rhoMin),
    width: problem.width ?? Math.sqrt(low * high),
  };
  const x = free.map((name) => Math.log(ordinary[name]));
  const depths = Object.entries(problem.budgets).map(
    ([limit, budget]) => budget! / costs[limit as Limit].value(x),
  );
  x[free.indexOf('depth')] = Math.log(Math.min(...depths) / 2);
  return x;
}

/** Follows the central path of t·loss − Σ log(−h) to t so large that m/t is negligible beside the loss. */
function followBarrier(loss: Smooth, inequalities: readonly Inequality[], start: number[]) {
  let x = start;
  let t = 10;
  const potential = (point: number[]) => {
    let sum = t * loss.value(point);
    for (const inequality of inequalities) {
      const { value } = inequality.at(point);
      if (!(value < 0)) return Number.POSITIVE_INFINITY;
      sum -= Math.log(-value);
    }
    return sum;
  };
  for (; t < 1e9; t *= 10) {
    for (let iteration = 0; iteration < 60; iteration++) {
      const { gradient, hessian } = loss.at(x);
      const slope = gradient.map((each) => t * each);
      const curvature = hessian.map((row) => row.map((each) => t * each));
      for (const inequality of inequalities) {
        const h = inequality.at(x);
        const factor = -1 / h.value;
        for (let i = 0; i < x.length; i++) {
          slope[i] += factor * h.gradient[i];
          for (let j = 0; j < x.length; j++)
            curvature[i][j] += factor * h.hessian[i][j] + factor * factor * h.gradient[i] * h.gradient[j];
        }
      }
      const step = solve(new Matrix(curvature), Matrix.columnVector(slope.map((each) => -each))).to1DArray();
      const decrement = -step.reduce((sum, each, i) => sum + each * slope[i], 0);
      if (!(decrement > 1e-9)) break;
      const here = potential(x);
      let scale = 1;
      while (
        scale > 1e-12 &&
        !(potential(x.map((each, i) => each + scale * step[i])) <= here - 0.1 * scale * decrement)
      )
        scale /= 2;
      if (scale <= 1e-12) break;
      x = x.map((each, i) => each + scale * step[i]);
    }
  }
  const multipliers = inequalities.map((inequality) => -1 / (t * inequality.at(x).value));
  return { x, multipliers };
}

/** Newton's method on ∇loss + Σ λ ∇h = 0 and h = 0 of the binding inequalities, adding and dropping as signs demand. */
function polish(
  loss: Smooth,
  inequalities: readonly Inequality[],
  barrier: { x: number[]; multipliers: number[] },
) {
  const isBinding = inequalities.map(
    (inequality, k) => barrier.multipliers[k] > -inequality.at(barrier.x).value,
  );
  for (let attempt = 0; attempt < 12; attempt++) {
    const active = inequalities.filter((_, k) => isBinding[k]);
    const start = inequalities.flatMap((_, k) => (isBinding[k] ? [barrier.multipliers[k]] : []));
    const solved = newtonOnKkt(loss, active, barrier.x, start);
    const negative = solved.multipliers.findIndex((multiplier) => multiplier < -1e-12);
    const broken = inequalities.findIndex(
      (inequality, k) => !isBinding[k] && inequality.at(solved.x).value > 1e-12,
    );
    if (negative < 0 && broken < 0) return { ...solved, active };
    if (negative >= 0) isBinding[inequalities.indexOf(active[negative])] = false;
    if (broken >= 0) isBinding[broken] = true;
  }
  return refuse(
    'no set of binding constraints satisfies the KKT conditions; is the law convex in the logarithms?',
  );
}

function newtonOnKkt(
  loss: Smooth,
  active: readonly Inequality[],
  start: number[],
  startMultipliers: number[],
) {
  const n = start.length;
  const m = active.length;
  let x = [...start];
  let multipliers = [...startMultipliers];
  let residual = Number.POSITIVE_INFINITY;
  let best = { x, multipliers, residual };
  for (let iteration = 0; iteration < 30; iteration++) {
    const l = loss.at(x);
    const h = active.map((inequality) => inequality.at(x));
    const stationarity = l.gradient.map(
      (each, i) => each + h.reduce((sum, { gradient }, k) => sum + multipliers[k] * gradient[i], 0),
    );
    residual = Math.max(...stationarity.map(Math.abs), ...h.map(({ value }) => Math.abs(value)));
    if (residual < best.residual) best = { x, multipliers, residual };
    else if (iteration > 8) break;
    if (residual < 1e-15) break;
    const system = Matrix.zeros(n + m, n + m);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++)
        system.set(
          i,
          j,
          l.hessian[i][j] + h.reduce((sum, { hessian }, k) => sum + multipliers[k] * hessian[i][j], 0),
        );
      for (let k = 0; k < m; k++) {
        system.set(i, n + k, h[k].gradient[i]);
        system.set(n + k, i, h[k].gradient[i]);
      }
    }
    const right = Matrix.columnVector([...stationarity, ...h.map(({ value }) => value)].map((each) => -each));
    const step = solve(system, right).to1DArray();
    x = x.map((each, i) => each + step[i]);
    multipliers = multipliers.map((each, k) => each + step[n + k]);
  }
  return best;
}
