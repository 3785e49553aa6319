/** Node only: architectures in and out of CSV files. */
import { type Architecture, architectureColumns, validateArchitecture } from '../architecture';
import { InputError, refuse } from '../errors';
import { readTable } from './table';

/**
 * Architectures from a CSV file with a column per field (`vocabulary` optional), in any order, others ignored.
 *
 * @example await readArchitectures('no.csv') // refuses: no such file: no.csv
 */
export async function readArchitectures(file: string): Promise<Architecture[]> {
  const { name: said, header, cells, lines } = await readTable(file, architectureColumns);
  const columns = [...architectureColumns, 'vocabulary' as const]
    .map((name) => ({ name, at: header.indexOf(name) }))
    .filter(({ at }) => at >= 0);
  return cells.map((row, r) => {
    const fields = columns.flatMap(({ name, at }) => {
      const text = (row[at] ?? '').trim();
      if (text === '' && name === 'vocabulary') return [];
      const value = text === '' ? Number.NaN : Number(text);
      if (Number.isNaN(value))
        refuse(`${said} line ${lines[r]}: ${name} ${JSON.stringify(text)} is not a number`);
      return [[name, value] as const];
    });
    try {
      return validateArchitecture(Object.fromEntries(fields));
    } catch (error) {
      if (error instanceof InputError) refuse(`${said} line ${lines[r]}: ${error.message}`);
      throw error;
    }
  });
}

/**
 * CSV text that `readArchitectures` reads back exactly.
 *
 * @example architecturesCsv([qwen]).split('\n').length // 3
 */
export function architecturesCsv(architectures: readonly Architecture[]): string {
  const hasVocabulary = architectures.some(({ vocabulary }) => vocabulary !== undefined);
  return [
    architecturesHeader(hasVocabulary),
    ...architectures.map((architecture) => architectureRow(architecture, hasVocabulary)),
  ].join('');
}

/** The first line of such a file, and the line of an architecture. */
export const architecturesHeader = (hasVocabulary: boolean) => `${columnsOf(hasVocabulary).join(',')}\n`;
export const architectureRow = (architecture: Architecture, hasVocabulary: boolean) =>
  `${columnsOf(hasVocabulary)
    .map((name) => architecture[name] ?? '')
    .join(',')}\n`;

const columnsOf = (hasVocabulary: boolean) => (hasVocabulary ? WITH_VOCABULARY : architectureColumns);
const WITH_VOCABULARY = [...architectureColumns, 'vocabulary'] as const;
