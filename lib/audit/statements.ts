/** Checks of the paper's statements against each other, and of its arithmetic. */
import { compileFormula } from '../theory/smooth';
import type { Evidence } from './evidence';
import { compared, consistent, type Finding, roundsTo } from './verdict';

/** One thing that the paper says in two places. */
export function statements(
  _: Evidence,
  { said }: { said: { place: string; value: string | number }[] },
): Finding {
  const [{ value }] = said;
  return consistent(new Set(said.map((each) => each.value)).size === 1, {
    ours: said.map((each) => `${each.value} (${each.place})`).join(' against '),
    how: 'two statements of the paper side by side',
    ...(typeof value === 'number' ? { value } : {}),
  });
}

/**
 * An expression in numbers of the paper, and in parameters of the law where it names them, against the value
 * that the paper prints, to its digits.
 */
export function arithmetic(
  { law }: Evidence,
  { expression, printed }: { expression: string; printed: string },
): Finding {
  const value = compileFormula(expression)(law.parameters);
  const usesLaw = Object.keys(law.parameters).some((name) => new RegExp(`\\b${name}\\b`).test(expression));
  const found = {
    ours: String(Number(value.toPrecision(5))),
    how: `${expression}${usesLaw ? ' with the coefficients of the law' : ', numbers of the paper'}`,
    value,
  };
  return usesLaw ? compared(roundsTo(value, printed), found) : consistent(roundsTo(value, printed), found);
}

/** An order between parameters of the law, `greater > less`. */
export function order({ law }: Evidence, { greater, less }: { greater: string; less: string }): Finding {
  const [a, b] = [greater, less].map((side) => compileFormula(side)(law.parameters));
  return compared(a > b, {
    ours: `${greater} = ${a} ${a > b ? 'exceeds' : 'does not exceed'} ${less}${less === String(b) ? '' : ` = ${b}`}`,
    how: 'coefficients of the law',
    value: a - b,
  });
}
