/** Expressions over columns: cut into pieces, parsed by mathjs, and read by a walk of our own; never evaluated as code. */
import type { MathNode } from 'mathjs';
import { create, parseDependencies } from 'mathjs/number';
import { refuse } from '../../errors';

export const math = create({ ...parseDependencies });

/** Functions of formulas, columns and conditions; of several arguments are only those in `WIDE`. */
export const FUNCTIONS = ['log', 'exp', 'min', 'max'];
const WIDE = ['min', 'max'];

/** What an option's text may hold. */
export interface Grammar {
  /** The option's name, for messages. */
  label: string;
  marks: readonly string[];
  /** Names that are operators. */
  words: readonly string[];
  /** Names that are functions. */
  functions: readonly string[];
  /** The rule in words, for messages. */
  allowed: string;
}

/** A piece of an expression and where it begins, counted from 0. */
export interface Token {
  kind: 'name' | 'number' | 'text' | 'mark';
  text: string;
  at: number;
}

/** Far more than anyone writes; what is longer or nests deeper is refused before it costs time or stack. */
const LONGEST = 4000;
const DEEPEST = 50;
/** Powers and signs nest as well, without parentheses. */
const MOST_POWERS = 100;

const PIECES =
  /\s+|(?<name>[\p{L}_][\p{L}\p{N}_]*)|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<text>"(?:[^"\\\n]|\\.)*")|(?<mark>[=!<>]=|.)/gsu;

/**
 * Cuts `text` into names, numbers, quoted strings and the marks of `grammar`. Everything that could be more
 * than arithmetic (function calls, property access, indexing, ranges, units) fails here, with its place.
 */
export function tokenize(text: string, grammar: Grammar): Token[] {
  if (text.length > LONGEST)
    refuse(`${grammar.label}: ${text.length} characters; at most ${LONGEST} are allowed`);
  const { functions } = grammar;
  const tokens: Token[] = [];
  /** What stands before each bracket that is open. */
  const open: (string | undefined)[] = [];
  let powers = 0;
  for (const { 0: piece, index: at, groups } of text.matchAll(PIECES)) {
    const found = (['name', 'number', 'text', 'mark'] as const).find((each) => groups?.[each] !== undefined);
    if (found === undefined) continue;
    const kind = grammar.words.includes(piece) ? 'mark' : found;
    const token: Token = { kind, text: piece, at };
    if (kind === 'mark') {
      if (piece === '"') misplaced(token, 'is a quote that is not closed', grammar);
      const isAmongArguments = open.length > 0 && WIDE.includes(open[open.length - 1] ?? '');
      const isKnown = [...grammar.marks, ...grammar.words].includes(piece);
      if (piece === ',' ? !isAmongArguments && (open.length > 0 || !isKnown) : !isKnown)
        misplaced(token, 'is not allowed', grammar);
      if (piece === '(' && open.push(tokens.at(-1)?.text) > DEEPEST)
        misplaced(token, `nests deeper than ${DEEPEST} parentheses`, grammar);
      if (piece === ')' && open.length === 0) misplaced(token, 'closes nothing', grammar);
      if (piece === ')') open.pop();
    }
    const before = tokens.at(-1);
    const isAfterOperand =
      before !== undefined && (before.kind !== 'mark' || [')', ']'].includes(before.text));
    const isCall = piece === '(' && before?.kind === 'name';
    if (before?.text === '[' ? kind !== 'name' : tokens.at(-2)?.text === '[' && piece !== ']')
      misplaced(token, 'stands where a group has one column, as in E[train]', grammar);
    if (piece === '[' && (before?.kind !== 'name' || functions.includes(before.text)))
      misplaced(token, 'is not allowed where no parameter stands before it', grammar);
    if (
      (kind !== 'mark' || piece === '(') &&
      isAfterOperand &&
      !(isCall && functions.includes(before.text))
    ) {
      if (isCall) misplaced(before, 'is called as a function', grammar);
      misplaced(token, `follows ${before.text} without an operator`, grammar);
    }
    if (before?.kind === 'name' && functions.includes(before.text) && piece !== '(')
      misplaced(before, 'is a function without its argument', grammar);
    if (kind === 'name' && piece in Object.prototype) misplaced(token, 'is a reserved name', grammar);
    const isSign = !isAfterOperand && ['+', '-', 'not'].includes(piece);
    if ((piece === '^' || isSign) && ++powers > MOST_POWERS)
      misplaced(token, `is one of more than ${MOST_POWERS} powers and signs`, grammar);
    // Where mathjs expects an operand, it would take these for names.
    if (kind === 'mark' && ['and', 'or'].includes(piece) && !isAfterOperand)
      misplaced(token, 'has nothing before it', grammar);
    tokens.push(token);
  }
  const last = tokens.at(-1);
  if (last?.kind === 'name' && functions.includes(last.text))
    misplaced(last, 'is a function without its argument', grammar);
  if (tokens.length === 0) refuse(`${grammar.label}: is empty; allowed: ${grammar.allowed}`);
  return tokens;
}

/** Refuses `token`, with its place and what is allowed instead. */
export function misplaced(token: Token, why: string, { label, allowed }: Grammar): never {
  return refuse(`${label}: ${token.text} (character ${token.at + 1}) ${why}; allowed: ${allowed}`);
}

/** A syntax tree, and how to refuse a part of it with its place. */
export interface Expression {
  node: MathNode;
  reject: (part: MathNode, why: string) => never;
}

/** The syntax tree of the part of `text` that `tokens` make up. */
export function parseTokens(text: string, tokens: readonly Token[], { label }: Grammar): Expression {
  const start = tokens[0].at;
  const last = tokens[tokens.length - 1];
  try {
    // mathjs takes a newline for the end of an expression.
    const node = math.parse(text.slice(start, last.at + last.text.length).replace(/[\r\n]/g, ' '));
    const operands = tokens.filter(({ kind }) => kind !== 'mark');
    const reject = (part: MathNode, why: string) => {
      // mathjs keeps no places; but the leaves of its tree are the operands, in the order they are written.
      const { at } = operands[leaves(node).indexOf(leaves(part)[0])];
      return refuse(`${label}: ${part.toString()} (character ${at + 1}) ${why}`);
    };
    return { node, reject };
  } catch (error) {
    const message = (error as Error).message;
    return refuse(
      `${label}: ${message.replace(/\(char (\d+)\)/, (_, at) => `(character ${Number(at) + start})`)}`,
    );
  }
}

/** A number of each row. */
export type Reader<R> = (row: R) => number;

/** Arithmetic as a function of a row; `leaf` gives the readers of names and quoted strings. */
export function compileArithmetic<R>(
  { node, reject }: Expression,
  leaf: (name: string, isQuoted: boolean, part: MathNode) => Reader<R>,
  allowed: string,
): Reader<R> {
  const compile = (part: MathNode): Reader<R> => {
    if (math.isParenthesisNode(part)) return compile(part.content);
    if (math.isSymbolNode(part)) return leaf(part.name, false, part);
    if (math.isConstantNode(part)) {
      const { value } = part;
      if (typeof value === 'string') return leaf(value, true, part);
      if (typeof value === 'number' && Number.isFinite(value)) return () => value;
    }
    if (math.isOperatorNode(part) || math.isFunctionNode(part)) {
      const name = math.isFunctionNode(part) ? part.fn.name : String(part.fn);
      const [first, ...others] = part.args.map(compile);
      if (others.length === 0 && name === 'unaryPlus') return first;
      if (others.length === 0 && Object.hasOwn(unary, name)) return unary[name](first);
      const operation = binary[name];
      if (operation !== undefined && others.length > 0)
        return others.reduce((a, b) => operation(a, b), first);
      if (WIDE.includes(name)) reject(part, 'takes two or more arguments');
    }
    return reject(part, `is not arithmetic; allowed: ${allowed}`);
  };
  return compile(node);
}

/** A closure each, so that the engine sees through them: one that is given its operation takes twice the time. */
const unary: Record<string, <R>(of: Reader<R>) => Reader<R>> = {
  unaryMinus: (of) => (row) => -of(row),
  log: (of) => (row) => Math.log(of(row)),
  exp: (of) => (row) => Math.exp(of(row)),
};

const binary: Record<string, <R>(a: Reader<R>, b: Reader<R>) => Reader<R>> = {
  add: (a, b) => (row) => a(row) + b(row),
  subtract: (a, b) => (row) => a(row) - b(row),
  multiply: (a, b) => (row) => a(row) * b(row),
  divide: (a, b) => (row) => a(row) / b(row),
  pow: (a, b) => (row) => a(row) ** b(row),
  min: (a, b) => (row) => Math.min(a(row), b(row)),
  max: (a, b) => (row) => Math.max(a(row), b(row)),
};

function leaves(node: MathNode): MathNode[] {
  return node.filter((part) => math.isSymbolNode(part) || math.isConstantNode(part));
}
