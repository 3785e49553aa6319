/** Node only: the table that runs are appended to, one whole line at a time. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { parse } from 'papaparse';
import { architectureColumns } from '../architecture';
import { refuse } from '../errors';
import type { PlannedRun } from './plan';
import type { TrainedRun } from './trainer';

/** Columns of the table. `curve` holds pairs tokens:loss; `leastShare` the smallest share of an expert, times experts. */
export const runColumns = [
  'run',
  ...architectureColumns,
  'vocabulary',
  'split',
  'seed',
  'tokens',
  'sequence',
  'batch',
  'learningRate',
  'status',
  'loss',
  'parametersTotal',
  'parametersActive',
  'parametersEmbedding',
  'parametersNonEmbedding',
  'leastShare',
  'seconds',
  'cpuSeconds',
  'flopsPerSecond',
  'machine',
  'curve',
] as const;

const COMMENT = '# MEASURED: trained by data/training/train.py; a row is one run, appended when it was done.';

/** The line of a run. Losses are written to the last bit. */
export function runLine(planned: PlannedRun, trained: TrainedRun): string {
  const { architecture } = planned;
  const cells: Record<(typeof runColumns)[number], string | number | undefined> = {
    ...(Object.fromEntries(architectureColumns.map((name) => [name, architecture[name]])) as Record<
      (typeof architectureColumns)[number],
      number
    >),
    run: planned.run,
    vocabulary: architecture.vocabulary,
    split: planned.split,
    seed: planned.seed,
    tokens: trained.tokens,
    sequence: trained.sequence,
    batch: trained.batch,
    learningRate: trained.learningRate,
    status: trained.status,
    loss: trained.loss ?? '',
    parametersTotal: trained.parametersTotal,
    parametersActive: trained.parametersActive,
    parametersEmbedding: trained.parametersEmbedding,
    parametersNonEmbedding: trained.parametersActive - trained.parametersEmbedding,
    leastShare:
      architecture.experts === 1
        ? ''
        : (Math.min(...trained.expertShares.flat()) * architecture.experts).toFixed(4),
    seconds: trained.seconds,
    cpuSeconds: trained.cpuSeconds,
    flopsPerSecond: trained.flopsPerSecond,
    machine: trained.machine,
    curve: trained.curve.map(([tokens, loss]) => `${tokens}:${loss}`).join(' '),
  };
  return runColumns.map((name) => quoted(String(cells[name] ?? ''))).join(',');
}

/** A row of the table, cells by column. */
export type RunRow = Record<(typeof runColumns)[number], string>;

/**
 * The rows of a table, none where there is no file. A last line without its end, left by a machine that stopped
 * while writing, does not count: that run is done again. Refuses a file with other columns.
 *
 * @example readRunRows('of-tomorrow.csv') // []
 */
export function readRunRows(file: string): RunRow[] {
  if (!existsSync(file)) return [];
  const { data, meta } = parse<RunRow>(wholeLines(readFileSync(file, 'utf8')), {
    header: true,
    comments: '#',
    skipEmptyLines: true,
  });
  const header = meta.fields ?? [];
  if (header.length > 0 && header.join() !== runColumns.join())
    refuse(
      `${file} is not a table of runs: its header is not ${runColumns.slice(0, 3)},…; name another file`,
    );
  return data;
}

/**
 * The curve of a run: pairs [tokens seen, mean training loss since the pair before].
 *
 * @example trainingCurve({ curve: '1000:6.5 2000:5.25' }) // [[1000, 6.5], [2000, 5.25]]
 */
export function trainingCurve({ curve }: Pick<RunRow, 'curve'>): [tokens: number, loss: number][] {
  return curve.split(' ').map((pair) => pair.split(':').map(Number) as [number, number]);
}

/** Cuts off a last line without its end. Only for the one process that writes the file. */
export function cutTornLine(file: string): void {
  if (!existsSync(file)) return;
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf('\n') + 1;
  if (end < bytes.length) truncateSync(file, end);
}

const wholeLines = (text: string) => text.slice(0, text.lastIndexOf('\n') + 1);

/** Appends lines, begins the file where it is new, and returns when the disk has them. */
export function appendLines(file: string, lines: readonly string[]): void {
  const isNew = !existsSync(file) || statSync(file).size === 0;
  const all = [...(isNew ? [COMMENT, runColumns.join(',')] : []), ...lines];
  const handle = openSync(file, 'a');
  try {
    writeSync(handle, all.map((line) => `${line}\n`).join(''));
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
