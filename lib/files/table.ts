/** Node only: reading CSV files, gzipped ones too, row by row. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import { Parser } from 'papaparse';
import { listed, refuse } from '../errors';
import { type Input, nameOf, openInput, pieces } from './read';

/** A CSV file as text cells. */
export interface TextTable {
  name: string;
  header: string[];
  cells: string[][];
  /** Line in the file on which each row begins, counted from 1. */
  lines: number[];
}

/** Takes the cells of one row and the line on which it begins. */
export type TakeRow = (cells: string[], line: number) => void;

/** The longest row, in characters: a quote that is never closed would make one of the whole file. */
const LONGEST_ROW = 2 ** 22;
/** Characters that are parsed at a time. */
const LEAST_PIECE = 2 ** 20;
/** The longest name of a column. */
const LONGEST_NAME = 1000;
/** The most columns. */
const MOST_COLUMNS = 10_000;
/** The most cells that are kept together in memory. */
const MOST_CELLS = 2e7;

/**
 * Reads a CSV file of any size with a header row by row, so that a caller keeps only what it needs: `begin` gets the
 * header and returns what takes the rows; `onProgress` is told the share of the file that is read. Lines that are
 * empty or begin with `#` are skipped; quoted cells may hold commas, quotes and newlines. Throws an `InputError`
 * with file and line for a row of another length than the header's, a quote that is not closed, or a file without
 * rows.
 */
export async function scanTable(
  file: string,
  begin: (header: string[]) => TakeRow,
  onProgress: (share: number) => void = () => {},
): Promise<void> {
  const reader = makeReader(nameOf(file), begin);
  const input = openInput(file);
  const decoder = new StringDecoder('utf8');
  let refusal: unknown;
  const text = async (source: AsyncIterable<Buffer>) => {
    for await (const piece of source)
      try {
        reader.read(decoder.write(piece), false);
      } catch (error) {
        refusal = error;
        throw error;
      }
  };
  const bytes = counted(input, onProgress);
  const first = bytes.next();
  const whole = Readable.from(all(first, bytes));
  if (first.done !== true && first.value[0] === 0x1f && first.value[1] === 0x8b)
    await pipeline(whole, createGunzip(), text).catch((error) => {
      // A pipeline that is left early speaks of that, not of the reason.
      if (!String(error.code).startsWith('Z_')) throw refusal ?? error;
      refuse(`${nameOf(file)} is not a gzip file that can be unpacked: ${error.message}`);
    });
  else await text(whole);
  reader.read(decoder.end(), true);
}

function* counted(input: Input, onProgress: (share: number) => void): Generator<Buffer> {
  let read = 0;
  for (const piece of pieces(input)) {
    read += piece.length;
    if (input.size) onProgress(Math.min(1, read / input.size));
    yield piece;
  }
}

function* all(first: IteratorResult<Buffer>, rest: Generator<Buffer>): Generator<Buffer> {
  if (first.done !== true) yield first.value;
  yield* rest;
}

/** Takes the text of a table in pieces, cut anywhere. */
function makeReader(name: string, begin: (header: string[]) => TakeRow) {
  let rest = '';
  let line = 1;
  let rows = 0;
  let newline: string | undefined;
  let header: string[] | undefined;
  let take: TakeRow | undefined;

  const takeRow = (cells: string[], start: number) => {
    cells[cells.length - 1] = cells[cells.length - 1].replace(/\r$/, '');
    if (cells.length === 1 && cells[0].trim() === '') return;
    if (take === undefined) {
      header = checkHeader(name, cells, start);
      take = begin(header);
    } else if (cells.length !== header!.length)
      refuse(`${name} line ${start} has ${cells.length} cells where the header has ${header!.length}`);
    else {
      rows++;
      take(cells, start);
    }
  };

  let waiting = '';
  const read = (some: string, isLast: boolean) => {
    // A row that is not yet whole is parsed again with what follows, so small pieces, as a gzip file gives, wait.
    waiting += some;
    if (!isLast && waiting.length < LEAST_PIECE) return;
    const piece = waiting;
    waiting = '';
    const text = rest + (line === 1 && rest === '' ? piece.replace(/^\ufeff/, '') : piece);
    // Not left to the parser, which guesses wrongly where a comment has a single quote. Also right for \r\n.
    newline ??= text.includes('\n') ? '\n' : '\r';
    const mark = newline;
    let cursor = 0;
    new Parser({
      delimiter: ',',
      newline: mark,
      comments: '#',
      step: ({ data: [cells], errors, meta }) => {
        const passed = count(mark, text, cursor, meta.cursor);
        const ends = text[meta.cursor - 1] === mark ? 1 : 0;
        // More newlines than the one that ends the row: skipped lines before it, or newlines in its cells.
        const inCells =
          passed > ends ? cells.reduce((sum, cell) => sum + count(mark, cell, 0, cell.length), 0) : 0;
        const start = line + passed - ends - inCells;
        cursor = meta.cursor;
        line += passed;
        for (const { message } of errors) refuse(`${name} line ${start}: ${message}`);
        takeRow(cells, start);
      },
    }).parse(text, 0, !isLast);
    rest = text.slice(cursor);
    if (isLast && rows === 0) refuse(`${name} holds no rows`);
    if (rest.length > LONGEST_ROW)
      refuse(`${name} line ${line}: a row, or a comment, of more than ${LONGEST_ROW} characters`);
  };
  return { read };
}

/**
 * Reads a CSV file with a header; lines that are empty or begin with `#` are skipped. See `scanTable`. A file without
 * one of the `required` columns is refused at its header, however long it is.
 */
export async function readTable(file: string, required: readonly string[] = []): Promise<TextTable> {
  const table: TextTable = { name: nameOf(file), header: [], cells: [], lines: [] };
  await scanTable(file, (header) => {
    const missing = required.find((name) => !header.includes(name));
    if (missing !== undefined) refuse(`${table.name} has no column "${missing}"; it has ${listed(header)}`);
    table.header = header;
    return (cells, line) => {
      table.cells.push(cells);
      table.lines.push(line);
      if (table.cells.length * header.length > MOST_CELLS)
        refuse(`${table.name} line ${line}: more than ${MOST_CELLS} cells, the most that are kept together`);
    };
  });
  return table;
}

function checkHeader(name: string, cells: readonly string[], line: number): string[] {
  if (cells.length > MOST_COLUMNS)
    refuse(`${name} line ${line}: ${cells.length} columns; at most ${MOST_COLUMNS} are read`);
  const header = cells.map((cell) => cell.trim());
  const longest = Math.max(...header.map(({ length }) => length));
  if (longest > LONGEST_NAME)
    refuse(
      `${name} line ${line}: a column has a name of ${longest} characters; at most ${LONGEST_NAME} are read`,
    );
  const seen = new Set<string>();
  for (const column of header) {
    if (column !== '' && seen.has(column)) refuse(`${name} line ${line}: two columns are called "${column}"`);
    seen.add(column);
  }
  return header;
}

/** How often `character` occurs in `text` from `start` up to `end`. */
function count(character: string, text: string, start: number, end: number): number {
  let found = 0;
  for (let at = text.indexOf(character, start); at >= 0 && at < end; at = text.indexOf(character, at + 1))
    found++;
  return found;
}
