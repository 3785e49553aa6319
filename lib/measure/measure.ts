/** Node only: jobs become rows of a table; what is there already is not measured again. */
import { readTable } from '../files/table';
import { runnable } from './gguf';
import type { Job } from './job';
import { powerMode } from './machine';
import { jobOf } from './plan';
import { type Runner, runJobs, together } from './queue';
import { appendRow, openTable, Passes, type Row, rowOf } from './table';

export interface MeasureOptions {
  run: Runner;
  /** Id of the device for the rows. */
  device: string;
  /** Median absolute deviation over median from which a row is marked. */
  spread: number;
  /** The reference architecture is run first, last, and after so many rows. */
  referenceEvery: number;
  /** Times that each job is measured, all others between two of them; its row is made of all repeats together. */
  passes: number;
  source: string;
}

/** What became of jobs. */
export interface Measured {
  rows: Row[];
  failed: { id: string; why: string }[];
  /** Rows that the table had already. */
  present: number;
  /** Jobs that no time was left for. */
  left: number;
}

/**
 * Measures what `file` lacks of `jobs`, appending a row at a time; `report` hears of each. Between architectures of a plan or
 * a frontier a reference runs, so that a machine that slows down, by heat or by other work, is seen; several passes
 * even that out.
 */
export async function measureInto(
  file: string,
  jobs: readonly Job[],
  options: MeasureOptions,
  report: (done: number, of: number, job: Job, result: Row | string) => void = () => {},
): Promise<Measured> {
  const known = openTable(file);
  const unfinished = new Passes(file);
  const { device, source, spread, run, passes, referenceEvery } = options;
  const queue = Array.from({ length: passes }, (_, pass) =>
    withReferences(jobs, referenceEvery, pass).filter(
      ({ id }) => !known.has(id) && (unfinished.of(id).length <= pass || pass === passes - 1),
    ),
  ).flat();
  const measured: Measured = {
    rows: [],
    failed: [],
    present: jobs.filter(({ id }) => known.has(id)).length,
    left: 0,
  };
  // Nothing but references is left: all is measured.
  if (queue.every(({ role }) => role === 'reference') && jobs.length > 0 && measured.present === jobs.length)
    return measured;
  const hasFailed = ({ id }: Job) => measured.failed.some((each) => each.id === id);
  // Looked at when its turn comes: what failed in one pass is not tried in the next.
  const turns = function* () {
    for (const job of queue) if (!hasFailed(job)) yield job;
  };
  let done = 0;
  for await (const result of runJobs(turns(), run)) {
    const { job } = result;
    done++;
    if ('failure' in result) {
      measured.failed.push({ id: job.id, why: result.failure });
      report(done, queue.length, job, result.failure);
      continue;
    }
    const before = unfinished.of(job.id);
    const context = { device, source, power: powerMode(), spread };
    if (job.role !== 'reference' && before.length + 1 < passes) {
      unfinished.add(job.id, result.outcome);
      report(done, queue.length, job, rowOf(job, result.outcome, context));
    } else {
      const row = rowOf(job, together([...before, result.outcome]), context);
      appendRow(file, row);
      measured.rows.push(row);
      report(done, queue.length, job, row);
    }
  }
  const ended = new Set([...measured.rows, ...measured.failed].map(({ id }) => id));
  measured.left = new Set(queue.map(({ id }) => id)).size - ended.size;
  if (measured.left === 0) unfinished.remove();
  return measured;
}

/** A few milliseconds a step, so that it costs little and its overheads show as much as its bandwidth. */
const reference = runnable(
  { depth: 8, width: 512, heads: 8, headDim: 64, kvHeads: 4, ffnRatio: 2, experts: 1, activeExperts: 1 },
  'f16',
).architecture;

/** The jobs of a pass with references between them, whose numbers go on from pass to pass. */
function withReferences(jobs: readonly Job[], every: number, pass: number): Job[] {
  if (jobs.every(({ role }) => role === 'published')) return [...jobs];
  const job = jobOf(
    { architecture: reference, format: 'f16', inputTokens: 64, outputTokens: 16 },
    'reference',
  );
  const blocks = Math.ceil(jobs.length / every);
  const nth = (k: number): Job => ({ ...job, id: `reference-${pass * (blocks + 1) + k}` });
  return [
    ...Array.from({ length: blocks }, (_, k) => [nth(k), ...jobs.slice(k * every, (k + 1) * every)]).flat(),
    nth(blocks),
  ];
}

/** How far the references of a table drift: their slowest over their fastest, minus 1, by phase. */
export function driftOf(rows: readonly Row[]): { prefill: number; decode: number } | undefined {
  const references = rows.filter(({ role }) => role === 'reference');
  if (references.length < 2) return undefined;
  const ratio = (column: string) => {
    const seconds = references.map((row) => Number(row[column]));
    return Math.max(...seconds) / Math.min(...seconds) - 1;
  };
  return { prefill: ratio('prefillSeconds'), decode: ratio('decodeSecondsPerToken') };
}

/** The rows of a table, as text. */
export async function readRows(file: string): Promise<Row[]> {
  const { header, cells } = await readTable(file);
  return cells.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i]])));
}
