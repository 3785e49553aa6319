/** Which rows of a table are kept. */
import type { MathNode } from 'mathjs';
import { listed, refuse } from '../../errors';
import { type Column, type ColumnsByName, computedColumn, type Row, textOf } from './columns';
import { compileArithmetic, FUNCTIONS, type Grammar, math, parseTokens, tokenize } from './expression';

/** A test of rows. */
export type Test = (row: Row) => boolean;

const grammar: Grammar = {
  label: 'where',
  marks: ['+', '-', '*', '/', '^', '(', ')', '==', '!=', '<', '<=', '>', '>='],
  words: ['and', 'or', 'not'],
  functions: FUNCTIONS,
  allowed:
    'columns, numbers, "texts", == != < <= > >=, and, or, not (…), + - * / ^, log, exp, min, max and parentheses',
};

const comparisons: Record<string, (a: number, b: number) => boolean> = {
  equal: (a, b) => a === b,
  unequal: (a, b) => a !== b,
  smaller: (a, b) => a < b,
  smallerEq: (a, b) => a <= b,
  larger: (a, b) => a > b,
  largerEq: (a, b) => a >= b,
};

/**
 * A condition such as `k == 1 and router_type == "S-Base"` as a test of rows. Bare names are columns; a quoted
 * string is compared with the text of a cell, two columns of text with each other, all else as numbers. `and`
 * and `or` look at their right side only where the left leaves it open, so `k != "" and k > 1` passes over
 * empty cells. Anything else is refused with the place; the test refuses cells that are no numbers, with file
 * and line.
 */
export function compileWhere(file: string, columns: ColumnsByName, text: string): Test {
  const { node: root, reject } = parseTokens(text, tokenize(text, grammar), grammar);

  const condition = (node: MathNode): Test => {
    if (math.isParenthesisNode(node)) return condition(node.content);
    if (math.isOperatorNode(node)) {
      const [a, b] = node.args;
      if (node.fn === 'not') return negation(condition(a));
      if (node.fn === 'and') return conjunction(condition(a), condition(b));
      if (node.fn === 'or') return disjunction(condition(a), condition(b));
      if (comparisons[node.fn] !== undefined) return comparison(node.fn, a, b);
    }
    if (math.isRelationalNode(node)) reject(node, 'is a chain; write a < b and b < c');
    return reject(node, `is not a comparison; allowed: ${grammar.allowed}`);
  };

  const comparison = (fn: string, left: MathNode, right: MathNode): Test => {
    const compare = comparisons[fn];
    const isEquality = fn === 'equal' || fn === 'unequal';
    const [text, other] = literal(left) === undefined ? [literal(right), left] : [literal(left), right];
    if (text !== undefined) {
      if (!isEquality) reject(left, 'is compared by order with text; texts are only == or !=');
      const cell = column(other).text ?? reject(other, 'is a number, and the other side is text');
      return (row) => (cell(row) === text) === (fn === 'equal');
    }
    const [a, b] = [column(left), column(right)];
    if (!isEquality) return (row) => compare(a.number(row), b.number(row));
    return (row) => {
      const [x, y] = [a.text?.(row), b.text?.(row)];
      if (isWord(x) && isWord(y)) return (x === y) === (fn === 'equal');
      return compare(a.number(row), b.number(row));
    };
  };

  const named = (name: string, isQuoted: boolean, node: MathNode): Column => {
    if (isQuoted) reject(node, 'is text where a number is needed');
    return (
      columns.get(name) ??
      reject(node, `is not a column of ${file} nor derived; known: ${listed([...columns.keys()])}`)
    );
  };

  /** What a row has on one side of a comparison. */
  const column = (node: MathNode): Column => {
    if (math.isParenthesisNode(node)) return column(node.content);
    if (math.isSymbolNode(node)) return named(node.name, false, node);
    if (math.isOperatorNode(node) && node.fn === 'not') reject(node, 'needs parentheses: not (a == b)');
    const compute = compileArithmetic<Row>(
      { node, reject },
      (...leaf) => named(...leaf).number,
      grammar.allowed,
    );
    return computedColumn(file, node.toString(), compute);
  };

  return condition(root);
}

/** Takes each row, and returns those that are kept, in the order of the file. */
export interface Keeper {
  take: (row: Row) => void;
  kept: () => Row[];
}

/**
 * Keeps, of the rows that agree in all columns of `group` (as numbers, or else as texts), the one of least `value`,
 * the first of equals.
 */
export function keepLeast(file: string, group: readonly Column[], value: (row: Row) => number): Keeper {
  const least = new Map<string, { row: Row; value: number }>();
  const take = (row: Row) => {
    const key = group.map((column) => {
      const text = textOf(column, row);
      if (text === '') refuse(`${file} line ${row.line}: ${column.name} is empty`);
      return isWord(text) ? text : Number(text);
    });
    const [cell, own] = [JSON.stringify(key), value(row)];
    if (own < (least.get(cell)?.value ?? Number.POSITIVE_INFINITY)) least.set(cell, { row, value: own });
  };
  const kept = () => [...least.values()].map(({ row }) => row).sort((a, b) => a.line - b.line);
  return { take, kept };
}

/**
 * Keeps, of the rows with one text in `group`, the one with the largest number in `order`, the last of equals.
 */
export function keepLast(file: string, group: Column, order: Column): Keeper {
  const last = new Map<string, { row: Row; place: number }>();
  const take = (row: Row) => {
    const key = textOf(group, row);
    if (key === '') refuse(`${file} line ${row.line}: ${group.name} is empty`);
    const place = order.number(row);
    if (!(place < (last.get(key)?.place ?? Number.NEGATIVE_INFINITY))) last.set(key, { row, place });
  };
  const kept = () => [...last.values()].map(({ row }) => row).sort((a, b) => a.line - b.line);
  return { take, kept };
}

/** The text of a quoted string. */
function literal(node: MathNode): string | undefined {
  if (math.isParenthesisNode(node)) return literal(node.content);
  return math.isConstantNode(node) && typeof node.value === 'string' ? node.value : undefined;
}

/** Whether a cell holds text that is not a number. */
function isWord(cell: string | undefined): boolean {
  return cell !== undefined && !(cell !== '' && Number.isFinite(Number(cell)));
}

function negation(test: Test): Test {
  return (row) => !test(row);
}

function conjunction(a: Test, b: Test): Test {
  return (row) => a(row) && b(row);
}

function disjunction(a: Test, b: Test): Test {
  return (row) => a(row) || b(row);
}
