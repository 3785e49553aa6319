/** Node only: what is left of a plan, and what it costs. */
import type { PlannedRun } from './plan';
import { readRunRows } from './runs-table';
import { trainingFlops } from './trainer';

/** FLOP/s of a core where no run of the table says better: what small models reach on one 2.6 GHz server core. */
const ASSUMED_RATE = 25e9;

/** Work that is left, in core hours. */
export interface Cost {
  flops: number;
  flopsPerSecond: number;
  /** Whether the rate is that of the runs in the table. */
  rateFrom: 'table' | 'assumed';
  coreHours: number;
}

/** Cost of `runs` at the rate of the finished runs in the table `out`, or at 25 GFLOP/s a core. */
export function costOf(runs: readonly PlannedRun[], out: string): Cost {
  const flops = runs.reduce((sum, run) => sum + trainingFlops(run), 0);
  const measured = measuredRate(out);
  const flopsPerSecond = measured ?? ASSUMED_RATE;
  return {
    flops,
    flopsPerSecond,
    rateFrom: measured === undefined ? 'assumed' : 'table',
    coreHours: flops / flopsPerSecond / 3600,
  };
}

/** FLOPs of all runs in a table over their CPU seconds; undefined where none took time. */
function measuredRate(out: string): number | undefined {
  const rows = readRunRows(out);
  const seconds = rows.reduce((sum, row) => sum + Number(row.cpuSeconds), 0);
  const flops = rows.reduce((sum, row) => sum + Number(row.flopsPerSecond) * Number(row.cpuSeconds), 0);
  return flops > 0 && seconds > 0 ? flops / seconds : undefined;
}
