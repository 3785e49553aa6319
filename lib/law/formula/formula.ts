import type { MathNode } from 'mathjs';
import { create, parseDependencies, SymbolNodeDependencies } from 'mathjs/number';
import { listed, refuse, show } from '../../errors';
import { FUNCTIONS, type Grammar, parseTokens, tokenize } from './expression';
import { besideLogarithm, ofEitherSign } from './signs';
import { positiveCoefficients, summands, type Term, toTerm, toTerms } from './terms';
import {
  type Expression,
  type Group,
  groupsIn,
  hasFixedSign,
  type Levels,
  type Names,
  namesIn,
  toExpression,
  walk,
} from './tree';

const math = create({ ...parseDependencies, ...SymbolNodeDependencies });

/** A law's formula, taken apart. */
export interface Formula {
  text: string;
  /** Its summands, as products of powers. Empty where one is not such a product, or where parameters are grouped. */
  terms: Term[];
  /** Its summands, whatever they are made of. */
  summands: Summand[];
  /** What stands for a column in the summands' products: parts of the formula without parameters, by their text. */
  derived: Record<string, Expression>;
  /** Variables that occur, in order of appearance. */
  variables: string[];
  /** Parameters of each group's own, by name: `E[train]`. */
  groups: Record<string, Group>;
  /** Parameters, in order of appearance; of grouped ones those of each group. */
  parameters: string[];
  /** Parameters that are kept positive: coefficients, and what stands in a base or a logarithm by itself. */
  positive: string[];
  /** Coefficients of whole terms that may have either sign: beside a logarithm, or since bounds say so. */
  signed: string[];
}

/** A summand, and what it is as a product of powers of columns and derived columns, if it is one. */
export interface Summand {
  text: string;
  expression: Expression;
  product?: Term;
}

const grammar: Grammar = {
  label: 'formula',
  marks: ['+', '-', '*', '/', '^', '(', ')', '[', ']'],
  words: [],
  functions: FUNCTIONS,
  allowed: 'numbers, names, + - * / ^ and log, exp, min, max; E[column] for a parameter of each group',
};

/**
 * Reads a formula such as `E + A/N^alpha + B/D^beta`: numbers, names, + − * / ^, log, exp, min, max, and parameters
 * of each group's own, `E[train]`. Symbols in `variables` are columns; all others are parameters. Parsed by mathjs,
 * never evaluated as code. A sum of products of powers, with exponents linear in the parameters, is taken apart
 * into `terms`, which are fitted fastest; others, such as Kaplan's `((Nc/N)^(a/b) + Dc/D)^b`, are fitted as they
 * are. `levels` say which groups there are. Throws an `InputError` with the place for anything else.
 */
export function parseFormula(text: string, variables: readonly string[], levels?: Levels): Formula {
  const key = JSON.stringify([text, variables, levels]);
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const formula = takeApart(text, variables, levels);
  if (parsed.size >= 100) parsed.clear();
  parsed.set(key, formula);
  return formula;
}

/** Formulas that were read before: laws are asked for the loss of one architecture after another. */
const parsed = new Map<string, Formula>();

function takeApart(text: string, variables: readonly string[], levels?: Levels): Formula {
  const tokens = tokenize(text, grammar);
  const { node: root, reject } = parseTokens(text, tokens, grammar);
  const names = { variables, levels };
  const derived: Formula['derived'] = {};
  const parts = summands(root, 1).map(({ node, sign }) => ({
    text: sign < 0 ? `-${node.toString()}` : node.toString(),
    expression: negated(toExpression(node, names, reject), sign),
    product: productOf(node, sign, names, derived),
  }));
  const all = parts.map(({ expression }) => expression);
  const groups = Object.fromEntries(all.flatMap(groupsIn).map((group) => [group.name, group]));
  const isGrouped = Object.keys(groups).length > 0;
  const terms = isGrouped ? undefined : toTerms(root, variables);
  const free = terms === undefined ? all.flatMap(ofEitherSign) : [];
  const parameters = unique(all.flatMap((each) => namesIn(each, 'parameter')));
  const formula: Formula = {
    text,
    terms: terms ?? [],
    summands: parts,
    derived,
    variables: unique(all.flatMap((each) => namesIn(each, 'variable'))),
    groups,
    parameters,
    positive:
      terms === undefined ? parameters.filter((name) => !free.includes(name)) : positiveCoefficients(terms),
    signed: terms === undefined ? unique(all.flatMap(besideLogarithm)) : [],
  };
  if (parameters.length === 0) refuse(`formula ${show(text)} has no parameter`);
  if (formula.variables.length === 0 && !isGrouped)
    refuse(`formula ${show(text)} names no column; columns: ${listed(variables)}`);
  return formula;
}

/** A summand as a product, in which what has no parameter and is no product itself stands for a column. */
function productOf(
  summand: MathNode,
  sign: number,
  names: Names,
  derived: Formula['derived'],
): Term | undefined {
  const found: Formula['derived'] = {};
  const folded = summand.transform((node) => {
    if (!math.isOperatorNode(node) && !math.isFunctionNode(node)) return node;
    const expression = toExpression(node, names, () => refuse('not reached: the whole is an expression'));
    const isFixed = namesIn(expression, 'parameter').length === 0 && hasFixedSign(expression);
    if (namesIn(expression, 'parameter').length > 0 || isFixed) return node;
    found[node.toString()] = expression;
    return new math.SymbolNode(node.toString());
  });
  const product = toTerm(folded, sign, [...names.variables, ...Object.keys(found)]);
  if (product !== undefined) Object.assign(derived, found);
  return product;
}

/** Variables that must be positive: all of a sum of products of powers, else those in a base or a logarithm by themselves. */
export function positiveVariables({ terms, variables, summands }: Formula): string[] {
  if (terms.length > 0) return variables;
  const bases = summands.flatMap(({ expression }) =>
    walk(expression).flatMap((each) => {
      const isWhole =
        each.kind === 'pow' && each.right.kind === 'number' && Number.isInteger(each.right.value);
      const base = each.kind === 'log' ? each.of : each.kind === 'pow' && !isWhole ? each.left : undefined;
      return base !== undefined && hasFixedSign(base) ? namesIn(base, 'variable') : [];
    }),
  );
  return unique(bases);
}

/** The columns that group parameters of a formula. */
export function groupsOf({ groups }: Formula): string[] {
  return unique(Object.values(groups).map(({ by }) => by));
}

/** The same formula with coefficients in `names` of either sign. */
export function withSigned(formula: Formula, names: readonly string[]): Formula {
  const signed = formula.positive.filter((name) => names.includes(name));
  if (signed.length === 0) return formula;
  const positive = formula.positive.filter((name) => !signed.includes(name));
  return { ...formula, terms: [], positive, signed: [...formula.signed, ...signed] };
}

/** `formula` with a symbol replaced by an expression. */
export function substitute(formula: string, symbol: string, expression: string): string {
  const inner = math.parse(`(${expression})`);
  return math
    .parse(formula)
    .transform((node: MathNode, _path, parent) => {
      const isName = math.isSymbolNode(node) ? !math.isAccessorNode(parent) : math.isAccessorNode(node);
      return isName && node.toString() === symbol ? inner : node;
    })
    .toString();
}

/** The formula in LaTeX; `symbols` maps names to LaTeX, e.g. `{ kl: '\\kappa_l' }`. */
export function toLatex(text: string, symbols: Record<string, string> = {}): string {
  const handler = (node: MathNode) => {
    if (!math.isSymbolNode(node)) return undefined;
    return symbols[node.name] ?? `\\mathrm{${node.name}}`;
  };
  return parse(text).toTex({ handler, parenthesis: 'auto' });
}

function parse(text: string): MathNode {
  try {
    return math.parse(text);
  } catch (error) {
    return refuse(`formula ${show(text)}: ${(error as Error).message}`);
  }
}

function negated(expression: Expression, sign: number): Expression {
  return sign > 0 ? expression : { kind: 'multiply', left: { kind: 'number', value: -1 }, right: expression };
}

const unique = <T>(values: readonly T[]) => [...new Set(values)];
