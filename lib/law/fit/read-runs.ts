/** Node only: runs from a CSV file. */
import { scanTable } from '../../files/table';
import { groupsOf, parseFormula, positiveVariables } from '../formula/formula';
import { architectureVariables, CODESIGN_FORMULA } from '../law';
import { formulaOf } from '../laws';
import { collectRuns, type RunCollector, type RunOptions, type Runs } from './runs';

/**
 * Reads the runs that a fit of `formula` (one of `namedFormulas`, or its text; default Eq. 2) needs from a CSV file, gzipped or not. Columns may come
 * in any order and others are ignored; `options` derive columns, then keep rows (see `RunOptions`). Rows are
 * read one at a time and only the numbers needed are kept, so a million rows take seconds and little memory.
 * Throws an `InputError` with file, line and rule, or with the expression and the character in it.
 */
export async function readRuns(file: string, formula?: string, options: RunOptions = {}): Promise<Runs> {
  const needed = (available: readonly string[]) => {
    const parsed =
      formula === undefined
        ? parseFormula(CODESIGN_FORMULA, Object.keys(architectureVariables))
        : parseFormula(formulaOf(formula), available);
    const keep = options.keep ?? [];
    return {
      numbers: [...new Set([...parsed.variables, ...keep])],
      positive: [...positiveVariables(parsed), ...keep],
      groups: groupsOf(parsed),
    };
  };
  let runs: RunCollector | undefined;
  scanTable(file, (header) => {
    const collector = collectRuns(file, header, needed, options);
    runs = collector;
    return (cells, line) => collector.take({ cells, line });
  });
  return runs!.finish();
}
