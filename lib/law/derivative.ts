import { create, derivativeDependencies, parseDependencies } from 'mathjs';
import { parseFormula } from './formula/formula';
import type { Law } from './law';

/** The whole of mathjs, which keeps fractions (1/3) as they are; the numbers of `mathjs/number` load in half the time. */
const math = create({ ...parseDependencies, ...derivativeDependencies });

/**
 * The partial derivative of the law by a variable or a parameter, as a formula.
 *
 * @example lawDerivative({ formula: 'a*n', variables: ['n'], parameters: { a: 1 } }, 'n') // 'a'
 */
export function lawDerivative(law: Law, symbol: string): string {
  const { text } = parseFormula(law.formula, law.variables, law.levels ?? {});
  return math.derivative(text, symbol).toString();
}
