/** Node only: runs from a CSV file. */
import { nameOf } from '../../files/read';
import { scanTable, type TakeRow } from '../../files/table';
import { groupsOf, parseFormula, positiveVariables } from '../formula/formula';
import { architectureVariables, CODESIGN_FORMULA } from '../law';
import { formulaOf } from '../laws';
import { collectRuns, type RunCollector, type RunOptions, type Runs } from './runs';

/**
 * Reads the runs that a fit of `formula` (one of `namedFormulas`, or its text; default Eq. 2) needs from a CSV file, gzipped or not. Columns may come
 * in any order and others are ignored; `options` derive columns, then keep rows (see `RunOptions`). Rows are
 * read one at a time and only the numbers needed are kept, so a million rows take seconds and little memory.
 * Throws an `InputError` with file, line and rule, or with the expression and the character in it.
 *
 * @example (await readRuns(dataFile('runs-170.csv'))).loss.length // 170
 */
export async function readRuns(
  file: string,
  formula?: string,
  options: RunOptions = {},
  onProgress?: (share: number) => void,
): Promise<Runs> {
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
  const begin = (header: string[]): TakeRow => {
    const collector = collectRuns(nameOf(file), header, needed, options);
    runs = collector;
    return (cells, line) => collector.take({ cells, line });
  };
  await scanTable(file, begin, onProgress);
  return runs!.finish();
}
