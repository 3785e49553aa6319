import { oneOf, positiveNumber, refuse } from '../errors';
import { substitute } from '../law/formula';
import type { Law } from '../law/law';

/** The paper's six cases: decode or prefill; limited by latency (1), by memory (2), by both (3). */
export type Regime = 'D1' | 'D2' | 'D3' | 'P1' | 'P2' | 'P3';
export const regimes: readonly Regime[] = ['D1', 'D2', 'D3', 'P1', 'P2', 'P3'];

/** What the analytic model limits: prefill FLOPs per token, decode bytes per step, bytes of storage. */
export type Limit = 'prefill' | 'decode' | 'memory';

/** Costs of the analytic model as formulas: Eq. 43, Eq. 45 and Eq. 46. */
export const limitFormulas: Record<Limit, string> = {
  prefill: 'depth * (4 + 4/gqa + 6*ffnRatio) * width^2',
  decode: 'depth * ((2 + 2/gqa + 3*ffnRatio) * width^2 * weightBytes + 2*context*width*kvBytes/gqa)',
  memory: 'depth * (2 + 2/gqa + 3*ffnRatio/activationRate) * width^2 * weightBytes',
};

/** The variables that a regime optimises; the width may be given. */
export const regimeVariables = ['depth', 'ffnRatio', 'gqa', 'activationRate', 'width'] as const;
export type RegimeVariable = (typeof regimeVariables)[number];

/** What stays fixed in the costs. */
export interface Bytes {
  /** Mean context while decoding, S̄ (Eq. 36). */
  context: number;
  /** b_w. */
  weightBytes: number;
  /** b_kv. */
  kvBytes: number;
}

/** A constrained optimum to be found: least loss within budgets. */
export interface Problem extends Bytes {
  law: Law;
  /** Budgets that hold: FLOPs per token for prefill, bytes per step for decode, bytes for memory. */
  budgets: Partial<Record<Limit, number>>;
  /** Least activation rate, ρ_min. */
  rhoMin: number;
  /** Given width; without one the best is found. */
  width?: number;
  /** Where the width is searched, if it is. Default: everywhere, though laws extrapolate beyond what was trained. */
  widthRange?: readonly [number, number];
}

/** The problem of one regime, with its budgets by name; refuses missing, superfluous and impossible ones. */
export function regimeProblem(
  regime: Regime,
  given: Omit<Problem, 'budgets'> & { latencyBudget?: number; memoryBudget?: number },
): Problem {
  const { latencyBudget, memoryBudget, ...rest } = given;
  oneOf(regime, regimes, 'case');
  const needsLatency = regime[1] !== '2';
  const needsMemory = regime[1] !== '1';
  if (needsLatency !== (latencyBudget !== undefined))
    refuse(`case ${regime} ${needsLatency ? 'needs a' : 'takes no'} latency budget`);
  if (needsMemory !== (memoryBudget !== undefined))
    refuse(`case ${regime} ${needsMemory ? 'needs a' : 'takes no'} memory budget`);
  const limit: Limit = regime[0] === 'D' ? 'decode' : 'prefill';
  return {
    ...rest,
    budgets: {
      ...(needsLatency && { [limit]: latencyBudget }),
      ...(needsMemory && { memory: memoryBudget }),
    },
  };
}

/** Checks numbers and law of a problem; throws an `InputError` naming value and rule. */
export function validateProblem(problem: Problem): void {
  const { budgets, rhoMin, width, context, weightBytes, kvBytes, law } = problem;
  for (const [limit, budget] of Object.entries(budgets)) positiveNumber(budget, `${limit} budget`);
  if (Object.keys(budgets).length === 0) refuse('a problem needs at least one budget');
  positiveNumber(rhoMin, 'rho-min');
  if (rhoMin > 1) refuse(`rho-min ${rhoMin} exceeds 1`);
  if (width !== undefined) positiveNumber(width, 'width');
  if (!(context >= 0 && Number.isFinite(context))) refuse(`context ${context} is not a number of tokens`);
  positiveNumber(weightBytes, 'weight-bytes');
  if (!(kvBytes >= 0 && Number.isFinite(kvBytes))) refuse(`kv-bytes ${kvBytes} is not a number of bytes`);
  const known = [...regimeVariables, 'kvDimension'] as string[];
  for (const name of law.variables)
    if (!known.includes(name)) refuse(`the law uses "${name}"; the theory knows ${known.join(', ')}`);
  const used = law.variables.map((name) => (name === 'kvDimension' ? 'gqa' : name));
  const unused = regimeVariables.filter((name) => name !== 'width' && !used.includes(name));
  if (unused.length > 0)
    refuse(`the law does not depend on ${unused.join(', ')}, so the theory has no optimum for it`);
  const { ar, af } = law.parameters;
  if (budgets.memory !== undefined && ar !== undefined && af !== undefined && ar <= af)
    refuse(
      `α_ρ ${ar} does not exceed α_r ${af}: under a memory limit the optimum has no interior activation rate (Thm. 5.2)`,
    );
}

/** The law's formula in the variables of the theory: kvDimension is width / gqa. */
export function lossFormula(law: Law): string {
  return substitute(law.formula, 'kvDimension', 'width/gqa');
}
