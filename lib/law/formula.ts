import { create, derivativeDependencies, type MathNode, parseDependencies } from 'mathjs';
import { refuse } from '../errors';
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
  const terms = toTerms(root, variables);
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

const unique = <T>(values: readonly T[]) => [...new Set(values)];
