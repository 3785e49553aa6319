/** The columns of a table: those of the file, and those that expressions derive from them. */
import type { MathNode } from 'mathjs';
import { listed, refuse } from '../../errors';
import {
  compileArithmetic,
  type Expression,
  FUNCTIONS,
  type Grammar,
  math,
  misplaced,
  parseTokens,
  type Token,
  tokenize,
} from './expression';

/** A row of a file: its cells as text, and the line on which it begins. */
export interface Row {
  cells: readonly string[];
  line: number;
}

/** Reads one column of a row. */
export interface Column {
  name: string;
  /** Throws an `InputError` with file and line where the row has no finite number here. */
  number: (row: Row) => number;
  /** What the cell says; columns that are computed have none. */
  text?: (row: Row) => string;
}

export type ColumnsByName = ReadonlyMap<string, Column>;

const grammar: Grammar = {
  label: 'columns',
  marks: ['+', '-', '*', '/', '^', '(', ')', '=', ','],
  words: [],
  functions: FUNCTIONS,
  allowed:
    'NAME=EXPRESSION, … of columns, "quoted columns", numbers, + - * / ^, log, exp, min, max and parentheses',
};

/** The columns that the header of `file` names. */
export function fileColumns(file: string, header: readonly string[]): ColumnsByName {
  return new Map(
    header.map((name, c) => {
      const text = ({ cells }: Row) => cells[c].trim();
      const number = (row: Row) => {
        const cell = text(row);
        const value = Number(cell);
        if (cell === '') refuse(`${file} line ${row.line}: ${name} is empty`);
        if (!Number.isFinite(value)) {
          const what = Number.isNaN(value) ? 'a number' : 'finite';
          refuse(`${file} line ${row.line}: ${name} ${JSON.stringify(cell)} is not ${what}`);
        }
        return value;
      };
      return [name, { name, number, text }];
    }),
  );
}

/**
 * `columns` of `file` and those that `text` derives, e.g. `N="Model Size", D="Training FLOP"/(6*N)`. A quoted
 * string is a column of the file; a bare name is a column derived before, or else one of the file. A derived
 * column may replace one of the file (`loss="loss_validation"`). Anything but arithmetic, and names that are
 * not known yet (so also cycles), are refused with the place.
 */
export function deriveColumns(file: string, columns: ColumnsByName, text: string): ColumnsByName {
  const derived = new Map<string, Column>();
  for (const [target, equals, ...tokens] of assignments(tokenize(text, grammar))) {
    if (target.kind !== 'name') misplaced(target, 'is not the name of a column', grammar);
    if (equals?.text !== '=' || tokens.length === 0)
      misplaced(target, 'is not followed by = and an expression', grammar);
    if (derived.has(target.text)) misplaced(target, 'is defined twice', grammar);
    const second = tokens.find((token) => token.text === '=');
    if (second !== undefined) misplaced(second, 'is a second = in one expression', grammar);
    const expression = parseTokens(text, tokens, grammar);
    const known = (name: string, isQuoted: boolean, part: MathNode) =>
      (isQuoted ? undefined : derived.get(name)) ??
      columns.get(name) ??
      expression.reject(
        part,
        `is not a column of ${file}${isQuoted ? '' : ' nor derived before'}; ` +
          `known: ${listed([...columns.keys(), ...(isQuoted ? [] : derived.keys())])}`,
      );
    derived.set(target.text, define(file, target.text, expression, known));
  }
  return new Map([...columns, ...derived]);
}

/** The column that an expression defines: another one under a new name, text and all, or a computed one. */
function define(
  file: string,
  name: string,
  expression: Expression,
  known: (name: string, isQuoted: boolean, part: MathNode) => Column,
): Column {
  const { node } = expression;
  if (math.isSymbolNode(node)) return known(node.name, false, node);
  if (math.isConstantNode(node) && typeof node.value === 'string') return known(node.value, true, node);
  const compute = compileArithmetic<Row>(expression, (...leaf) => known(...leaf).number, grammar.allowed);
  return computedColumn(file, name, compute);
}

/** A column of numbers that are computed once a row, however many others use it. */
export function computedColumn(file: string, name: string, compute: (row: Row) => number): Column {
  let last: Row | undefined;
  let value = 0;
  const number = (row: Row) => {
    if (row !== last) {
      value = compute(row);
      if (!Number.isFinite(value))
        refuse(`${file} line ${row.line}: ${name} comes out as ${value}, not a finite number`);
      last = row;
    }
    return value;
  };
  return { name, number };
}

/** The cell of a row as text, or the number of a computed column. */
export function textOf({ text, number }: Column, row: Row): string {
  return text?.(row) ?? String(number(row));
}

/** Splits at the commas that stand in no parentheses. */
function assignments(tokens: readonly Token[]): Token[][] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.text === '(') depth++;
    if (token.text === ')') depth--;
    if (token.text !== ',' || depth > 0) parts[parts.length - 1].push(token);
    else if (parts[parts.length - 1].length === 0)
      misplaced(token, 'has no NAME=EXPRESSION before it', grammar);
    else parts.push([]);
  }
  if (parts[parts.length - 1].length === 0)
    misplaced(tokens[tokens.length - 1], 'has no NAME=EXPRESSION after it', grammar);
  return parts;
}
