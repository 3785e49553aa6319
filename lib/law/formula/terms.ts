import type { MathNode } from 'mathjs';
import { create, parseDependencies } from 'mathjs/number';

const math = create(parseDependencies);

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

/** A term that is a single parameter, perhaps times a number: an additive constant, of either sign. */
export function isPlain(term: Term): boolean {
  const [name, ...others] = keys(term.coefficients);
  return (
    term.powers.length === 0 && others.length === 0 && (name === undefined || term.coefficients[name] === 1)
  );
}

/** The formula as a sum of products of powers, or undefined where it is none. */
export function toTerms(root: MathNode, variables: readonly string[]): Term[] | undefined {
  const terms = summands(root, 1).map(({ node, sign }) => toTerm(node, sign, variables));
  if (terms.includes(undefined)) return undefined;
  const products = terms as Term[];
  const isBoth = (name: string) => products.some((t) => t.powers.some((p) => name in p.parameters));
  return products.some((t) => keys(t.coefficients).some(isBoth)) ? undefined : products;
}

/** A summand as a product of powers, or undefined where it is none. */
export function toTerm(node: MathNode, sign: number, variables: readonly string[]): Term | undefined {
  try {
    const term: Term = { text: node.toString(), constant: sign, coefficients: {}, powers: [] };
    multiply(term, node, 1, variables);
    term.powers = term.powers.filter(
      ({ constant, parameters }) => constant !== 0 || keys(parameters).length > 0,
    );
    return term;
  } catch (error) {
    if (error === NOT_A_PRODUCT) return undefined;
    throw error;
  }
}

/** Parameters that multiply a term with more in it; they are kept positive. */
export function positiveCoefficients(terms: readonly Term[]): string[] {
  return [...new Set(terms.filter((t) => !isPlain(t)).flatMap((t) => keys(t.coefficients)))];
}

/** Splits a sum into its summands with their signs. */
export function summands(node: MathNode, sign: number): { node: MathNode; sign: number }[] {
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
function multiply(term: Term, node: MathNode, power: number, variables: readonly string[]): void {
  if (math.isParenthesisNode(node)) multiply(term, node.content, power, variables);
  else if (math.isConstantNode(node)) term.constant *= Number(node.value) ** power;
  else if (math.isSymbolNode(node)) {
    const { name } = node;
    if (variables.includes(name)) term.powers.push({ base: name, constant: power, parameters: {} });
    else add(term.coefficients, name, power);
  } else if (math.isAccessorNode(node)) add(term.coefficients, node.toString(), power);
  else if (math.isOperatorNode(node)) {
    const [a, b] = node.args;
    if (node.fn === 'multiply' || node.fn === 'divide') {
      multiply(term, a, power, variables);
      multiply(term, b, node.fn === 'divide' ? -power : power, variables);
    } else if (node.fn === 'unaryMinus' && Number.isInteger(power)) {
      term.constant *= (-1) ** power;
      multiply(term, a, power, variables);
    } else if (node.fn === 'pow') raise(term, a, b, power, variables);
    else misplaced();
  } else misplaced();
}

/** Multiplies `term` by (base^exponent)^power. */
function raise(
  term: Term,
  base: MathNode,
  exponent: MathNode,
  power: number,
  variables: readonly string[],
): void {
  const linear = linearExponent(exponent, variables);
  const names = keys(linear.parameters);
  if (names.length === 0) {
    multiply(term, base, power * linear.constant, variables);
    return;
  }
  const inner: Term = { text: '', constant: 1, coefficients: {}, powers: [] };
  multiply(inner, base, 1, variables);
  if (keys(inner.coefficients).length > 0 || inner.constant <= 0) misplaced();
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
function linearExponent(node: MathNode, variables: readonly string[]): Omit<Power, 'base'> {
  const sum: Omit<Power, 'base'> = { constant: 0, parameters: {} };
  for (const { node: part, sign } of summands(node, 1)) {
    const product: Term = { text: '', constant: sign, coefficients: {}, powers: [] };
    multiply(product, part, 1, variables);
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

function add(sums: Record<string, number>, name: string, value: number): void {
  sums[name] = (sums[name] ?? 0) + value;
  if (sums[name] === 0) delete sums[name];
}

const keys = Object.keys;
