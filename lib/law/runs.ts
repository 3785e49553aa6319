import { refuse } from '../errors';
import type { Columns } from './law';

/** A table of trained models: what varied, and the loss that came out. */
export interface Runs {
  /** For messages: the file it came from. */
  name: string;
  columns: Columns;
  /** Held-out loss of each run, in nats per token. */
  loss: Float64Array;
  /** True for training rows, false for validation rows. */
  isTraining: boolean[];
}

/**
 * Turns a table of text cells into runs. `needed` columns, and `loss`, must hold positive numbers; others are
 * ignored. activationRate and kvDimension are derived where the table has experts and heads instead. An
 * optional `split` column says `train` or `validation`. Errors name file, line and rule.
 */
export function toRuns(
  name: string,
  header: readonly string[],
  cells: readonly (readonly string[])[],
  lines: readonly number[],
  needed: (columns: readonly string[]) => readonly string[],
): Runs {
  const at = new Map(header.map((column, c) => [column, c]));
  const numbers = (column: string) =>
    Float64Array.from(cells, (row, r) => {
      const text = (row[at.get(column)!] ?? '').trim();
      const value = text === '' ? Number.NaN : Number(text);
      const where = `${name} line ${lines[r]}: ${column} ${JSON.stringify(text)}`;
      if (text === '') refuse(`${name} line ${lines[r]}: ${column} is empty`);
      if (Number.isNaN(value)) refuse(`${where} is not a number`);
      if (!Number.isFinite(value)) refuse(`${where} is not finite`);
      if (value <= 0) refuse(`${where} is not positive`);
      return value;
    });
  const derived: Record<string, [string, string, (a: number, b: number) => number]> = {
    activationRate: ['activeExperts', 'experts', (active, experts) => active / experts],
    kvDimension: ['headDim', 'kvHeads', (headDim, kvHeads) => headDim * kvHeads],
    gqa: ['heads', 'kvHeads', (heads, kvHeads) => heads / kvHeads],
  };
  const canDerive = (column: string) => derived[column]?.slice(0, 2).every((part) => at.has(part as string));
  const available = [
    ...header,
    ...Object.keys(derived).filter((column) => !at.has(column) && canDerive(column)),
  ];
  if (!at.has('loss')) refuse(`${name} has no column "loss"; it has ${header.join(', ')}`);
  const columns: Record<string, Float64Array> = {};
  for (const column of needed(available)) {
    if (at.has(column)) columns[column] = numbers(column);
    else if (canDerive(column)) {
      const [first, second, combine] = derived[column];
      const b = numbers(second);
      columns[column] = numbers(first).map((value, r) => combine(value, b[r]));
    } else {
      const instead = derived[column] ? ` (nor ${derived[column].slice(0, 2).join(' and ')})` : '';
      refuse(`${name} has no column "${column}"${instead}; it has ${header.join(', ')}`);
    }
  }
  const isTraining = cells.map((row, r) => {
    const text = at.has('split') ? row[at.get('split')!].trim() : 'train';
    if (text !== 'train' && text !== 'validation')
      refuse(`${name} line ${lines[r]}: split "${text}" is neither "train" nor "validation"`);
    return text === 'train';
  });
  return { name, columns, loss: numbers('loss'), isTraining };
}
