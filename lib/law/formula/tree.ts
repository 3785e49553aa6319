import { create, type MathNode, parseDependencies } from 'mathjs';

const math = create(parseDependencies);

/** What a formula may consist of: numbers, columns, parameters, + − * / ^ and log. */
export type Expression =
  | { kind: 'number'; value: number }
  | { kind: 'variable'; name: string }
  | { kind: 'parameter'; name: string }
  | { kind: 'add' | 'subtract' | 'multiply' | 'divide' | 'pow'; left: Expression; right: Expression }
  | { kind: 'log'; of: Expression };

const BINARY = ['add', 'subtract', 'multiply', 'divide', 'pow'] as const;

/** Turns mathjs's syntax tree into an expression; `reject` refuses a part of it that is not one. */
export function toExpression(
  node: MathNode,
  variables: readonly string[],
  reject: (part: MathNode, why: string) => never,
): Expression {
  const inner = (child: MathNode) => toExpression(child, variables, reject);
  if (math.isParenthesisNode(node)) return inner(node.content);
  if (math.isConstantNode(node) && typeof node.value === 'number' && Number.isFinite(node.value))
    return { kind: 'number', value: node.value };
  if (math.isSymbolNode(node))
    return variables.includes(node.name)
      ? { kind: 'variable', name: node.name }
      : { kind: 'parameter', name: node.name };
  if (math.isFunctionNode(node) && node.fn.name === 'log' && node.args.length === 1)
    return { kind: 'log', of: inner(node.args[0]) };
  if (math.isOperatorNode(node)) {
    const [a, b] = node.args;
    if (node.fn === 'unaryPlus') return inner(a);
    if (node.fn === 'unaryMinus')
      return { kind: 'multiply', left: { kind: 'number', value: -1 }, right: inner(a) };
    const kind = BINARY.find((each) => each === node.fn);
    if (kind !== undefined) {
      const [left, right] = [inner(a), inner(b)];
      if (kind === 'pow' && namesIn(right, 'parameter').length > 0)
        checkBase(left, variables, (why) => reject(a, why));
      return { kind, left, right };
    }
  }
  return reject(node, 'is not made of numbers, names, + − * / ^ and log');
}

/** Refuses what cannot be raised to a parameter: another parameter, or what is negative whatever the columns. */
function checkBase(base: Expression, variables: readonly string[], reject: (why: string) => never): void {
  const [columns, parameters] = [namesIn(base, 'variable'), namesIn(base, 'parameter')];
  if (parameters.length > 0 && columns.length === 0)
    reject(`is raised to a parameter and is not a column; columns: ${variables.join(', ')}`);
  const hasFixedSign = walk(base).every(({ kind }) => !['add', 'subtract', 'log'].includes(kind));
  if (parameters.length > 0 || (columns.length > 0 && !hasFixedSign)) return;
  const ones = Object.fromEntries(columns.map((name) => [name, [1]]));
  if (!(compile(base, [], new Float64Array(), ones).at(0) > 0))
    reject('is raised to a parameter and is not positive');
}

/** Names of one kind in an expression, in order of appearance, without repeats. */
export function namesIn(expression: Expression, kind: 'variable' | 'parameter'): string[] {
  return [...new Set(walk(expression).flatMap((each) => (each.kind === kind ? [each.name] : [])))];
}

/** The expressions that stand in an exponent. */
export function exponentsIn(expression: Expression): { base: Expression; exponent: Expression }[] {
  return walk(expression).flatMap((each) =>
    each.kind === 'pow' ? [{ base: each.left, exponent: each.right }] : [],
  );
}

function walk(expression: Expression): Expression[] {
  if ('left' in expression) return [expression, ...walk(expression.left), ...walk(expression.right)];
  return 'of' in expression ? [expression, ...walk(expression.of)] : [expression];
}

/** An expression ready to be evaluated on rows: its value at a row, and its gradient after that. */
export interface Evaluator {
  /** ∂value/∂parameter at the row that `at` was last asked for. */
  gradient: Float64Array;
  at(row: number): number;
}

/**
 * Compiles an expression to a tree of closures, with forward-mode derivatives by the first `count` parameters
 * (default all). `values` holds the parameters and is read anew at each call; `columns` the variables.
 */
export function compile(
  expression: Expression,
  parameters: readonly string[],
  values: Float64Array,
  columns: Readonly<Record<string, ArrayLike<number>>>,
  count: number = parameters.length,
): Evaluator {
  const gradient = new Float64Array(count);
  if (expression.kind === 'number') return { gradient, at: () => expression.value };
  if (expression.kind === 'variable') {
    const column = columns[expression.name];
    return { gradient, at: (row) => column[row] };
  }
  if (expression.kind === 'parameter') {
    const p = parameters.indexOf(expression.name);
    if (p < count) gradient[p] = 1;
    return { gradient, at: () => values[p] };
  }
  if (expression.kind === 'log') {
    const of = compile(expression.of, parameters, values, columns, count);
    return {
      gradient,
      at(row) {
        const value = of.at(row);
        for (let p = 0; p < count; p++) gradient[p] = of.gradient[p] / value;
        return Math.log(value);
      },
    };
  }
  const left = compile(expression.left, parameters, values, columns, count);
  const right = compile(expression.right, parameters, values, columns, count);
  const [a, b] = [left.gradient, right.gradient];
  /** Value, and its slopes by both sides. */
  const combine: Record<(typeof BINARY)[number], (x: number, y: number) => [number, number, number]> = {
    add: (x, y) => [x + y, 1, 1],
    subtract: (x, y) => [x - y, 1, -1],
    multiply: (x, y) => [x * y, y, x],
    divide: (x, y) => [x / y, 1 / y, -x / (y * y)],
    pow: (x, y) => [x ** y, y * x ** (y - 1), x > 0 ? x ** y * Math.log(x) : 0],
  };
  const operation = combine[expression.kind];
  return {
    gradient,
    at(row) {
      const [value, byLeft, byRight] = operation(left.at(row), right.at(row));
      for (let p = 0; p < count; p++) gradient[p] = byLeft * a[p] + byRight * b[p];
      return value;
    },
  };
}
