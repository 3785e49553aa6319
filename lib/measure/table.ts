/** Node only: the table of measurements, a row at a time, each safely on the disk before the next is measured. */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { architectureColumns } from '../architecture';
import { refuse } from '../errors';
import type { Job, Outcome } from './job';
import { shareOf, summarise } from './statistics';

/** The columns of `data/measured.csv`, the architecture, and what tells how far to trust the times. */
export const tableColumns = [
  ...[
    'id',
    'model',
    'reportedModel',
    'device',
    'engine',
    'engineVersion',
    'precision',
    'format',
    'weightBits',
  ],
  ...['headBits', 'batch', 'inputTokens', 'outputTokens', 'prefillSeconds', 'decodeSecondsPerToken'],
  ...['totalSeconds', 'assumed', 'source', 'trust'],
  ...architectureColumns,
  ...['vocabulary', 'role', 'repeats', 'prefillDeviationSeconds', 'decodeDeviationSeconds'],
  ...[
    'prefillCpuSeconds',
    'decodeCpuSecondsPerToken',
    'threads',
    'context',
    'flashAttention',
    'power',
    'mark',
  ],
];

/** What a row says beside its job and outcome. */
export interface RowContext {
  device: string;
  power: string;
  /** Median absolute deviation over median from which a row is marked. */
  spread: number;
  source: string;
}

/** Share of the wall time below which the threads did not have their cores to themselves. */
const BUSY = 0.9;

/** A row of the table, by column. */
export type Row = Record<string, string | number>;

/** The row of a measurement: medians, with their median absolute deviations. */
export function rowOf(job: Job, outcome: Outcome, { device, power, spread, source }: RowContext): Row {
  const { architecture, packing, threads, flashAttention } = outcome;
  const phases = { prefill: summarise(outcome.prefill), decode: summarise(outcome.step) };
  const middle = (values: number[] | undefined) => values && summarise(values).median;
  const cpu = { prefill: middle(outcome.prefillCpu), decode: middle(outcome.stepCpu) };
  const hasDecode = job.outputTokens > 0;
  const marks = (['prefill', 'decode'] as const).flatMap((phase) => {
    if (phase === 'decode' && !hasDecode) return [];
    const share = shareOf(phases[phase]);
    // Only on the processor do the threads compute; before a graphics card they wait.
    const used = outcome.version.includes('CPU') ? cpu[phase]! / (threads! * phases[phase].median) : 1;
    return [
      ...(share > spread ? [`${phase} spreads by ${(100 * share).toFixed(0)} %`] : []),
      ...(used < BUSY ? [`${phase} had ${(100 * used).toFixed(0)} % of its cores`] : []),
    ];
  });
  const digits = (value: number) => Number(value.toPrecision(5));
  const optional = (value: number | undefined) => (value === undefined ? '' : digits(value));
  return {
    id: job.id,
    model: job.model,
    reportedModel: job.model,
    device,
    engine: outcome.engine,
    engineVersion: outcome.version,
    precision: outcome.precision,
    format: outcome.format,
    weightBits: digits(8 * packing.weight),
    headBits: digits(8 * packing.head),
    batch: 1,
    inputTokens: outcome.counted?.inputTokens ?? job.inputTokens,
    outputTokens: outcome.counted?.outputTokens ?? job.outputTokens,
    prefillSeconds: digits(phases.prefill.median),
    ...(hasDecode ? { decodeSecondsPerToken: digits(phases.decode.median) } : {}),
    source,
    trust: marks.length === 0 ? 'high' : 'medium',
    ...Object.fromEntries(architectureColumns.map((name) => [name, architecture[name]])),
    vocabulary: architecture.vocabulary ?? '',
    role: job.role,
    repeats: phases.prefill.count,
    prefillDeviationSeconds: digits(phases.prefill.deviation),
    ...(hasDecode ? { decodeDeviationSeconds: digits(phases.decode.deviation) } : {}),
    prefillCpuSeconds: optional(cpu.prefill),
    decodeCpuSecondsPerToken: hasDecode ? optional(cpu.decode) : '',
    threads: threads ?? '',
    context: outcome.context ?? '',
    flashAttention: flashAttention === undefined ? '' : flashAttention ? 'yes' : 'no',
    power,
    mark: marks.join('; '),
  };
}

/**
 * Opens the table `file`, made with its header if it is not there; a last line that was cut off, as by a power
 * cut, is removed. Returns the ids that it holds. Refuses a table with other columns.
 */
export function openTable(file: string): Set<string> {
  const header = tableColumns.join(',');
  if (!existsSync(file)) {
    appendLine(file, header);
    return new Set();
  }
  const lines = wholeLines(file);
  if (lines.length === 0) appendLine(file, header);
  else if (lines[0] !== header) refuse(`${file} is no table of \`colaw measure\`; name another with --out`);
  return new Set(lines.slice(1).map((line) => line.split(',')[0]));
}

/** The lines of a file that is appended to; what is left of one that was cut off is removed. */
function wholeLines(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const end = text.lastIndexOf('\n') + 1;
  if (end < text.length) truncateSync(file, Buffer.byteLength(text.slice(0, end)));
  return end === 0 ? [] : text.slice(0, end - 1).split('\n');
}

/** Outcomes of jobs that have not been measured in all passes yet, by id; kept beside the table until they are. */
export class Passes {
  readonly #file: string;
  readonly #outcomes = new Map<string, Outcome[]>();

  constructor(table: string) {
    this.#file = `${table}.passes`;
    if (!existsSync(this.#file)) return;
    for (const line of wholeLines(this.#file)) {
      const { id, outcome } = parsed(line, this.#file);
      this.#outcomes.set(id, [...this.of(id), outcome]);
    }
  }

  of(id: string): readonly Outcome[] {
    return this.#outcomes.get(id) ?? [];
  }

  add(id: string, outcome: Outcome): void {
    appendLine(this.#file, JSON.stringify({ id, outcome }));
    this.#outcomes.set(id, [...this.of(id), outcome]);
  }

  remove(): void {
    rmSync(this.#file, { force: true });
  }
}

function parsed(line: string, file: string): { id: string; outcome: Outcome } {
  try {
    return JSON.parse(line);
  } catch {
    return refuse(`${file} is no file of passes of \`colaw measure\`; remove it`);
  }
}

/** Appends a row; when this returns, it is on the disk. */
export function appendRow(file: string, row: Row): void {
  appendLine(file, tableColumns.map((name) => quote(String(row[name] ?? ''))).join(','));
}

/** Appends a line or, where the disk is full, nothing of it. */
function appendLine(file: string, line: string): void {
  const descriptor = openSync(file, 'a');
  const before = existsSync(file) ? readFileSync(file).length : 0;
  const bytes = Buffer.from(`${line}\n`);
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
    fsyncSync(descriptor);
  } catch (error) {
    ftruncateSync(descriptor, before);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

function quote(cell: string): string {
  return /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
