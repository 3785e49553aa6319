import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readRuns } from '../../lib/law/fit/read-runs';
import { costOf } from '../../lib/train/cost';
import type { PlannedRun } from '../../lib/train/plan';
import { runQueue, runsToDo } from '../../lib/train/queue';
import { readRunRows, runColumns, runLine } from '../../lib/train/runs-table';
import { arrayRanges, collectParts, jobScript, writePart } from '../../lib/train/slurm';
import { trainingFlops } from '../../lib/train/trainer';
import { dense, mixture, planned, pretended } from './tiny';

const folder = mkdtempSync(join(tmpdir(), 'colaw-queue-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = () => join(folder, `runs-${files++}.csv`);

const plan = ['a', 'b', 'c', 'd', 'e'].map((run, i) => planned(run, i % 2 ? mixture : dense, i + 1));
const names = (file: string) => readRunRows(file).map(({ run }) => run);
const trainNow = async (run: PlannedRun) => pretended(run);

describe('the queue', () => {
  it('trains each run once, in order, and a second call none', async () => {
    const out = newFile();
    expect(await runQueue(plan, out, { train: trainNow })).toBe(5);
    expect(await runQueue(plan, out, { train: trainNow })).toBe(0);
    expect(names(out)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(existsSync(`${out}.lock`)).toBe(false);
  });

  it('has a run in the table before the next begins', async () => {
    const out = newFile();
    const seen: number[] = [];
    await runQueue(plan, out, {
      train: async (run) => {
        seen.push(readRunRows(out).length);
        return pretended(run);
      },
    });
    expect(seen).toEqual([0, 1, 2, 3, 4]);
  });

  it('goes on after a failure without losing or doubling a row, and passes the failure on', async () => {
    const out = newFile();
    const failing = async (run: PlannedRun) => {
      if (run.run === 'c') throw new Error('run c: no memory');
      return pretended(run);
    };
    await expect(runQueue(plan, out, { train: failing })).rejects.toThrow('run c: no memory');
    expect(names(out)).toEqual(['a', 'b']);
    await runQueue(plan, out, { train: trainNow });
    expect(names(out)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('does the run again whose line was torn when the machine stopped', async () => {
    const out = newFile();
    await runQueue(plan.slice(0, 2), out, { train: trainNow });
    const whole = readFileSync(out, 'utf8');
    for (let torn = 1; torn < runLine(plan[2], pretended(plan[2])).length; torn += 40) {
      writeFileSync(out, whole + runLine(plan[2], pretended(plan[2])).slice(0, torn));
      expect(runsToDo(plan, out).map(({ run }) => run)).toEqual(['c', 'd', 'e']);
      await runQueue(plan.slice(0, 3), out, { train: trainNow });
      expect(names(out)).toEqual(['a', 'b', 'c']);
    }
  });

  it('takes over from a process that is gone, and from none that lives', async () => {
    const out = newFile();
    writeFileSync(`${out}.lock`, String(process.pid));
    await expect(runQueue(plan, out, { train: trainNow })).rejects.toThrow(
      `${out} is being written by process ${process.pid}; wait for it, or end it`,
    );
    writeFileSync(`${out}.lock`, '999999999');
    expect(await runQueue(plan, out, { train: trainNow })).toBe(5);
  });

  it('runs as many at a time as it is told, and never more', async () => {
    let running = 0;
    let most = 0;
    await runQueue(plan, newFile(), {
      jobs: 3,
      train: async (run) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        return pretended(run);
      },
    });
    expect(most).toBe(3);
  });

  it('keeps a diverged run, marked and without a loss, and the fit leaves it out by its mark', async () => {
    const out = newFile();
    await runQueue(plan, out, { train: async (run) => pretended(run, run.run === 'b' ? null : 4) });
    const row = readRunRows(out)[1];
    expect([row.run, row.status, row.loss]).toEqual(['b', 'diverged', '']);
    const runs = await readRuns(out, 'a+b/width', { where: 'status == "finished"' });
    expect(runs.loss).toHaveLength(4);
  });

  it('writes losses to the last bit, and what a cell holds as it was', async () => {
    const out = newFile();
    const loss = 4.351681128144264;
    await runQueue(plan.slice(0, 1), out, { train: async (run) => pretended(run, loss) });
    const [row] = readRunRows(out);
    expect(Object.keys(row)).toEqual([...runColumns]);
    expect([Number(row.loss), row.machine]).toEqual([loss, 'a "board", of sorts']);
  });

  it('refuses a table that has another run under the same name', async () => {
    const out = newFile();
    await runQueue(plan, out, { train: trainNow });
    const changed = [{ ...plan[0], architecture: { ...dense, depth: 7 } }];
    expect(() => runsToDo(changed, out)).toThrow(
      `run a has depth 7 in the plan and 2 in ${out}; name another table`,
    );
    expect(() => runsToDo([{ ...plan[0], seed: 4 }], out)).toThrow('run a has seed 4 in the plan and 0 in');
  });

  it('refuses a table of something else, and leaves it as it is', async () => {
    const out = newFile();
    writeFileSync(out, 'x,y\n1,2\n');
    await expect(runQueue(plan, out, { train: trainNow })).rejects.toThrow(`${out} is not a table of runs`);
    expect(readFileSync(out, 'utf8')).toBe('x,y\n1,2\n');
  });
});

describe('cost', () => {
  it('is work over the rate of the runs that are done, or an assumed one', async () => {
    const out = newFile();
    const flops = plan.reduce((sum, run) => sum + trainingFlops(run), 0);
    const before = costOf(plan, out);
    expect([before.flops, before.rateFrom]).toEqual([flops, 'assumed']);
    await runQueue(plan.slice(0, 1), out, { train: trainNow });
    const after = costOf(plan, out);
    expect([after.flopsPerSecond, after.rateFrom]).toEqual([1e9, 'table']);
    expect(after.coreHours).toBeCloseTo(flops / 1e9 / 3600, 12);
  });
});

describe('Slurm', () => {
  it('gathers what tasks have left, each once', async () => {
    const out = newFile();
    await runQueue(plan.slice(0, 1), out, { train: trainNow });
    for (const run of plan.slice(0, 3)) writePart(out, run, pretended(run));
    expect(collectParts(out)).toBe(2);
    expect(names(out)).toEqual(['a', 'b', 'c']);
    expect(collectParts(out)).toBe(0);
    appendFileSync(join(`${out}.parts`, 'd.line.new'), 'half a li');
    expect(await runQueue(plan, out, { train: trainNow })).toBe(2);
    expect(names(out)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('writes numbers in ranges', () => {
    expect(arrayRanges([1, 2, 3, 7, 9, 10])).toBe('1-3,7,9-10');
    expect(arrayRanges([4])).toBe('4');
  });

  it('asks for one core a task, for a GPU where there is one, and quotes paths', () => {
    const command = ['node', '/a b/colaw.js', 'train'];
    const script = jobScript([1, 2, 5], command, '/o/runs.csv', { jobs: 4, device: 'cpu' });
    expect(script).toContain('#SBATCH --array=1-2,5%4\n');
    expect(script).toContain('#SBATCH --cpus-per-task=1\n');
    expect(script).not.toContain('gpu');
    expect(script).toContain(`exec node '/a b/colaw.js' train --task "$SLURM_ARRAY_TASK_ID"\n`);
    expect(jobScript([1], command, '/o/runs.csv', { device: 'cuda' })).toContain('--gpus-per-task=1\n');
  });
});
