/** Node only, since mathjs is loaded on demand: derivatives of laws, as formulas. */
import type { MathJsInstance } from 'mathjs';
import { parseFormula } from './formula/formula';
import type { Law } from './law';

let math: MathJsInstance | undefined;
/**
 * The whole of mathjs, which keeps fractions (1/3) as they are. It takes longer to load than all else together, so it
 * is loaded where the first derivative is asked for; all others take the numbers of `mathjs/number`.
 */
function wholeMath(): MathJsInstance {
  if (math !== undefined) return math;
  const { create, derivativeDependencies, parseDependencies } = require('mathjs') as typeof import('mathjs');
  math = create({ ...parseDependencies, ...derivativeDependencies });
  return math;
}

/**
 * The partial derivative of the law by a variable or a parameter, as a formula.
 *
 * @example lawDerivative({ formula: 'a*n', variables: ['n'], parameters: { a: 1 } }, 'n') // 'a'
 */
export function lawDerivative(law: Law, symbol: string): string {
  const { text } = parseFormula(law.formula, law.variables, law.levels ?? {});
  return wholeMath().derivative(text, symbol).toString();
}
