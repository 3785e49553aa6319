import { type Architecture, activationRate, gqa, kvDimension } from '../architecture';
import { plainObject, refuse, show } from '../errors';
import { derivative, type Formula, parseFormula, toLatex } from './formula/formula';
import { compile, type Levels } from './formula/tree';

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

const KEYS = [
  'name',
  'formula',
  'variables',
  'parameters',
  'terms',
  'symbols',
  'source',
  'levels',
  'ranges',
  'standardErrors',
  'fit',
];

/** Checks a law, e.g. one read from a file; throws an `InputError` naming value and rule. */
export function validateLaw(value: unknown): Law {
  const law = plainObject(value, KEYS, 'law') as unknown as Law;
  if (typeof law.formula !== 'string') refuse('law lacks a "formula"');
  const variables = law.variables ?? Object.keys(architectureVariables);
  const formula = parseFormula(law.formula, variables, validateLevels(law.levels));
  const given = plainObject(law.parameters, formula.parameters, 'parameters of the law');
  for (const name of formula.parameters) {
    if (given[name] === undefined) refuse(`law lacks a value for parameter "${name}"`);
    if (typeof given[name] !== 'number' || !Number.isFinite(given[name]))
      refuse(`law parameter ${name} ${JSON.stringify(given[name])} is not a finite number`);
  }
  const ranges = plainObject(law.ranges ?? {}, formula.variables, 'ranges of the law');
  for (const [name, range] of Object.entries(ranges))
    if (!Array.isArray(range) || range.length !== 2 || !range.every(Number.isFinite) || range[0] > range[1])
      refuse(`law range of ${name} ${JSON.stringify(range)} is not a pair of ascending numbers`);
  return { ...law, variables: formula.variables };
}

function validateLevels(value: unknown = {}): Levels {
  const levels = plainObject(value, Object.keys((value as object) ?? {}), 'levels of the law');
  for (const [by, groups] of Object.entries(levels))
    if (!Array.isArray(groups) || groups.length === 0 || !groups.every((each) => typeof each === 'string'))
      refuse(`law levels of ${by} ${show(groups)} are not a list of texts`);
  return levels as Levels;
}

/** One sentence for each variable of an architecture that lies outside the runs behind a law. */
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
 * Throws an `InputError` where the law uses a variable that architectures do not have.
 */
export function predictLoss(law: Law, architecture: Architecture): Loss {
  const columns: Columns = {};
  for (const name of columnsOf(law)) columns[name] = [architectureVariable(name)(architecture)];
  const formula = parseFormula(law.formula, law.variables, law.levels ?? {});
  const contributions = compileTerms(formula, law.parameters, columns).map((term) => term(0));
  const names = formula.summands.map(({ text }, k) => law.terms?.[k] ?? text);
  return {
    loss: contributions.reduce((sum, value) => sum + value, 0),
    terms: Object.fromEntries(names.map((name, k) => [name, contributions[k]])),
  };
}

/** Losses of many architectures, to the same bits as `predictLoss`. */
export function predictLosses(law: Law, architectures: readonly Architecture[]): Float64Array {
  const columns: Columns = {};
  for (const name of columnsOf(law))
    columns[name] = Float64Array.from(architectures, architectureVariable(name));
  return predictRows(law, columns, architectures.length);
}

/** Predictions for rows of named columns, which hold positive numbers. */
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

/** The law's formula in LaTeX. */
export function lawLatex(law: Law): string {
  return toLatex(law.formula, law.symbols);
}

/** The partial derivative of the law by a variable or a parameter, as a formula. */
export function lawDerivative(law: Law, symbol: string): string {
  return derivative(law.formula, symbol);
}

/** What a law needs to know of each row. */
function columnsOf({ variables, levels = {} }: Law): string[] {
  return [...variables, ...Object.keys(levels)];
}

function architectureVariable(name: string): (architecture: Architecture) => number {
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
      return { base, exponent };
    });
    return (row) => {
      let value = coefficient;
      for (const { base, exponent } of powers)
        value *= (typeof base === 'number' ? base : columns[base][row]) ** exponent;
      return value;
    };
  });
}
