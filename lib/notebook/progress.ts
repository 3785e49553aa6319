/** What is said of notebooks while they run: on a terminal a bar each, elsewhere one line when each has ended. */
import type { WriteStream } from 'node:tty';
import { Format, MultiBar } from 'cli-progress';
import type { Run } from './run';

export interface Progress {
  /** A notebook's code cell begins, counted from 1. */
  cell(name: string, cell: number, cells: number): void;
  done(run: Run): void;
  /** Leaves the screen as it is; called at the end, however that comes. */
  stop(): void;
}

/** Progress of the notebooks `names`, in their order where there are bars, as they end where there are lines. */
export function showProgress(names: readonly string[], out: WriteStream = process.stdout): Progress {
  // Bars that do not fit on the screen would be drawn over one another.
  return out.isTTY && names.length < (out.rows ?? 24) ? bars(names, out) : lines();
}

function lines(): Progress {
  return { cell: () => {}, done: (run) => console.log(ending(run)), stop: () => {} };
}

function bars(names: readonly string[], stream: WriteStream): Progress {
  const widest = Math.max(...names.map((name) => name.length));
  const all = new MultiBar({
    stream,
    hideCursor: true,
    barsize: 24,
    format: (options, { progress, value, total, eta }, { name, end }) => {
      if (end !== undefined) return end;
      const state = value < 0 ? 'waiting' : `cell ${value + 1} of ${total}${timeLeft(eta)}`;
      return `  ${name.padEnd(widest)} ${Format.BarFormat(Math.max(0, progress), options)} ${state}`;
    },
  });
  const each = new Map(names.map((name) => [name, all.create(1, -1, { name })]));
  return {
    cell(name, cell, cells) {
      const bar = each.get(name)!;
      if (cell === 1) bar.start(cells, 0, { name });
      else bar.update(cell - 1);
    },
    done: (run) => each.get(run.name)!.update({ end: ending(run) }),
    stop: () => all.stop(),
  };
}

/** Seconds left, once there is something to judge them by. */
function timeLeft(seconds: number): string {
  return Number.isFinite(seconds) && seconds > 0 ? `, about ${Math.ceil(seconds)} s left` : '';
}

function ending({ name, seconds, error }: Run): string {
  return error === undefined ? `✓ ${name} (${seconds.toFixed(1)} s)` : `✗ FAILED: ${error}`;
}
