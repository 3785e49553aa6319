/**
 * Node only: measurements one after another, each in a process of its own, so that a crash or a lack of memory costs
 * one row. Nothing else is running meanwhile: this process waits.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageFolder } from '../files/data';
import type { Patience } from './engine';
import { weightBytes } from './gguf';
import type { Gpu } from './install';
import type { Answer, ChildTask, Job, Outcome } from './job';
import { availableMemory, freeDisk } from './machine';

/** How child processes run. */
export interface ChildOptions {
  entry: string;
  gpu: Gpu;
  threads?: number;
  patience: Patience;
  /** Milliseconds since 1970 after which nothing is measured any more. */
  deadline: number;
}

/** What measures a job; undefined where the time is over. */
export type Runner = (job: Job) => Promise<Answer | undefined>;

/** A job's end. */
export type Result = { job: Job } & Answer;

/** What a child runs. */
const CHILD = join(packageFolder, 'dist', 'measure', 'child.js');

/** Share of the available memory that weights may take: the engine needs room for activations and itself. */
const MEMORY_SHARE = 0.85;

/** Runs `jobs` in their order and yields each result as soon as it is there; ends where the time is over. */
export async function* runJobs(jobs: Iterable<Job>, run: Runner): AsyncGenerator<Result> {
  for (const job of jobs) {
    const answer = await run(job);
    if (answer === undefined) return;
    yield { job, ...answer };
  }
}

/** One outcome with the repeats of all. */
export function together(outcomes: readonly Outcome[]): Outcome {
  const all = (read: (outcome: Outcome) => number[] | undefined) =>
    outcomes.flatMap((outcome) => read(outcome) ?? []);
  const [first] = outcomes;
  return {
    ...first,
    prefill: all((o) => o.prefill),
    prefillCpu: first.prefillCpu && all((o) => o.prefillCpu),
    step: all((o) => o.step),
    stepCpu: first.stepCpu && all((o) => o.stepCpu),
  };
}

/** Measures each job in a process of its own; at the deadline it ends that process, and its row is not measured. */
export function childRunner(options: ChildOptions): Runner {
  return async (job) => {
    if (Date.now() >= options.deadline) return undefined;
    const obstacle = obstacleOf(job);
    return obstacle === undefined ? runChild(job, options) : { failure: obstacle };
  };
}

/** What is known to go wrong, before anything is written. */
function obstacleOf({ subject }: Job): string | undefined {
  if (!('architecture' in subject)) return undefined;
  const bytes = weightBytes(subject.architecture, subject.format);
  const gigabytes = (value: number) => `${(value / 1e9).toPrecision(2)} GB`;
  const memory = availableMemory();
  if (bytes > MEMORY_SHARE * memory)
    return `its weights of ${gigabytes(bytes)} do not fit into the ${gigabytes(memory)} of memory that are free`;
  const disk = freeDisk(tmpdir());
  if (bytes > disk)
    return `its weights of ${gigabytes(bytes)} do not fit into ${tmpdir()}, which has ${gigabytes(disk)} free; set TMPDIR to another folder`;
  return undefined;
}

/** The answer of a child process; undefined where the deadline ended it. */
function runChild(job: Job, options: ChildOptions): Promise<Answer | undefined> {
  const { entry, gpu, threads, patience, deadline } = options;
  const temporaryFile = join(tmpdir(), `colaw-${process.pid}.gguf`);
  const task: ChildTask = { job, entry, gpu, threads, patience, temporaryFile };
  return new Promise((resolve) => {
    const child = fork(CHILD, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let answer: Answer | undefined;
    let isLate = false;
    let said = '';
    const release = endWithParent(child);
    const timer = Number.isFinite(deadline)
      ? setTimeout(() => {
          isLate = true;
          child.kill('SIGKILL');
        }, deadline - Date.now())
      : undefined;
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    child.once('message', (message: Answer) => {
      answer = message;
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      release();
      rmSync(temporaryFile, { force: true });
      resolve(answer ?? (isLate ? undefined : { failure: causeOf(code, signal, said) }));
    });
    child.send(task, (error) => {
      if (error) child.kill('SIGKILL');
    });
  });
}

function causeOf(code: number | null, signal: string | null, said: string): string {
  if (signal === 'SIGKILL') return 'its process was killed (SIGKILL), as happens where memory runs out';
  const last = said.trim().split('\n').at(-1);
  return `its process ended with ${signal ?? `code ${code}`}${last ? `: ${last}` : ''}`;
}

/** Ctrl-C and the like end the child too; where this process is killed outright, the child sees its channel close. */
function endWithParent(child: ChildProcess): () => void {
  const end = (signal: NodeJS.Signals) => {
    child.once('close', () => process.kill(process.pid, signal));
    child.kill('SIGKILL');
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, end);
  return () => {
    for (const signal of signals) process.removeListener(signal, end);
  };
}
