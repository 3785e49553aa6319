/**
 * Node only: a plan as a Slurm job array. A task trains one run and leaves it as a file of its own in `OUT.parts/`;
 * the queue puts such files into the table when it is next called.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { refuse } from '../errors';
import type { PlannedRun } from './plan';
import { appendLines, readRunRows, runLine } from './runs-table';
import type { TrainedRun } from './trainer';

/** Folder of the results of single tasks. */
const partsFolder = (out: string) => `${out}.parts`;

/** Leaves a result for `collectParts`; whole or not at all. */
export function writePart(out: string, planned: PlannedRun, trained: TrainedRun): void {
  mkdirSync(partsFolder(out), { recursive: true });
  const file = join(partsFolder(out), `${planned.run}.line`);
  writeFileSync(`${file}.new`, `${runLine(planned, trained)}\n`, { flush: true });
  renameSync(`${file}.new`, file);
}

/** True where a task has left this run's result. */
export function hasPart(out: string, { run }: PlannedRun): boolean {
  return existsSync(join(partsFolder(out), `${run}.line`));
}

/** Appends what tasks have left to the table, once each, and removes their files. Returns how many came in. */
export function collectParts(out: string): number {
  const folder = partsFolder(out);
  if (!existsSync(folder)) return 0;
  const finished = new Set(readRunRows(out).map(({ run }) => run));
  const files = readdirSync(folder).filter((name) => name.endsWith('.line'));
  const fresh = files.filter((name) => !finished.has(name.slice(0, -'.line'.length)));
  if (fresh.length > 0)
    appendLines(
      out,
      fresh.sort().map((name) => readFileSync(join(folder, name), 'utf8').trimEnd()),
    );
  for (const name of files) rmSync(join(folder, name));
  return fresh.length;
}

/** Numbers as Slurm writes them: `1-3,7`. Ascending, each at least 1. */
export function arrayRanges(numbers: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const n of numbers) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === n - 1) last[1] = n;
    else ranges.push([n, n]);
  }
  return ranges.map(([first, last]) => (first === last ? first : `${first}-${last}`)).join(',');
}

/** The job script: task n runs `command` with `--task n`, on one core or one GPU. */
export function jobScript(
  tasks: readonly number[],
  command: readonly string[],
  out: string,
  { jobs, device }: { jobs?: number; device: 'cpu' | 'cuda' },
): string {
  const atATime = jobs === undefined ? '' : `%${jobs}`;
  return [
    '#!/bin/sh',
    '#SBATCH --job-name=colaw-train',
    `#SBATCH --array=${arrayRanges(tasks)}${atATime}`,
    '#SBATCH --cpus-per-task=1',
    ...(device === 'cuda' ? ['#SBATCH --gpus-per-task=1', '#SBATCH --ntasks=1'] : []),
    `#SBATCH --output=${resolve(partsFolder(out))}/%a.log`,
    `exec ${command.map(shellWord).join(' ')} --task "$SLURM_ARRAY_TASK_ID"`,
    '',
  ].join('\n');
}

/** Writes the script beside `out` and submits it. Returns the job's number. */
export function submit(script: string, out: string): string {
  mkdirSync(partsFolder(out), { recursive: true });
  const file = `${out}.sbatch`;
  writeFileSync(file, script);
  const { error, status, stdout, stderr } = spawnSync('sbatch', ['--parsable', file], { encoding: 'utf8' });
  if (error !== undefined)
    refuse(`sbatch is missing, Debian's slurm-client has it; the job script is ${file}`);
  if (status !== 0) refuse(`sbatch refused ${file}: ${stderr.trim()}`);
  return stdout.trim().split(';')[0];
}

function shellWord(word: string): string {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
