/** Node only: the queue of a plan's runs. A finished run is in the table before the next begins. */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { refuse } from '../errors';
import type { PlannedRun } from './plan';
import { appendLines, cutTornLine, type RunRow, readRunRows, runLine } from './runs-table';
import { collectParts } from './slurm';
import { type TrainedRun, trainingFlops } from './trainer';

/** How far the queue is. */
export interface QueueProgress {
  done: number;
  planned: number;
  /** The run that was just finished, and its result. */
  run: PlannedRun;
  trained: TrainedRun;
  /** Guess from the work and the time of the runs so far. */
  secondsLeft: number;
}

/** How to work off a plan. */
export interface QueueOptions {
  /** Runs at a time. Default 1. */
  jobs?: number;
  train: (run: PlannedRun) => Promise<TrainedRun>;
  onProgress?: (progress: QueueProgress) => void;
}

/** The runs of `plan` that are not in the table `out`. Refuses a table that has another run under the same name. */
export function runsToDo(plan: readonly PlannedRun[], out: string): PlannedRun[] {
  const finished = new Map(readRunRows(out).map((row) => [row.run, row]));
  return plan.filter((planned) => {
    const row = finished.get(planned.run);
    if (row === undefined) return true;
    const { architecture, seed } = planned;
    for (const [name, value] of Object.entries({ ...architecture, seed }))
      if (name in row && row[name as keyof RunRow] !== String(value))
        refuse(
          `run ${planned.run} has ${name} ${value} in the plan and ${row[name as keyof RunRow]} in ${out}; name another table`,
        );
    return false;
  });
}

/**
 * Trains the runs of `plan` that the table `out` lacks, in order, `jobs` at a time, and appends each when it is
 * done. May be killed at any time and begun again. Returns how many it trained. A run that fails lets those beside
 * it finish, then stops the queue with its message.
 */
export async function runQueue(
  plan: readonly PlannedRun[],
  out: string,
  { jobs = 1, train, onProgress = () => {} }: QueueOptions,
): Promise<number> {
  mkdirSync(dirname(out), { recursive: true });
  return locked(out, async () => {
    cutTornLine(out);
    collectParts(out);
    const waiting = runsToDo(plan, out);
    const total = waiting.length;
    const started = performance.now();
    let left = waiting.reduce((sum, run) => sum + trainingFlops(run), 0);
    let worked = 0;
    let trainedRuns = 0;
    let failure: unknown;
    const work = async () => {
      for (let run = waiting.shift(); run !== undefined && failure === undefined; run = waiting.shift()) {
        try {
          const trained = await train(run);
          appendLines(out, [runLine(run, trained)]);
          trainedRuns++;
          worked += trainingFlops(run);
          left -= trainingFlops(run);
          const secondsLeft = ((performance.now() - started) / 1000 / worked) * left;
          const done = plan.length - total + trainedRuns;
          onProgress({ done, planned: plan.length, run, trained, secondsLeft });
        } catch (error) {
          failure ??= error;
        }
      }
    };
    await Promise.all(Array.from({ length: jobs }, work));
    if (failure !== undefined) throw failure;
    return trainedRuns;
  });
}

/** Runs `work` while no other process does so for the same file. A lock left by a process that is gone is taken. */
async function locked<T>(file: string, work: () => Promise<T>): Promise<T> {
  const lock = `${file}.lock`;
  take(lock, file, true);
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function take(lock: string, file: string, again: boolean): void {
  try {
    const handle = openSync(lock, 'wx');
    writeSync(handle, String(process.pid));
    closeSync(handle);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const owner = Number(readFileSync(lock, 'utf8'));
    if (!again || isAlive(owner))
      refuse(`${file} is being written by process ${owner}; wait for it, or end it`);
    rmSync(lock, { force: true });
    take(lock, file, false);
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
