import { type Architecture, activationRate, gqa, kvDimension } from '../architecture';
import { refuse, show } from '../errors';
import { check, isReserved } from '../schema/check';
import { repeated } from '../schema/fields';
import { lawSchema } from '../schema/law';
import { type Formula, groupsOf, parseFormula, toLatex } from './formula/formula';
import { compile, namesIn } from './formula/tree';

/** Eq. 2 of the paper, in the words of this project. */
export const CODESIGN_FORMULA =
  'kl/depth^al + kr*activationRate^ar/(ffnRatio^af*width^b1) + kd/(ffnRatio^af*width^b2) + km/kvDimension^am + Linf';

/** What its terms stand for, in order. */
export const CODESIGN_TERMS = ['depth', 'sparsity', 'capacity', 'kvCache', 'irreducible'];

/** A formula with numbers for its parameters. Losses are in nats per token. */
export interface Law {
  name?: string;
  formula: string;
  /** Names of the columns in the formula; all other symbols are parameters. */
  variables: string[];
  parameters: Record<string, number>;
  /** Names for the terms of the formula, in order. */
  terms?: string[];
  /** LaTeX for names. */
  symbols?: Record<string, string>;
  source?: string;
  /** The groups of parameters such as `E[train]`, by column: `columns['[train]']` holds places in this list. */
  levels?: Record<string, string[]>;
  /** Least and greatest value of each variable in the runs that the law was fitted to. */
  ranges?: Record<string, [number, number]>;
}

/** What a law may say of an architecture. */
export const architectureVariables = {
  depth: (a: Architecture) => a.depth,
  width: (a: Architecture) => a.width,
  ffnRatio: (a: Architecture) => a.ffnRatio,
  activationRate,
  kvDimension,
  gqa,
  heads: (a: Architecture) => a.heads,
  headDim: (a: Architecture) => a.headDim,
  kvHeads: (a: Architecture) => a.kvHeads,
  experts: (a: Architecture) => a.experts,
  activeExperts: (a: Architecture) => a.activeExperts,
} as const;

/** Numbers by name, all of one length. */
export type Columns = Record<string, ArrayLike<number>>;

/**
 * Checks a law, e.g. one read from a file, and returns what of it is used; throws an `InputError` naming field,
 * value and rule.
 *
 * @example validateLaw({ formula: 'a/depth^b', parameters: { a: 1 } })
 *   // refuses: law lacks a value for parameter "b"
 */
export function validateLaw(value: unknown): Law {
  const { standardErrors, ...law } = check(lawSchema, value, 'law', ' of the law');
  const variables = law.variables ?? Object.keys(architectureVariables);
  const formula = parseFormula(law.formula, variables, law.levels ?? {});
  const among = (names: readonly string[], known: readonly string[], field: string) => {
    const other = names.find((name) => !known.includes(name));
    if (other !== undefined)
      refuse(`${field} of the law has an unknown key ${show(other)}; known: ${known.join(', ')}`);
  };
  among(Object.keys(law.parameters), formula.parameters, 'parameters');
  const lacking = formula.parameters.find((name) => !Object.hasOwn(law.parameters, name));
  if (lacking !== undefined) refuse(`law lacks a value for parameter "${lacking}"`);
  among(Object.keys(law.ranges ?? {}), formula.variables, 'ranges');
  among(Object.keys(standardErrors ?? {}), formula.parameters, 'standardErrors');
  among(Object.keys(law.levels ?? {}), groupsOf(formula), 'levels');
  checkTerms(formula, law.terms ?? []);
  return { ...law, variables: formula.variables };
}

/** Each term needs a name of its own: two under one name would be printed as one. */
function checkTerms(formula: Formula, given: readonly string[]): void {
  const { length } = formula.summands;
  if (given.length > length)
    refuse(`terms of the law names ${given.length} terms, and the formula has ${length}`);
  const names = termNames(formula, given);
  const reserved = names.find(isReserved);
  if (reserved !== undefined) refuse(`terms of the law names "${reserved}", which is reserved`);
  const twice = repeated(names);
  if (twice !== undefined)
    refuse(`two terms of the law are called ${show(twice)}; give each a name of its own in "terms"`);
}

/** The names of a formula's terms: those that are given, and the text of the others. */
function termNames({ summands }: Formula, given: readonly string[] = []): string[] {
  return summands.map(({ text }, k) => given[k] ?? text);
}

/**
 * One sentence for each variable of an architecture that lies outside the runs behind a law.
 *
 * @example outsideRanges({ ...law(), ranges: { depth: [1, 8] } }, qwen).length // 1
 */
export function outsideRanges(law: Law, architecture: Architecture): string[] {
  return outsideRangesOf(law, (name) => architectureVariable(name)(architecture));
}

/** The same for any values by the names of the variables; what has no value is passed over. */
export function outsideRangesOf(law: Law, read: (variable: string) => number | undefined): string[] {
  return Object.entries(law.ranges ?? {}).flatMap(([name, [low, high]]) => {
    const value = read(name);
    if (value === undefined || (value >= low && value <= high)) return [];
    return [
      `${name} ${Number(value.toPrecision(4))} lies outside ${low}–${high}, to which the law was fitted`,
    ];
  });
}

/** Loss of one architecture and the contribution of each term. */
export interface Loss {
  loss: number;
  terms: Record<string, number>;
}

/**
 * Loss that a law predicts for an architecture, term by term.
 * Throws an `InputError` where the law uses a variable that architectures do not have, or where it gives no finite
 * loss.
 *
 * @example predictLoss(law(), qwen).loss // 3.475
 */
export function predictLoss(law: Law, architecture: Architecture): Loss {
  const columns: Columns = {};
  for (const name of columnsOf(law)) columns[name] = [architectureVariable(name)(architecture)];
  const formula = parseFormula(law.formula, law.variables, law.levels ?? {});
  const contributions = compileTerms(formula, law.parameters, columns).map((term) => term(0));
  const names = termNames(formula, law.terms);
  const loss = contributions.reduce((sum, value) => sum + value, 0);
  if (!Number.isFinite(loss)) refuse(explainInfinite(law, names, contributions, columns));
  return {
    loss,
    terms: Object.fromEntries(names.map((name, k) => [name, contributions[k]])),
  };
}

/** Says which term of a law has no finite value, and of what it is made. */
function explainInfinite(
  law: Law,
  names: readonly string[],
  contributions: readonly number[],
  columns: Columns,
): string {
  const numbers = [
    ...Object.entries(law.parameters),
    ...Object.entries(columns).map(([name, values]) => [name, values[0]] as const),
  ];
  const size = (value: number) => (value === 0 ? 0 : Math.abs(Math.log10(Math.abs(value))));
  const [[name, value]] = numbers.sort(([, a], [, b]) => size(b) - size(a));
  const k = contributions.findIndex((contribution) => !Number.isFinite(contribution));
  const what = k < 0 ? 'the sum of its terms' : `its term ${show(names[k])}`;
  return `the law gives no finite loss: ${what} comes out as ${contributions[k] ?? Number.POSITIVE_INFINITY}; of its numbers, ${name} ${value} is furthest from ordinary size`;
}

/**
 * Losses of many architectures, to the same bits as `predictLoss`.
 *
 * @example predictLosses(law(), [qwen])[0] === predictLoss(law(), qwen).loss // true
 */
export function predictLosses(law: Law, architectures: readonly Architecture[]): Float64Array {
  return predictRows(law, lawColumns(law, architectures), architectures.length);
}

/**
 * The variables of a law, a column each, for many architectures.
 *
 * @example lawColumns(law(), [qwen]).depth[0] // 24
 */
export function lawColumns(law: Law, architectures: readonly Architecture[]): Columns {
  const columns: Columns = {};
  for (const name of columnsOf(law))
    columns[name] = Float64Array.from(architectures, architectureVariable(name));
  return columns;
}

/**
 * Predictions for rows of named columns, which hold positive numbers.
 *
 * @example Array.from(predictRows({ formula: 'a/n', variables: ['n'], parameters: { a: 6 } }, { n: [2, 3] },
 *   2)) // [3, 2]
 */
export function predictRows(law: Law, columns: Columns, length: number): Float64Array {
  const terms = compileTerms(
    parseFormula(law.formula, law.variables, law.levels ?? {}),
    law.parameters,
    columns,
  );
  const predictions = new Float64Array(length);
  for (const term of terms) for (let row = 0; row < length; row++) predictions[row] += term(row);
  return predictions;
}

/** One summand of a law. */
export interface LawTerm {
  text: string;
  /** The variables that it depends on. */
  variables: string[];
  /** Its value by row. A prediction is the sum of the terms in their order. */
  on(columns: Columns): (row: number) => number;
}

/** The summands of a law, apart. */
export function lawTerms(law: Law): LawTerm[] {
  const formula = parseFormula(law.formula, law.variables, law.levels ?? {});
  return formula.summands.map(({ text, expression }, k) => ({
    text,
    variables: namesIn(expression, 'variable'),
    on: (columns) => compileTerms(formula, law.parameters, columns)[k],
  }));
}

/**
 * The law's formula in LaTeX.
 *
 * @example lawLatex({ formula: 'a/n^b', variables: ['n'], parameters: { a: 1, b: 1 } })
 *   // '\\frac{\\mathrm{a}}{{\\mathrm{n}}^{\\mathrm{b}}}'
 */
export function lawLatex(law: Law): string {
  return toLatex(law.formula, law.symbols);
}

/** What a law needs to know of each row. */
function columnsOf({ variables, levels = {} }: Law): string[] {
  return [...variables, ...Object.keys(levels)];
}

/** Reads a variable of a law off an architecture; refuses what architectures do not have. */
export function architectureVariable(name: string): (architecture: Architecture) => number {
  const known = architectureVariables as Record<string, (architecture: Architecture) => number>;
  return (
    known[name] ??
    refuse(`architectures have no "${name}", which the law needs; known: ${Object.keys(known).join(', ')}`)
  );
}

/** Each summand of a law as a function of the row; what does not depend on the row is computed once. */
function compileTerms(
  formula: Formula,
  parameters: Record<string, number>,
  columns: Columns,
): ((row: number) => number)[] {
  if (formula.terms.length === 0)
    return formula.summands.map(({ expression }) => compile(expression, parameters, columns));
  return formula.terms.map((term) => {
    let coefficient = term.constant;
    for (const name in term.coefficients) coefficient *= parameters[name] ** term.coefficients[name];
    const powers = term.powers.map(({ base, constant, parameters: factors }) => {
      let exponent = constant;
      for (const name in factors) exponent += factors[name] * parameters[name];
      return typeof base === 'number' ? () => base ** exponent : powerOf(columns[base], exponent);
    });
    return (row) => {
      let value = coefficient;
      for (const power of powers) value *= power(row);
      return value;
    };
  });
}

/** A column to a power. In a grid the same value comes many times in a row: its power is computed once. */
function powerOf(column: ArrayLike<number>, exponent: number): (row: number) => number {
  let [base, power] = [Number.NaN, Number.NaN];
  return (row) => {
    if (column[row] !== base) {
      base = column[row];
      power = base ** exponent;
    }
    return power;
  };
}
