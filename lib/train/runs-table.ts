/** Node only: the table that runs are appended to, one whole line at a time. */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { architectureColumns } from '../architecture';
import { refuse } from '../errors';
import { readTable } from '../files/table';
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

/**
 * Names of the runs in a table; none where there is no file. A last line without its end, left by a machine that
 * stopped while writing, is cut off: that run is done again. Refuses a file with other columns.
 */
export async function finishedRuns(file: string): Promise<Set<string>> {
  if (!existsSync(file)) return new Set();
  cutTornLine(file);
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  if (rows.length === 0) return new Set();
  if (rows[0] !== runColumns.join(','))
    refuse(`${file} is not a table of runs: its header is not run,depth,width,…; name another file`);
  if (rows.length === 1) return new Set();
  const { cells } = await readTable(file);
  return new Set(cells.map(([run]) => run));
}

function cutTornLine(file: string): void {
  const bytes = readFileSync(file);
  const end = bytes.lastIndexOf('\n') + 1;
  if (end < bytes.length) truncateSync(file, end);
}

/** Appends lines, begins the file where it is new, and returns when the disk has them. */
export function appendLines(file: string, lines: readonly string[]): void {
  const isNew = !existsSync(file) || readFileSync(file).length === 0;
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
