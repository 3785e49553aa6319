import { create, derivativeDependencies, type MathNode, parseDependencies } from 'mathjs';
import { refuse, show } from '../../errors';
import { type Grammar, parseTokens, tokenize } from './expression';
import { positiveCoefficients, summands, type Term, toTerms } from './terms';
import { type Expression, exponentsIn, namesIn, toExpression } from './tree';

const math = create({ ...parseDependencies, ...derivativeDependencies });

/** A law's formula, taken apart. */
export interface Formula {
  text: string;
  /** Its summands, as products of powers. Empty where one is not such a product. */
  terms: Term[];
  /** Its summands, whatever they are made of. */
  summands: { text: string; expression: Expression }[];
  /** Variables that occur, in order of appearance. */
  variables: string[];
  /** Parameters, in order of appearance. */
  parameters: string[];
  /** Coefficients of terms that are powers of variables; they are kept positive. */
  positive: string[];
  /** Coefficients of terms with a logarithm, which may have either sign. */
  signed: string[];
}

const grammar: Grammar = {
  label: 'formula',
  marks: ['+', '-', '*', '/', '^', '(', ')'],
  words: [],
  functions: ['log'],
  allowed: 'numbers, names, + - * / ^ and log',
};

/**
 * Reads a formula such as `E + A/N^alpha + B/D^beta`: numbers, names, + − * / ^ and log. Symbols in `variables`
 * are columns; all others are parameters. Parsed by mathjs, never evaluated as code. A sum of products of
 * powers, with exponents linear in the parameters, is taken apart into `terms`, which are fitted fastest;
 * others, such as Kaplan's `((Nc/N)^(a/b) + Dc/D)^b`, are fitted as they are. Throws an `InputError` with the
 * place for anything else.
 */
export function parseFormula(text: string, variables: readonly string[]): Formula {
  const key = JSON.stringify([text, variables]);
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const formula = takeApart(text, variables);
  if (parsed.size >= 100) parsed.clear();
  parsed.set(key, formula);
  return formula;
}

/** Formulas that were read before: laws are asked for the loss of one architecture after another. */
const parsed = new Map<string, Formula>();

function takeApart(text: string, variables: readonly string[]): Formula {
  const tokens = tokenize(text, grammar);
  const { node: root, reject } = parseTokens(text, tokens, grammar);
  const parts = summands(root, 1).map(({ node, sign }) => ({
    text: sign < 0 ? `-${node.toString()}` : node.toString(),
    expression: signed(toExpression(node, variables, reject), sign),
  }));
  const terms = toTerms(root, variables);
  const symbols = unique(tokens.filter(({ kind }) => kind === 'name').map((token) => token.text));
  const namesOf = (kind: 'variable' | 'parameter') => {
    const names = parts.flatMap((part) => namesIn(part.expression, kind));
    return symbols.filter((symbol) => names.includes(symbol));
  };
  const ofEitherSign = terms === undefined ? unique(parts.flatMap((part) => signedIn(part.expression))) : [];
  const positive = terms === undefined ? positiveIn(parts) : positiveCoefficients(terms);
  const formula: Formula = {
    text,
    terms: terms ?? [],
    summands: parts,
    variables: namesOf('variable'),
    parameters: namesOf('parameter'),
    positive: positive.filter((name) => !ofEitherSign.includes(name)),
    signed: ofEitherSign,
  };
  if (formula.parameters.length === 0) refuse(`formula ${show(text)} has no parameter`);
  if (formula.variables.length === 0)
    refuse(`formula ${show(text)} names no column; columns: ${variables.join(', ')}`);
  return formula;
}

/** The same formula with coefficients in `names` of either sign. */
export function withSigned(formula: Formula, names: readonly string[]): Formula {
  const signed = formula.positive.filter((name) => names.includes(name));
  if (signed.length === 0) return formula;
  const positive = formula.positive.filter((name) => !signed.includes(name));
  return { ...formula, terms: [], positive, signed: [...formula.signed, ...signed] };
}

/** Parameters that multiply a logarithm. */
function signedIn(expression: Expression): string[] {
  const factors = factorsOf(expression);
  if (!factors.some((factor) => factor.kind === 'log')) return [];
  return factors.flatMap((factor) => (factor.kind === 'parameter' ? [factor.name] : []));
}

function factorsOf(expression: Expression): Expression[] {
  if (expression.kind === 'multiply') return [...factorsOf(expression.left), ...factorsOf(expression.right)];
  if (expression.kind === 'divide')
    return [
      ...factorsOf(expression.left),
      ...factorsOf(expression.right).filter(({ kind }) => kind === 'log'),
    ];
  return [expression];
}

/** In a formula of any form: parameters that stand neither in an exponent nor alone as a summand. */
function positiveIn(parts: Formula['summands']): string[] {
  const free = parts.flatMap(({ expression }) => [
    ...exponentsIn(expression).flatMap(({ exponent }) => namesIn(exponent, 'parameter')),
    ...(namesIn(expression, 'variable').length === 0 ? namesIn(expression, 'parameter') : []),
  ]);
  return unique(parts.flatMap(({ expression }) => namesIn(expression, 'parameter'))).filter(
    (name) => !free.includes(name),
  );
}

/** ∂formula/∂symbol as a formula, by mathjs. */
export function derivative(text: string, symbol: string): string {
  return math.derivative(parse(text), symbol).toString();
}

/** `formula` with a symbol replaced by an expression. */
export function substitute(formula: string, symbol: string, expression: string): string {
  const inner = math.parse(`(${expression})`);
  return math
    .parse(formula)
    .transform((node: MathNode) => (math.isSymbolNode(node) && node.name === symbol ? inner : node))
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

function signed(expression: Expression, sign: number): Expression {
  return sign > 0 ? expression : { kind: 'multiply', left: { kind: 'number', value: -1 }, right: expression };
}

const unique = <T>(values: readonly T[]) => [...new Set(values)];
