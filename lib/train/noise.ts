/** How far chance moves a loss: the same architecture from several seeds. */
import { mean, sum } from 'simple-statistics';
import { refuse } from '../errors';
import type { RunRow } from './runs-table';

/** Spread between seeds, pooled over architectures. */
export interface NoiseFloor {
  /** Standard deviation of a loss, in nats per token. */
  deviation: number;
  /** About its standard error, for normal noise. */
  error: number;
  /** Runs that went into it less the architectures. */
  degreesOfFreedom: number;
  /** Per architecture: its losses. */
  groups: { run: string; losses: number[] }[];
}

/**
 * The noise floor of a table of runs: √(Σ (loss − its architecture's mean)² / (runs − architectures)), over the
 * architectures with two or more finite losses. Refused where there is none.
 *
 * @example noiseFloor(['4.1', '4.3'].map((loss, seed) => ({ run: `a-s${seed}`, loss, status: 'finished' }))).degreesOfFreedom
 *   // 1
 */
export function noiseFloor(rows: readonly Pick<RunRow, 'run' | 'loss' | 'status'>[]): NoiseFloor {
  const groups = new Map<string, number[]>();
  for (const { run, loss, status } of rows) {
    const architecture = run.replace(/-s\d+$/, '');
    if (status === 'finished') groups.set(architecture, [...(groups.get(architecture) ?? []), Number(loss)]);
  }
  const repeated = [...groups].filter(([, losses]) => losses.length > 1);
  if (repeated.length === 0)
    refuse('no architecture has two finished runs, so nothing says how far chance goes');
  const squares = repeated.map(([, losses]) => sum(losses.map((loss) => (loss - mean(losses)) ** 2)));
  const degreesOfFreedom = sum(repeated.map(([, losses]) => losses.length - 1));
  const deviation = Math.sqrt(sum(squares) / degreesOfFreedom);
  return {
    deviation,
    error: deviation / Math.sqrt(2 * degreesOfFreedom),
    degreesOfFreedom,
    groups: repeated.map(([run, losses]) => ({ run, losses })),
  };
}

/**
 * The R² that a perfect law would have on these losses: 1 − noise²/variance. No law can honestly do better, since
 * what is left is chance.
 *
 * @example reachableR2([4.1, 4.3, 4.5], 0.02) // 0.99
 */
export function reachableR2(losses: readonly number[], deviation: number): number {
  if (losses.length < 2) refuse(`${losses.length} losses have no variance`);
  const variance = sum(losses.map((loss) => (loss - mean(losses)) ** 2)) / (losses.length - 1);
  return 1 - deviation ** 2 / variance;
}
