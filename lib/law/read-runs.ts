/** Node only: runs from a CSV file. */
import { readTable } from '../table';
import { parseFormula } from './formula';
import { architectureVariables, CODESIGN_FORMULA } from './law';
import { type Runs, toRuns } from './runs';

/**
 * Reads the runs that a fit of `formula` (default Eq. 2) needs from a CSV file. Columns may come in any order
 * and others are ignored. Throws an `InputError` with file, line and rule.
 */
export async function readRuns(file: string, formula?: string): Promise<Runs> {
  const { name, header, cells, lines } = await readTable(file);
  return toRuns(name, header, cells, lines, (available) =>
    formula === undefined
      ? parseFormula(CODESIGN_FORMULA, Object.keys(architectureVariables)).variables
      : parseFormula(formula, available).variables,
  );
}
