import { refuse } from '../errors';
import { followBarrier, type Inequality, polish } from './kkt';
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

/**
 * The optimum of Eq. 7 under the paper's analytic model, with inequalities. In the logarithms of its variables
 * the problem is convex (loss and costs are sums of positive powers: a geometric program), so the KKT point is
 * the optimum. A barrier method finds which constraints bind; Newton's method on the KKT equations of those
 * then gives full precision.
 *
 * @example findOptimum(problem).active // ['memory']
 */
export function findOptimum(problem: Problem): Optimum {
  validateProblem(problem);
  const isDense = problem.rhoMin === 1;
  const given = { width: problem.width, activationRate: isDense ? 1 : undefined };
  const free = regimeVariables.filter((name) => given[name as keyof typeof given] === undefined);
  const { context, weightBytes, kvBytes, law } = problem;
  const constants = {
    context,
    weightBytes,
    kvBytes,
    ...(problem.width === undefined ? {} : { width: problem.width }),
    ...(isDense ? { activationRate: 1 } : {}),
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
  if (!(residual < 1e-8 * Math.max(1, loss.value(x))) || !active.some(({ limit }) => limit !== undefined))
    refuse('no point was found that satisfies the KKT conditions; is the law convex in the logarithms?');

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
    activationRate: isDense ? 1 : values.activationRate,
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
    ...(free.includes('activationRate')
      ? [
          bound('activationRate >= rhoMin', 'activationRate', -1, rhoMin),
          bound('activationRate <= 1', 'activationRate', 1, 1),
        ]
      : []),
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
