/** Turning rows of text into runs for a fit. */
import { listed, refuse } from '../../errors';
import {
  type Column,
  type ColumnsByName,
  computedColumn,
  deriveColumns,
  fileColumns,
  type Row,
  textOf,
} from '../formula/columns';
import { compileWhere, keepLast, keepLeast } from '../formula/select';
import { groupColumn } from '../formula/tree';
import type { Columns } from '../law';

/** A table of trained models: what varied, and the loss that came out. */
export interface Runs {
  /** For messages: the file it came from. */
  name: string;
  columns: Columns;
  /** Held-out loss of each run, in nats per token. */
  loss: Float64Array;
  /** True for training rows, false for validation rows. */
  isTraining: boolean[];
  /** How much each row counts in a fit; absent where all count alike. */
  weights?: Float64Array;
  /** The texts of columns that group parameters; `columns['[train]']` holds the place of each row's in this list. */
  levels?: Record<string, string[]>;
}

/** What is made of a table before a law is fitted to it, in this order. */
export interface RunOptions {
  /** Columns to read besides those that the formula names. */
  keep?: readonly string[];
  /** Derived columns, e.g. `N="Model Size", D="Training FLOP"/(6*N)`; see `deriveColumns`. */
  columns?: string;
  /** Which rows are kept, e.g. `k == 1 and router_type == "S-Base"`; see `compileWhere`. */
  where?: string;
  /** Of the rows that agree in this column, only the one with the largest number in `order` is kept. */
  lastBy?: string;
  /** Goes with `lastBy`. */
  order?: string;
  /** Of the rows that agree in all these columns (`N,D`), only the one of least loss is kept. */
  bestBy?: string;
  /** How many training rows of highest loss are dropped. Default 0. */
  dropWorst?: number;
  /** The column that says how much each row counts. */
  weight?: string;
}

/** The columns that a fit reads. */
export interface Needed {
  numbers: readonly string[];
  /** Which of them must be positive. */
  positive: readonly string[];
  /** Columns whose texts group parameters. */
  groups: readonly string[];
}

/** Takes the rows of a table one by one, and makes something of them in the end. */
export interface RunCollector {
  take: (row: Row) => void;
  finish: () => Runs;
}

/**
 * Makes runs of the rows of a table with this header: columns are derived, rows kept by `where`, of these the
 * last of each `lastBy`, of these the best of each `bestBy`, and the worst dropped. In the rows that are kept, the
 * `needed` columns must hold what they say, and `loss` positive numbers, or any where an expression computes it;
 * nothing else is looked at. activationRate, kvDimension and gqa are derived where the
 * table has experts and heads instead. An optional `split` column says `train` or `validation`. Errors name
 * file, line and rule, or the expression and the character in it.
 */
export function collectRuns(
  name: string,
  header: readonly string[],
  needed: (columns: readonly string[]) => Needed,
  options: RunOptions = {},
): RunCollector {
  const { where, lastBy, order, bestBy, dropWorst = 0 } = options;
  if (!Number.isSafeInteger(dropWorst) || dropWorst < 0)
    refuse(`dropWorst ${dropWorst} is not an integer of at least 0`);
  const inFile = fileColumns(name, header);
  const columns = options.columns === undefined ? inFile : deriveColumns(name, inFile, options.columns);
  const isKept = where === undefined ? () => true : compileWhere(name, columns, where);
  const last = lastOf(name, columns, lastBy, order);
  const best = bestBy === undefined ? undefined : bestOf(name, columns, bestBy);
  const numbers = collectNumbers(name, columns, needed, options.weight);
  let kept = 0;
  return {
    take: (row) => {
      if (!isKept(row)) return;
      kept++;
      (last ?? best ?? numbers).take(row);
    },
    finish: () => {
      if (kept === 0) refuse(`${name}: no row is left by where ${where}`);
      for (const row of last?.kept() ?? []) (best ?? numbers).take(row);
      for (const row of best?.kept() ?? []) numbers.take(row);
      return dropHighest(numbers.finish(), dropWorst);
    },
  };
}

function lastOf(name: string, columns: ColumnsByName, lastBy: string | undefined, order: string | undefined) {
  if (lastBy === undefined && order === undefined) return undefined;
  if (lastBy === undefined || order === undefined)
    refuse('lastBy (what the rows of one run agree in) and order (what grows within it) go together');
  return keepLast(name, findColumn(name, columns, lastBy), findColumn(name, columns, order));
}

function bestOf(name: string, columns: ColumnsByName, bestBy: string) {
  const names = bestBy.split(',').map((each) => each.trim());
  if (names.includes('')) refuse(`bestBy "${bestBy}" is not a list of columns such as N,D`);
  const group = names.map((each) => findColumn(name, columns, each));
  const loss = findColumn(name, columns, 'loss');
  return keepLeast(name, group, (row) => lossOf(name, loss, row));
}

/** Reads the numbers that a fit needs from the rows that are kept. */
function collectNumbers(
  name: string,
  given: ColumnsByName,
  needed: (columns: readonly string[]) => Needed,
  weight: string | undefined,
): RunCollector {
  const loss = findColumn(name, given, 'loss');
  const split = given.get('split');
  const all = new Map([...rates(name, given), ...given]);
  const { numbers, positive: mustBePositive, groups } = needed([...all.keys()]);
  const wanted = numbers.map((key) => ({
    key,
    column: findColumn(name, all, key),
    isPositive: mustBePositive.includes(key),
    values: [] as number[],
  }));
  const grouped = groups.map((by) => collectTexts(name, by, findColumn(name, given, by)));
  const weigh = weight === undefined ? undefined : findColumn(name, given, weight);
  const weights: number[] = [];
  const losses: number[] = [];
  const isTraining: boolean[] = [];
  const take = (row: Row) => {
    for (const { column, isPositive, values } of wanted)
      values.push(isPositive ? positive(name, column, row) : column.number(row));
    for (const { take } of grouped) take(row);
    if (weigh !== undefined) weights.push(positive(name, weigh, row));
    losses.push(lossOf(name, loss, row));
    const part = split === undefined ? 'train' : textOf(split, row);
    if (part !== 'train' && part !== 'validation')
      refuse(`${name} line ${row.line}: split "${part}" is neither "train" nor "validation"`);
    isTraining.push(part === 'train');
  };
  const finish = () => ({
    name,
    columns: Object.fromEntries([
      ...wanted.map(({ key, values }) => [key, Float64Array.from(values)]),
      ...grouped.map(({ by, places }) => [groupColumn(by), Float64Array.from(places)]),
    ]),
    loss: Float64Array.from(losses),
    isTraining,
    ...(weigh === undefined ? {} : { weights: Float64Array.from(weights) }),
    ...(grouped.length === 0
      ? {}
      : { levels: Object.fromEntries(grouped.map(({ by, texts }) => [by, [...texts.keys()]])) }),
  });
  return { take, finish };
}

/** The texts of a column in order of appearance, and which of them each row has. */
function collectTexts(name: string, by: string, column: Column) {
  const texts = new Map<string, number>();
  const places: number[] = [];
  const take = (row: Row) => {
    const text = textOf(column, row);
    if (text === '') refuse(`${name} line ${row.line}: ${by} is empty`);
    const place = texts.get(text) ?? texts.size;
    texts.set(text, place);
    places.push(place);
  };
  return { by, texts, places, take };
}

/** What a rate is computed from where a table lacks it. */
const parts = new Map<string, [string, string, (a: number, b: number) => number]>([
  ['activationRate', ['activeExperts', 'experts', (active, experts) => active / experts]],
  ['kvDimension', ['headDim', 'kvHeads', (headDim, kvHeads) => headDim * kvHeads]],
  ['gqa', ['heads', 'kvHeads', (heads, kvHeads) => heads / kvHeads]],
]);

/** The rates that can be computed from `columns`. */
function rates(name: string, columns: ColumnsByName): [string, Column][] {
  return [...parts].flatMap(([rate, [first, second, combine]]) => {
    const [a, b] = [columns.get(first), columns.get(second)];
    if (a === undefined || b === undefined) return [];
    const compute = (row: Row) => combine(positive(name, a, row), positive(name, b, row));
    return [[rate, computedColumn(name, rate, compute)] as [string, Column]];
  });
}

function findColumn(name: string, columns: ColumnsByName, wanted: string): Column {
  const [first, second] = parts.get(wanted) ?? [];
  const instead = first === undefined ? '' : ` (nor ${first} and ${second})`;
  return (
    columns.get(wanted) ??
    refuse(`${name} has no column "${wanted}"${instead}; it has ${listed([...columns.keys()])}`)
  );
}

/** A loss is positive in nats; one that is computed, such as its logarithm, may be any number. */
function lossOf(name: string, loss: Column, row: Row): number {
  return loss.text === undefined ? loss.number(row) : positive(name, loss, row);
}

function positive(name: string, column: Column, row: Row): number {
  const value = column.number(row);
  if (value > 0) return value;
  return refuse(
    `${name} line ${row.line}: ${column.name} ${JSON.stringify(textOf(column, row))} is not positive`,
  );
}

/** The runs without the `count` training rows of highest loss; of equal ones the earlier stay. */
function dropHighest(runs: Runs, count: number): Runs {
  if (count === 0) return runs;
  const sorted = runs.loss.filter((_, row) => runs.isTraining[row]).sort();
  const left = sorted.length - count;
  if (left <= 0) refuse(`${runs.name}: dropWorst ${count} leaves none of the ${sorted.length} training rows`);
  const limit = sorted[left];
  let equalsLeft = left - sorted.indexOf(limit);
  const kept = [...runs.loss.keys()].filter((row) => {
    if (!runs.isTraining[row] || runs.loss[row] < limit) return true;
    return runs.loss[row] === limit && equalsLeft-- > 0;
  });
  const pick = (values: ArrayLike<number>) => Float64Array.from(kept, (row) => values[row]);
  return {
    ...runs,
    columns: Object.fromEntries(Object.entries(runs.columns).map(([name, values]) => [name, pick(values)])),
    loss: pick(runs.loss),
    isTraining: kept.map((row) => runs.isTraining[row]),
    ...(runs.weights === undefined ? {} : { weights: pick(runs.weights) }),
  };
}
