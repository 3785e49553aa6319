/** Node only: reading CSV files, gzipped ones too, row by row. */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'papaparse';
import { refuse } from '../errors';

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

/** The largest text that is read: what fits into one string of V8, 512 MiB. */
const MAX_BYTES = 2 ** 29 - 24;

/**
 * Reads a CSV file with a header row by row, so that a caller keeps only what it needs: `begin` gets the header
 * and returns what takes the rows. Lines that are empty or begin with `#` are skipped; quoted cells may hold
 * commas, quotes and newlines. Throws an `InputError` with file and line for a row of another length than the
 * header's, a quote that is not closed, or a file without rows.
 */
export function scanTable(file: string, begin: (header: string[]) => TakeRow): void {
  const text = readText(file);
  // Not left to the parser, which guesses wrongly where a comment has a single quote. Also right for \r\n.
  const newline = text.includes('\n') ? '\n' : '\r';
  let cursor = 0;
  let line = 1;
  let rows = 0;
  let header: string[] | undefined;
  let take: TakeRow | undefined;
  parse(text, {
    delimiter: ',',
    newline,
    comments: '#',
    skipEmptyLines: true,
    // Rows are cut off a piece of the text at a time, or every row of a big file would be in memory at once.
    chunkSize: 2 ** 20,
    step: ({ data, errors, meta }) => {
      const passed = count(newline, text, cursor, meta.cursor);
      const ends = text[meta.cursor - 1] === newline ? 1 : 0;
      // More newlines than the one that ends the row: skipped lines before it, or newlines in its cells.
      const inCells =
        passed > ends ? data.reduce((sum, cell) => sum + count(newline, cell, 0, cell.length), 0) : 0;
      const start = line + passed - ends - inCells;
      cursor = meta.cursor;
      line += passed;
      data[data.length - 1] = data[data.length - 1].replace(/\r$/, '');
      for (const { message } of errors) refuse(`${file} line ${start}: ${message}`);
      if (data.length === 1 && data[0].trim() === '') return;
      if (take === undefined) {
        header = checkHeader(file, data, start);
        take = begin(header);
      } else if (data.length !== header!.length)
        refuse(`${file} line ${start} has ${data.length} cells where the header has ${header!.length}`);
      else {
        rows++;
        take(data, start);
      }
    },
  });
  if (rows === 0) refuse(`${file} holds no rows`);
}

/** Reads a CSV file with a header; lines that are empty or begin with `#` are skipped. See `scanTable`. */
export async function readTable(file: string): Promise<TextTable> {
  const table: TextTable = { name: file, header: [], cells: [], lines: [] };
  scanTable(file, (header) => {
    table.header = header;
    return (cells, line) => {
      table.cells.push(cells);
      table.lines.push(line);
    };
  });
  return table;
}

/** The text of a file, unpacked where it is gzipped, without a byte-order mark. */
function readText(file: string): string {
  if (!existsSync(file)) refuse(`no such file: ${file}`);
  let bytes = readFileSync(file);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = unzip(file, bytes);
  if (bytes.length > MAX_BYTES) tooLarge(file);
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}

function unzip(file: string, bytes: Buffer): Buffer<ArrayBuffer> {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_BYTES });
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') tooLarge(file);
    return refuse(`${file} is not a gzip file that can be unpacked: ${(error as Error).message}`);
  }
}

function tooLarge(file: string): never {
  return refuse(`${file} holds more than 512 MiB of text; keep fewer columns or rows`);
}

function checkHeader(file: string, cells: readonly string[], line: number): string[] {
  const header = cells.map((cell) => cell.trim());
  for (const [c, column] of header.entries())
    if (column !== '' && header.indexOf(column) < c)
      refuse(`${file} line ${line}: two columns are called "${column}"`);
  return header;
}

/** How often `character` occurs in `text` from `start` up to `end`. */
function count(character: string, text: string, start: number, end: number): number {
  let found = 0;
  for (let at = text.indexOf(character, start); at >= 0 && at < end; at = text.indexOf(character, at + 1))
    found++;
  return found;
}
