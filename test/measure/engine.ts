import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEngine } from '../../lib/measure/install';

/** Why tests of the engine are left out, or an empty text. */
export const withoutEngine =
  findEngine('none') === undefined ? ' (skipped: the engine is not installed)' : '';

/** A folder of one's own, by a short name. */
export const newFolder = () => mkdtempSync(join(tmpdir(), 'colaw-measure-'));

/** Columns of a table by row. */
export function tableOf(file: string): Record<string, string>[] {
  const [header, ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  const names = header.split(',');
  return lines.map((line) => {
    const cells = line.match(/("([^"]|"")*"|[^,]*)(,|$)/g)!.map((cell) => cell.replace(/,$/, ''));
    return Object.fromEntries(names.map((name, i) => [name, cells[i].replace(/^"|"$/g, '')]));
  });
}
