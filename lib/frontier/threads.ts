/** Node only: units of a search on all cores. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { refuse } from '../errors';
import { packageFolder } from '../files/data';
import type { Question } from './question';
import { type Ranges, sizeOf } from './ranges';
import type { Answer } from './separate';
import type { Plan } from './solve';
import type { Reply, Task } from './worker';

export interface ThreadOptions {
  /** Default: as many as the machine runs at once. */
  threads?: number;
  /** Stops handing out units; what is being searched is dropped. */
  signal?: AbortSignal;
  /** Takes what a unit gave, by question. Units come in no particular order. */
  onUnit(unit: number, answers: Answer[]): void;
}

/** Less work than this is done before a thread has started. */
const WORTH_A_THREAD = 500_000;

/** Searches some units of a plan, in threads where there is enough to do. */
export async function searchUnits(
  questions: readonly Question[],
  plan: Plan,
  units: Ranges,
  options: ThreadOptions,
): Promise<void> {
  const file = join(packageFolder, 'dist', 'frontier', 'worker.js');
  const count = Math.min(options.threads ?? availableParallelism(), sizeOf(units));
  const work = (plan.work * sizeOf(units)) / plan.units;
  if (existsSync(file) && count > 1 && work >= WORTH_A_THREAD)
    await inThreads(file, count, questions, plan, units, options);
  else await here(plan, units, options);
}

/** In this thread, listening to signals between units. */
async function here(plan: Plan, units: Ranges, { signal, onUnit }: ThreadOptions): Promise<void> {
  for (const unit of each(units)) {
    if (signal?.aborted) return;
    onUnit(unit, plan.search(unit));
    await setImmediate();
  }
}

async function inThreads(
  file: string,
  threads: number,
  questions: readonly Question[],
  plan: Plan,
  units: Ranges,
  { signal, onUnit }: ThreadOptions,
): Promise<void> {
  const { Tinypool } = await import('tinypool');
  const pool = new Tinypool({ filename: file, minThreads: threads, maxThreads: threads });
  const next = deal(units, threads);
  const isStream = plan.method === 'streaming';
  // Each thread is given a unit when it has done the one before, so that what waits takes no memory.
  const serve = async (server: number) => {
    for (let unit = next(server); unit !== undefined && !signal?.aborted; unit = next(server)) {
      const task: Task = { id: 1, questions, isStream, unit };
      const reply: Reply = await pool.run(task, { signal });
      if ('refused' in reply) refuse(reply.refused);
      onUnit(unit, reply.answers);
    }
  };
  try {
    await Promise.all(Array.from({ length: threads }, (_, server) => serve(server)));
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    await pool.destroy();
  }
}

/**
 * Deals units out to servers: to each its own share, in order, so that it finds what it computed for the one before;
 * and when that is done the last ones of whoever has most left.
 */
function deal(units: Ranges, servers: number): (server: number) => number | undefined {
  const start = (server: number) => Math.floor((sizeOf(units) * server) / servers);
  const shares = Array.from({ length: servers }, (_, s) => ({ from: start(s), to: start(s + 1) }));
  const unitAt = (place: number) => {
    let left = place;
    for (const [from, to] of units) {
      if (left <= to - from) return from + left;
      left -= to - from + 1;
    }
    return undefined;
  };
  return (server) => {
    const own = shares[server];
    if (own.from < own.to) return unitAt(own.from++);
    const most = shares.reduce((x, y) => (y.to - y.from > x.to - x.from ? y : x));
    return most.from < most.to ? unitAt(--most.to) : undefined;
  };
}

function* each(ranges: Ranges): Generator<number> {
  for (const [from, to] of ranges) for (let unit = from; unit <= to; unit++) yield unit;
}
