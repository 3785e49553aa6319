/** Node only: reading CSV files with danfo. */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { refuse } from './errors';

/** A CSV file as text cells. */
export interface TextTable {
  name: string;
  header: string[];
  cells: string[][];
  /** Line in the file of each row, counted from 1. */
  lines: number[];
}

/** Reads a CSV file with a header; lines that are empty or begin with `#` are skipped. */
export async function readTable(file: string): Promise<TextTable> {
  if (!existsSync(file)) refuse(`no such file: ${file}`);
  const lines = readFileSync(file, 'utf8')
    .split(/\r\n|\n|\r/)
    .flatMap((line, i) => (line.trim() === '' || line.startsWith('#') ? [] : [i + 1]));
  if (lines.length < 2) refuse(`${file} holds no rows`);
  // Loaded late: danfo takes a second to start, and most commands read no table.
  const { readCSV } = await import('danfojs-node');
  // danfo hands these on to its CSV parser, though its types do not say so.
  const options = { comments: '#', dynamicTyping: false, skipEmptyLines: 'greedy' } as object;
  const frame = await readCSV(resolve(file), options);
  const cells = frame.values.map((row) => (row as unknown[]).map((cell) => (cell ?? '').toString()));
  return {
    name: file,
    header: frame.columns.map((column) => String(column).trim()),
    cells,
    lines: lines.slice(1),
  };
}
