import { create, derivativeDependencies, type MathNode, parseDependencies } from 'mathjs';
import { refuse } from '../errors';
import { type Expression, exponentsIn, namesIn, toExpression } from './tree';

const math = create({ ...parseDependencies, ...derivativeDependencies });

/** A power x^e of a variable (or of a positive number), where e = constant + Σ factor · parameter. */
export interface Power {
  base: string | number;
  constant: number;
  /** Factor of each parameter in the exponent. */
  parameters: Record<string, number>;
}

/** One summand: constant · Π coefficient^power · Π base^exponent. */
export interface Term {
  /** As written in the formula. */
  text: string;
  constant: number;
  coefficients: Record<string, number>;
  powers: Power[];
}

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
  /** Parameters that multiply a term with variables in it; they are kept positive. */
  positive: string[];
}

/** Longer formulas are refused. */
const LONGEST = 2000;

/**
 * Reads a formula such as `E + A/N^alpha + B/D^beta`: numbers, names, + − * / ^ and log. Symbols in `variables`
 * are columns; all others are parameters. Parsed by mathjs, never evaluated as code. A sum of products of
 * powers, with exponents linear in the parameters, is taken apart into `terms`, which are fitted fastest;
 * others, such as Kaplan's `((Nc/N)^(a/b) + Dc/D)^b`, are fitted as they are. Throws an `InputError` with the
 * place for anything else.
 */
export function parseFormula(text: string, variables: readonly string[]): Formula {
  const root = parse(text);
  const context: Context = { text, variables };
  const parts = summands(root, 1).map(({ node, sign }) => ({
    text: sign < 0 ? `-${node.toString()}` : node.toString(),
    expression: signed(
      toExpression(node, variables, (wrong) => placeOf(wrong, context)),
      sign,
    ),
  }));
  for (const { base, exponent } of parts.flatMap((part) => exponentsIn(part.expression)))
    if (namesIn(exponent, 'parameter').length > 0 && namesIn(base, 'variable').length === 0) {
      const [name] = namesIn(base, 'parameter');
      if (name !== undefined)
        refuse(
          `formula: "${name}" is raised to a parameter and is not a column; columns: ${variables.join(', ')}`,
        );
    }
  const terms = toTerms(root, context);
  const symbols = unique(text.match(/[A-Za-z_]\w*/g) ?? []);
  const namesOf = (kind: 'variable' | 'parameter') => {
    const names = parts.flatMap((part) => namesIn(part.expression, kind));
    return symbols.filter((symbol) => names.includes(symbol));
  };
  const formula: Formula = {
    text,
    terms: terms ?? [],
    summands: parts,
    variables: namesOf('variable'),
    parameters: namesOf('parameter'),
    positive: terms === undefined ? positiveIn(parts) : positiveCoefficients(terms),
  };
  if (formula.parameters.length === 0) refuse(`formula "${text}" has no parameter`);
  if (formula.variables.length === 0)
    refuse(`formula "${text}" names no column; columns: ${variables.join(', ')}`);
  return formula;
}

/** The formula as a sum of products of powers, or undefined where it is none. */
function toTerms(root: MathNode, context: Context): Term[] | undefined {
  try {
    const terms = summands(root, 1).map(({ node, sign }) => {
      const term: Term = { text: node.toString(), constant: sign, coefficients: {}, powers: [] };
      multiply(term, node, 1, context);
      term.powers = term.powers.filter(
        ({ constant, parameters }) => constant !== 0 || keys(parameters).length > 0,
      );
      return term;
    });
    const isBoth = (name: string) => terms.some((t) => t.powers.some((p) => name in p.parameters));
    return terms.some((t) => keys(t.coefficients).some(isBoth)) ? undefined : terms;
  } catch (error) {
    if (error === NOT_A_PRODUCT) return undefined;
    throw error;
  }
}

/** Parameters that multiply a term with more in it; they are kept positive. */
function positiveCoefficients(terms: readonly Term[]): string[] {
  return unique(terms.filter((t) => !isPlain(t)).flatMap((t) => keys(t.coefficients)));
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

/** A term that is a single parameter, perhaps times a number: an additive constant, of either sign. */
export function isPlain(term: Term): boolean {
  const [name, ...others] = keys(term.coefficients);
  return (
    term.powers.length === 0 && others.length === 0 && (name === undefined || term.coefficients[name] === 1)
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

interface Context {
  text: string;
  variables: readonly string[];
}

function parse(text: string): MathNode {
  if (text.length > LONGEST) refuse(`formula of ${text.length} characters is longer than ${LONGEST}`);
  try {
    return math.parse(text);
  } catch (error) {
    return refuse(`formula "${text}": ${(error as Error).message}`);
  }
}

/** Splits a sum into its summands with their signs. */
function summands(node: MathNode, sign: number): { node: MathNode; sign: number }[] {
  if (math.isParenthesisNode(node)) return summands(node.content, sign);
  if (math.isOperatorNode(node)) {
    const [a, b] = node.args;
    if (node.fn === 'add') return [...summands(a, sign), ...summands(b, sign)];
    if (node.fn === 'subtract') return [...summands(a, sign), ...summands(b, -sign)];
    if (node.fn === 'unaryMinus') return summands(a, -sign);
    if (node.fn === 'unaryPlus') return summands(a, sign);
  }
  return [{ node, sign }];
}

/** Multiplies `term` by node^power, where power is a number. */
function multiply(term: Term, node: MathNode, power: number, context: Context): void {
  if (math.isParenthesisNode(node)) multiply(term, node.content, power, context);
  else if (math.isConstantNode(node)) term.constant *= Number(node.value) ** power;
  else if (math.isSymbolNode(node)) {
    const { name } = node;
    if (context.variables.includes(name)) term.powers.push({ base: name, constant: power, parameters: {} });
    else add(term.coefficients, name, power);
  } else if (math.isOperatorNode(node)) {
    const [a, b] = node.args;
    if (node.fn === 'multiply' || node.fn === 'divide') {
      multiply(term, a, power, context);
      multiply(term, b, node.fn === 'divide' ? -power : power, context);
    } else if (node.fn === 'unaryMinus' && Number.isInteger(power)) {
      term.constant *= (-1) ** power;
      multiply(term, a, power, context);
    } else if (node.fn === 'pow') raise(term, a, b, power, context);
    else misplaced();
  } else misplaced();
}

/** Multiplies `term` by (base^exponent)^power. */
function raise(term: Term, base: MathNode, exponent: MathNode, power: number, context: Context): void {
  const linear = linearExponent(exponent, context);
  const names = keys(linear.parameters);
  if (names.length === 0) {
    multiply(term, base, power * linear.constant, context);
    return;
  }
  const inner: Term = { text: '', constant: 1, coefficients: {}, powers: [] };
  multiply(inner, base, 1, context);
  if (keys(inner.coefficients).length > 0) misplaced();
  if (inner.constant <= 0)
    refuse(`formula: ${inner.constant} in "${base.toString()}" is raised to a parameter`);
  const scaled = (factor: number) => ({
    constant: linear.constant * power * factor,
    parameters: Object.fromEntries(names.map((name) => [name, linear.parameters[name] * power * factor])),
  });
  if (inner.constant !== 1) term.powers.push({ base: inner.constant, ...scaled(1) });
  for (const factor of inner.powers) {
    if (keys(factor.parameters).length > 0) misplaced();
    term.powers.push({ base: factor.base, ...scaled(factor.constant) });
  }
}

/** Reads an exponent that is linear in the parameters. */
function linearExponent(node: MathNode, context: Context): Omit<Power, 'base'> {
  const sum: Omit<Power, 'base'> = { constant: 0, parameters: {} };
  for (const { node: part, sign } of summands(node, 1)) {
    const product: Term = { text: '', constant: sign, coefficients: {}, powers: [] };
    multiply(product, part, 1, context);
    const [name, ...others] = keys(product.coefficients);
    if (product.powers.length > 0 || others.length > 0) misplaced();
    if (name === undefined) sum.constant += product.constant;
    else if (product.coefficients[name] === 1) add(sum.parameters, name, product.constant);
    else misplaced();
  }
  return sum;
}

/** Thrown and caught here alone: the formula is none of products of powers. */
const NOT_A_PRODUCT = new Error('not a product of powers');

function misplaced(): never {
  throw NOT_A_PRODUCT;
}

/** A part of the formula, with its place in the text where that is found. */
function placeOf(node: MathNode, { text }: Context): string {
  const part = node.toString();
  const at = text.replaceAll(' ', '').indexOf(part.replaceAll(' ', ''));
  return at < 0 ? `"${part}"` : `"${part}" (character ${column(text, at)})`;
}

function signed(expression: Expression, sign: number): Expression {
  return sign > 0 ? expression : { kind: 'multiply', left: { kind: 'number', value: -1 }, right: expression };
}

/** The 1-based column in `text` of character `at` of `text` without its spaces. */
function column(text: string, at: number): number {
  let seen = 0;
  for (let i = 0; i < text.length; i++) if (text[i] !== ' ' && seen++ === at) return i + 1;
  return text.length;
}

function add(sums: Record<string, number>, name: string, value: number): void {
  sums[name] = (sums[name] ?? 0) + value;
  if (sums[name] === 0) delete sums[name];
}

const keys = Object.keys;
const unique = <T>(values: readonly T[]) => [...new Set(values)];
