import { Matrix, solve as solveLinear } from 'ml-matrix';
import { refuse } from '../errors';
import type { Limit } from './regimes';
import type { Smooth } from './smooth';

/** An inequality h(x) ≤ 0 in the logarithms. */
export interface Inequality {
  name: string;
  limit?: Limit;
  at(x: readonly number[]): { value: number; gradient: number[]; hessian: number[][] };
}

/** Follows the central path of t·loss − Σ log(−h) to t so large that m/t is negligible beside the loss. */
export function followBarrier(loss: Smooth, inequalities: readonly Inequality[], start: number[]) {
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

/** Solves a linear system, or says that it has no one solution. */
function solve(system: Matrix, right: Matrix): Matrix {
  try {
    return solveLinear(system, right);
  } catch {
    return refuse(
      'the conditions of the optimum have no single solution here: what the limits leave is too small',
    );
  }
}

/** Newton's method on ∇loss + Σ λ ∇h = 0 and h = 0 of the binding inequalities, adding and dropping as signs demand. */
export function polish(
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
