/** What the measuring needs of an engine, and the measurement itself: prompts and steps, timed and repeated. */
import type { Architecture } from '../architecture';
import type { Packing } from '../workload';
import { shareOf, summarise } from './statistics';

/** What an engine is asked to load. */
export interface LoadOptions {
  /** GGUF file. */
  file: string;
  inputTokens: number;
  outputTokens: number;
  /** As many as the engine takes by itself where not given. */
  threads?: number;
}

/** A loaded model, one sequence at a time. */
export interface Session {
  engine: string;
  version: string;
  threads: number;
  /** Positions that the KV cache has room for. */
  context: number;
  flashAttention: boolean;
  /** Reads a prompt of `inputTokens` into an empty cache, up to the scores of the next token. */
  prefill(): Promise<void>;
  /** One token more. */
  step(): Promise<void>;
  close(): Promise<void>;
  /** What the file holds. */
  facts(): { architecture: Architecture; packing: Packing };
}

/** Seconds of one repeat, by the wall clock and of the processor, all threads together. */
interface Repeat {
  prefill: number;
  prefillCpu: number;
  /** Mean over the steps. */
  step: number;
  stepCpu: number;
}

/** When a measurement is enough. */
export interface Patience {
  /** At least so many repeats. */
  repeats: number;
  /** Repeats go on until the timed work took so long: steps of a millisecond are noise one by one. */
  leastSeconds: number;
  /** Median absolute deviation over median from which a measurement is taken again. */
  spread: number;
  /** No further repeats after so many seconds, but never less than `repeats`. */
  mostSeconds: number;
}

export const patience: Patience = { repeats: 5, leastSeconds: 1, spread: 0.03, mostSeconds: 60 };

/** How often a measurement may be taken again. */
const ROUNDS = 3;

/**
 * Repeats a prompt and its steps on a warm engine until there are enough repeats, and again, up to three times as
 * many, where they spread too far.
 */
export async function measureSession(
  session: Session,
  outputTokens: number,
  { repeats, leastSeconds, spread, mostSeconds }: Patience = patience,
): Promise<Repeat[]> {
  await measureOnce(session, Math.min(outputTokens, 2));
  const done: Repeat[] = [];
  const taken = () =>
    done.reduce((sum, { prefill, step }) => sum + prefill + (outputTokens > 0 ? outputTokens * step : 0), 0);
  for (let round = 1; round <= ROUNDS; round++) {
    while (done.length < round * repeats || (taken() < round * leastSeconds && taken() < mostSeconds))
      done.push(await measureOnce(session, outputTokens));
    const phases = [
      done.map(({ prefill }) => prefill),
      ...(outputTokens > 0 ? [done.map((r) => r.step)] : []),
    ];
    const isSteady = phases.every((phase) => shareOf(summarise(phase)) <= spread);
    if (isSteady || taken() * (1 + 1 / round) > mostSeconds) break;
  }
  return done;
}

async function measureOnce(session: Session, outputTokens: number): Promise<Repeat> {
  const prefill = await timed(() => session.prefill());
  const steps = await timed(async () => {
    for (let i = 0; i < outputTokens; i++) await session.step();
  });
  const each = (seconds: number) => (outputTokens > 0 ? seconds / outputTokens : 0);
  return { prefill: prefill.wall, prefillCpu: prefill.cpu, step: each(steps.wall), stepCpu: each(steps.cpu) };
}

async function timed(work: () => Promise<void>): Promise<{ wall: number; cpu: number }> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const wall = (performance.now() - start) / 1e3;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: (user + system) / 1e6 };
}
