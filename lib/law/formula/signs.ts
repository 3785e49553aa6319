/** Which parameters of a formula may have either sign, found out from where they stand. */
import { type Expression, namesIn, partsOf } from './tree';

/**
 * Parameters of a summand that may be negative: those in an exponent; a summand without columns; coefficients
 * beside a logarithm; and what is added inside a bracket, a logarithm or an exponential, alone or as a factor of
 * columns, as `c` and `a` in `k*(log(lr) - c - a*log(N))^2`. All others are positive: coefficients of whole terms
 * or of powers, divisors, and what stands by itself in a base or a logarithm, there also as a bound: `M` in `min(N, M)^-a`.
 */
export function ofEitherSign(summand: Expression): string[] {
  return inSummand(summand, 'whole');
}

/** Where a summand stands: by itself, added to others in a bracket or in the base of a broken power, or under `exp`. */
type Place = 'whole' | 'bracket' | 'base' | 'exponent';

function inSummand(summand: Expression, place: Place): string[] {
  const parameters = namesIn(summand, 'parameter');
  if (namesIn(summand, 'variable').length === 0) return parameters;
  const factors = factorsOf(summand);
  const others = factors.filter((factor) => !isParameter(factor));
  const isLinear = others.every((factor) => namesIn(factor, 'parameter').length === 0);
  const own =
    place === 'exponent' || (place === 'bracket' && isLinear) || factors.some(({ kind }) => kind === 'log')
      ? factors.filter(isParameter).flatMap((factor) => namesIn(factor, 'parameter'))
      : [];
  return [...own, ...inside(summand)];
}

/** The same for what lies below the products of a summand; `isPositive` where only a positive value makes sense. */
function inside(expression: Expression, isPositive = false): string[] {
  const { kind } = expression;
  if (kind === 'exp') return summandsOf(expression.of).flatMap((each) => inSummand(each, 'exponent'));
  if (kind === 'pow') {
    const { left, right } = expression;
    const isWhole = right.kind === 'number' && Number.isInteger(right.value);
    return [...inSum(left, isWhole ? 'bracket' : 'base', !isWhole), ...namesIn(right, 'parameter')];
  }
  if (kind === 'log') return inSum(expression.of, 'bracket', true);
  if (kind === 'min' || kind === 'max')
    return partsOf(expression).flatMap((part) =>
      part.kind === kind
        ? inside(part, isPositive)
        : [
            ...(isParameter(part) && !isPositive ? namesIn(part, 'parameter') : []),
            ...inSum(part, 'bracket'),
          ],
    );
  if (kind === 'add' || kind === 'subtract') return inSum(expression, 'bracket');
  return partsOf(expression).flatMap((part) => inside(part));
}

/** Summands that are added to each other; where there is but one, it is a product like any other. */
function inSum(expression: Expression, place: Place, isPositive = false): string[] {
  const summands = summandsOf(expression);
  return summands.length === 1
    ? inside(summands[0], isPositive)
    : summands.flatMap((each) => inSummand(each, place));
}

/** Parameters that multiply a logarithm: the summand is linear in them. */
export function besideLogarithm(summand: Expression): string[] {
  const factors = factorsOf(summand);
  if (!factors.some(({ kind }) => kind === 'log')) return [];
  return factors.filter(isParameter).flatMap((factor) => namesIn(factor, 'parameter'));
}

function isParameter({ kind }: Expression): boolean {
  return kind === 'parameter' || kind === 'group';
}

/** Splits a sum; a sign is a factor of −1. */
function summandsOf(expression: Expression): Expression[] {
  if (expression.kind === 'add' || expression.kind === 'subtract')
    return [...summandsOf(expression.left), ...summandsOf(expression.right)];
  return [expression];
}

/** The factors of a product; of what it is divided by, the logarithms. */
function factorsOf(expression: Expression): Expression[] {
  if (expression.kind === 'multiply') return [...factorsOf(expression.left), ...factorsOf(expression.right)];
  if (expression.kind === 'divide')
    return [
      ...factorsOf(expression.left),
      ...factorsOf(expression.right).filter(({ kind }) => kind === 'log'),
    ];
  return [expression];
}
