/** Node only: our own table of runs with what every use of it needs, in one call. */
import { dataFile } from '../files/data';
import type { Fit } from '../law/fit/fit';
import { readRuns } from '../law/fit/read-runs';
import type { Runs } from '../law/fit/runs';
import { tinyBounds, tinyRows } from './laws';
import { type NoiseFloor, noiseFloor, reachableR2 } from './noise';
import { readPlan } from './read-plan';
import { readRunRows } from './runs-table';

/** The trained models: their runs, Eq. 2 fitted to them, and how far chance goes. */
export interface TinyRuns {
  /** One run of each architecture. */
  runs: Runs;
  fit: Fit;
  noise: NoiseFloor;
  /** R² that a perfect law would have on `runs`. */
  reachable: number;
  /** Runs in the table, diverged ones too, and in the plan. */
  done: number;
  planned: number;
}

/**
 * Reads `data/runs-tiny-170.csv` and fits Eq. 2 to its training split.
 *
 * @example (await readTinyRuns()).planned // 194
 */
export async function readTinyRuns(): Promise<TinyRuns> {
  const { fit } = await import('../law/fit/fit.js');
  const file = dataFile('runs-tiny-170.csv');
  const rows = readRunRows(file);
  const runs = await readRuns(file, 'codesign', { where: tinyRows });
  const noise = noiseFloor(rows);
  return {
    runs,
    fit: await fit(runs, { bounds: tinyBounds }),
    noise,
    reachable: reachableR2(Array.from(runs.loss), noise.deviation),
    done: rows.length,
    planned: (await readPlan(dataFile('training/plan.csv'))).length,
  };
}
