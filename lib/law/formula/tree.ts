import type { AccessorNode, MathNode, SymbolNode } from 'mathjs';
import { create, parseDependencies } from 'mathjs/number';
import { listed } from '../../errors';

const math = create(parseDependencies);

/** What a formula may consist of: numbers, columns, parameters, + − * / ^, log, exp, min and max. */
export type Expression =
  | { kind: 'number'; value: number }
  | { kind: 'variable'; name: string }
  | { kind: 'parameter'; name: string }
  | Group
  | { kind: Binary; left: Expression; right: Expression }
  | { kind: 'log' | 'exp'; of: Expression };

/** A parameter of each group's own, `E[train]`: one for each text that the column `train` holds. */
export interface Group {
  kind: 'group';
  name: string;
  by: string;
  /** Names of the parameters by group, `E[c4]`, …; of all together, `E[train]`, while the groups are not known. */
  names: string[];
}

/** Operations of two sides. */
export type Binary = (typeof BINARY)[number];

const BINARY = ['add', 'subtract', 'multiply', 'divide', 'pow', 'min', 'max'] as const;

/** The texts of the columns that group parameters, in the order in which the rows number them. */
export type Levels = Readonly<Record<string, readonly string[]>>;

/** Under which name `Columns` hold the numbers of a group column's texts. */
export const groupColumn = (by: string) => `[${by}]`;

/** What the symbols of a formula stand for. */
export interface Names {
  variables: readonly string[];
  /** Undefined while the rows have not been read: then each column may group. */
  levels?: Levels;
}

/** Turns mathjs's syntax tree into an expression; `reject` refuses a part of it that is not one. */
export function toExpression(
  node: MathNode,
  names: Names,
  reject: (part: MathNode, why: string) => never,
): Expression {
  const inner = (child: MathNode) => toExpression(child, names, reject);
  if (math.isParenthesisNode(node)) return inner(node.content);
  if (math.isConstantNode(node) && typeof node.value === 'number' && Number.isFinite(node.value))
    return { kind: 'number', value: node.value };
  if (math.isSymbolNode(node))
    return { kind: names.variables.includes(node.name) ? 'variable' : 'parameter', name: node.name };
  if (math.isAccessorNode(node)) return toGroup(node, names, reject);
  if (math.isFunctionNode(node)) {
    const { name } = node.fn;
    if ((name === 'log' || name === 'exp') && node.args.length === 1)
      return { kind: name, of: inner(node.args[0]) };
    if (name === 'min' || name === 'max') {
      if (node.args.length < 2) reject(node, 'takes two or more arguments');
      return node.args.map(inner).reduce((left, right) => ({ kind: name, left, right }));
    }
  }
  if (math.isOperatorNode(node)) {
    const [a, b] = node.args;
    if (node.fn === 'unaryPlus') return inner(a);
    if (node.fn === 'unaryMinus')
      return { kind: 'multiply', left: { kind: 'number', value: -1 }, right: inner(a) };
    const kind = BINARY.find((each) => each === node.fn);
    if (kind !== undefined) {
      const [left, right] = [inner(a), inner(b)];
      if (kind === 'pow' && namesIn(right, 'parameter').length > 0)
        checkBase(left, names.variables, (why) => reject(a, why));
      return { kind, left, right };
    }
  }
  return reject(node, 'is not made of numbers, names, + − * / ^ and log, exp, min, max');
}

/** Reads `E[train]`. */
function toGroup(
  node: AccessorNode,
  { variables, levels }: Names,
  reject: (part: MathNode, why: string) => never,
): Group {
  const [by, ...others] = node.index.dimensions;
  if (!math.isSymbolNode(node.object) || others.length > 0 || !math.isSymbolNode(by))
    return reject(node, 'is not a parameter with a column in brackets, such as E[train]');
  if (variables.includes(node.object.name)) reject(node, 'has a column before its bracket, not a parameter');
  const known = [...variables, ...Object.keys(levels ?? {})];
  if (!known.includes(by.name) || (levels !== undefined && levels[by.name] === undefined))
    reject(by, `is not a column; columns: ${listed(known)}`);
  const name = (group: string) => `${(node.object as SymbolNode).name}[${group}]`;
  const names = levels === undefined ? [name(by.name)] : levels[by.name].map(name);
  return { kind: 'group', name: name(by.name), by: by.name, names };
}

/** Refuses what cannot be raised to a parameter: another parameter, or what is negative whatever the columns. */
function checkBase(base: Expression, variables: readonly string[], reject: (why: string) => never): void {
  const [columns, parameters] = [namesIn(base, 'variable'), namesIn(base, 'parameter')];
  // A lone name is more likely a column misspelt than a parameter.
  if (base.kind === 'parameter')
    reject(`is raised to a parameter and is not a column; columns: ${listed(variables)}`);
  if (parameters.length > 0 || (columns.length > 0 && !hasFixedSign(base))) return;
  const ones = Object.fromEntries(columns.map((name) => [name, [1]]));
  if (!(compile(base, {}, ones)(0) > 0)) reject('is raised to a parameter and is not positive');
}

/** Whether an expression is a product of powers of its names, so that their signs decide on its own. */
export function hasFixedSign(expression: Expression): boolean {
  const mixing: readonly Expression['kind'][] = ['add', 'subtract', 'log', 'exp', 'min', 'max'];
  return walk(expression).every(({ kind }) => !mixing.includes(kind));
}

/** Names of one kind in an expression, in order of appearance, without repeats. */
export function namesIn(expression: Expression, kind: 'variable' | 'parameter'): string[] {
  const names = walk(expression).flatMap((each) => {
    if (each.kind === 'group') return kind === 'parameter' ? each.names : [];
    return each.kind === kind ? [each.name] : [];
  });
  return [...new Set(names)];
}

/** Parameters of each group's own in an expression. */
export function groupsIn(expression: Expression): Group[] {
  return walk(expression).filter((each) => each.kind === 'group');
}

/** An expression and all its parts. */
export function walk(expression: Expression): Expression[] {
  return [expression, ...partsOf(expression).flatMap(walk)];
}

/** What an expression is directly made of. */
export function partsOf(expression: Expression): Expression[] {
  if ('left' in expression) return [expression.left, expression.right];
  return 'of' in expression ? [expression.of] : [];
}

/** An expression as a function of the row; `columns` hold its variables, and the groups of rows by number. */
export function compile(
  expression: Expression,
  parameters: Readonly<Record<string, number>>,
  columns: Readonly<Record<string, ArrayLike<number>>>,
): (row: number) => number {
  if (expression.kind === 'number') return () => expression.value;
  if (expression.kind === 'variable') {
    const column = columns[expression.name];
    return (row) => column[row];
  }
  if (expression.kind === 'parameter') {
    const value = parameters[expression.name];
    return () => value;
  }
  if (expression.kind === 'group') {
    const values = expression.names.map((name) => parameters[name]);
    const group = columns[groupColumn(expression.by)];
    return (row) => values[group[row]];
  }
  if ('of' in expression) {
    const of = compile(expression.of, parameters, columns);
    return expression.kind === 'log' ? (row) => Math.log(of(row)) : (row) => Math.exp(of(row));
  }
  const [left, right] = partsOf(expression).map((part) => compile(part, parameters, columns));
  const operation = operations[expression.kind];
  return (row) => operation(left(row), right(row));
}

const operations: Record<Binary, (x: number, y: number) => number> = {
  add: (x, y) => x + y,
  subtract: (x, y) => x - y,
  multiply: (x, y) => x * y,
  divide: (x, y) => x / y,
  pow: (x, y) => x ** y,
  min: Math.min,
  max: Math.max,
};
