/** Node only, since mathjs is loaded on demand: derivatives of laws, as formulas. */
import { parseFormula } from './formula/formula';
import type { Law } from './law';

/**
 * The partial derivative of the law by a variable or a parameter, as a formula.
 *
 * @example lawDerivative({ formula: 'a*n', variables: ['n'], parameters: { a: 1 } }, 'n') // 'a'
 */
export function lawDerivative(law: Law, symbol: string): string {
  const { text } = parseFormula(law.formula, law.variables, law.levels ?? {});
  // The whole of mathjs, since it keeps fractions (1/3) as they are. It loads slowly, so here and not before.
  const math = require('mathjs') as typeof import('mathjs');
  return math.derivative(text, symbol).toString();
}
