import type { Fit } from '../law/fit/fit';
import type { Draw } from '../law/uncertainty/bootstrap';
import { compileFormula, partial } from './smooth';

/**
 * An expression in a fit's parameters, e.g. the exponent `(b1 - b2)/ar` of Corollary 1, with its standard error
 * by the delta method: the root of ∇gᵀ C ∇g, C being the covariance of the parameters. `constants` gives values
 * to other symbols.
 *
 * @example estimate(fitted, '(b1 - b2)/ar').value // -1.165
 */
export function estimate(
  { parameters, covariance }: Pick<Fit, 'parameters' | 'covariance'>,
  expression: string,
  constants: Readonly<Record<string, number>> = {},
): { value: number; standardError: number } {
  const values = { ...parameters, ...constants };
  // Given parameters come after the fitted ones, which alone have a covariance.
  const fitted = Object.keys(parameters).slice(0, covariance.length);
  const slopes = fitted.map((name) => compileFormula(partial(expression, name))(values));
  const product = (p: number, q: number) =>
    slopes[p] === 0 || slopes[q] === 0 ? 0 : slopes[p] * slopes[q] * covariance[p][q];
  const variance = slopes.reduce(
    (sum, _, p) => sum + slopes.reduce((part, __, q) => part + product(p, q), 0),
    0,
  );
  return { value: compileFormula(expression)(values), standardError: Math.sqrt(Math.max(0, variance)) };
}

/**
 * An expression in the parameters of each draw of a bootstrap.
 *
 * @example estimates([{ a: 1, b: 2 }], 'a/b') // [0.5]
 */
export function estimates(
  draws: readonly Draw[],
  expression: string,
  constants: Readonly<Record<string, number>> = {},
): number[] {
  const evaluate = compileFormula(expression);
  return draws.map((draw) => evaluate({ ...draw, ...constants }));
}
