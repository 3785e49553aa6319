import { oneOf, positiveNumber, refuse } from '../errors';
import { parseFormula, substitute } from '../law/formula/formula';
import { walk } from '../law/formula/tree';
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

/**
 * The problem of one regime, with its budgets by name; refuses missing, superfluous and impossible ones.
 *
 * @example regimeProblem('D1', { ...problem, memoryBudget: 1e9 }) // refuses: case D1 needs a latency budget
 */
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

/** The largest budget that is taken. */
const MOST = 1e60;
/** Wider is no model, longer no context, and more bytes no number. */
const MOST_WIDTH = 1e9;
const MOST_CONTEXT = 1e12;
const MOST_BYTES = 64;
/** The least activation rate that is taken for ρ_min. */
const LEAST_RATE = 1e-9;

/** Checks numbers and law of a problem; throws an `InputError` naming value and rule. */
export function validateProblem(problem: Problem): void {
  const { budgets, rhoMin, width, widthRange, context, weightBytes, kvBytes, law } = problem;
  for (const [limit, budget] of Object.entries(budgets))
    if (positiveNumber(budget, `${limit} budget`) > MOST)
      refuse(`${limit} budget ${budget} exceeds ${MOST}, beyond which nothing can be told apart`);
  if (Object.keys(budgets).length === 0) refuse('a problem needs at least one budget');
  positiveNumber(rhoMin, 'rho-min');
  if (rhoMin > 1) refuse(`rho-min ${rhoMin} exceeds 1`);
  if (rhoMin < LEAST_RATE) refuse(`rho-min ${rhoMin} is less than ${LEAST_RATE}`);
  if (rhoMin > 0.9999 && rhoMin < 1)
    refuse(
      `rho-min ${rhoMin} leaves the activation rate no room; give 1 for dense models, or 0.9999 at most`,
    );
  if (width !== undefined) positiveNumber(width, 'width', MOST_WIDTH);
  if (widthRange !== undefined) {
    const [low, high] = widthRange.map((end) => positiveNumber(end, 'an end of the width range', MOST_WIDTH));
    if (!(low < high)) refuse(`width range: ${low} is not below ${high}`);
  }
  if (!(context >= 0 && context <= MOST_CONTEXT))
    refuse(`context ${context} is not a number of tokens from 0 to ${MOST_CONTEXT}`);
  positiveNumber(weightBytes, 'weight-bytes', MOST_BYTES);
  if (!(kvBytes >= 0 && kvBytes <= MOST_BYTES))
    refuse(`kv-bytes ${kvBytes} is not a number of bytes from 0 to ${MOST_BYTES}`);
  const known = [...regimeVariables, 'kvDimension'] as string[];
  for (const name of law.variables)
    if (!known.includes(name)) refuse(`the law uses "${name}"; the theory knows ${known.join(', ')}`);
  const used = law.variables.map((name) => (name === 'kvDimension' ? 'gqa' : name));
  const unused = regimeVariables.filter((name) => name !== 'width' && !used.includes(name));
  if (unused.length > 0)
    refuse(`the law does not depend on ${unused.join(', ')}, so the theory has no optimum for it`);
  const [by] = Object.keys(law.levels ?? {});
  if (by !== undefined)
    refuse(`the law has parameters of each ${by}; the theory needs a law of one: write its own numbers in`);
  const { terms, summands } = parseFormula(law.formula, law.variables);
  const kink = summands.find(({ expression }) =>
    walk(expression).some(({ kind }) => kind === 'min' || kind === 'max'),
  );
  if (kink !== undefined)
    refuse(
      `the term ${kink.text} of the law has min or max, which has no slope everywhere; the theory needs one`,
    );
  for (const { text, constant, coefficients, powers } of terms) {
    const size = Object.keys(coefficients).reduce(
      (s, name) => s * law.parameters[name] ** coefficients[name],
      constant,
    );
    if (powers.length > 0 && !(size > 0))
      refuse(`the term ${text} of the law is not positive; the theory needs a sum of positive powers`);
  }
  const { ar, af } = law.parameters;
  if (budgets.memory !== undefined && ar !== undefined && af !== undefined && ar <= af)
    refuse(
      `α_ρ ${ar} does not exceed α_r ${af}: under a memory limit the optimum has no interior activation rate (Thm. 5.2)`,
    );
}

/**
 * The law's formula in the variables of the theory: kvDimension is width / gqa.
 *
 * @example lossFormula({ formula: 'a/kvDimension', variables: ['kvDimension'], parameters: { a: 1 } })
 *   // 'a / (width / gqa)'
 */
export function lossFormula(law: Law): string {
  return substitute(law.formula, 'kvDimension', 'width/gqa');
}
