/** The command `train` as others call it: what it prints, what it refuses, and that it loses nothing when it is killed. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../lib/files/data';
import { planCsv } from '../../lib/train/plan';
import { type RunRow, readRunRows } from '../../lib/train/runs-table';
import { trainingFlops } from '../../lib/train/trainer';
import { colaw, json } from '../cli/command';
import { python } from './python';
import { dense, mixture, planned, tokenFolder } from './tiny';

const { folder, tokens, heldOut, remove } = tokenFolder();
afterAll(remove);

const plan = ['a', 'b', 'c'].map((run, i) => planned(run, i % 2 ? mixture : dense, 24));
const planFile = join(folder, 'plan.csv');
writeFileSync(planFile, planCsv(plan, ['three runs of a second']));
const files = ['--tokens', tokens, '--held-out', heldOut];
const command = (out: string, ...words: string[]) => [
  'train',
  '--runs',
  planFile,
  '--out',
  out,
  ...files,
  ...words,
];
const program = join(projectFolder, 'lib', 'colaw.js');

/** What a run came to, without what depends on the clock. */
const results = (rows: readonly RunRow[]) =>
  rows.map(({ run, loss, curve, status }) => [run, loss, curve, status]).sort();

describe('colaw train', () => {
  it('says with --dry-run what is left and what it costs, and trains nothing', async () => {
    const out = join(folder, 'dry.csv');
    const said = await json(...command(out, '--dry-run', '--jobs', '2'));
    const flops = plan.reduce((sum, run) => sum + trainingFlops(run), 0);
    expect(said).toEqual({
      ...{ planned: 3, done: 0, left: 3, jobs: 2, flops, flopsPerSecond: 25e9, rateFrom: 'assumed' },
      coreHours: flops / 25e9 / 3600,
      warnings: [],
    });
    expect(existsSync(out)).toBe(false);
  });

  const refused: [kind: string, words: string[], message: RegExp][] = [
    ['no plan', ['train', '--out', 'x.csv'], /required option '--runs/],
    ['a plan that is not there', ['train', '--runs', 'none.csv', '--out', 'x.csv'], /no such file: none.csv/],
    ['half a job', command('x.csv', '--jobs', '0.5'), /jobs 0.5 is not a positive integer/],
    [
      'no tokens',
      ['train', '--runs', planFile, '--out', 'x.csv', '--tokens', 'none.bin'],
      /no such token file: none.bin/,
    ],
    ['a task beyond the plan', command('x.csv', '--task', '4'), /task 4 is not an integer from 1 to 3/],
    ['jobs of one task', command('x.csv', '--task', '1', '--jobs', '2'), /--jobs does nothing with --task/],
    ['two ways at once', command('x.csv', '--slurm', '--dry-run'), /cannot be used with option/],
    ['a table of something else', command(planFile, '--dry-run'), /is not a table of runs/],
  ];
  it.each(refused)('refuses in one line, with exit code 2: %s', async (_, words, message) => {
    const { status, stdout, stderr } = await colaw(...words);
    expect([status, stdout, stderr.trim().split('\n').length]).toEqual([2, '', 1]);
    expect(stderr).toMatch(message);
  });

  it('names the Debian package where PyTorch is missing', () => {
    const env = { ...process.env, COLAW_PYTHON: '/bin/false' };
    const { status, stderr } = spawnSync(process.execPath, [program, ...command('x.csv')], {
      encoding: 'utf8',
      env,
    });
    expect([status, stderr.split('\n').length]).toEqual([2, 2]);
    expect(stderr).toContain('install the Debian packages python3-torch');
  });
});

describe.skipIf(python === undefined)('colaw train with PyTorch', () => {
  const whole = join(folder, 'whole.csv');

  it('makes the whole table', async () => {
    const said = await json('train', '--runs', planFile, '--out', whole, ...files, '--jobs', '2');
    expect(said).toEqual({ planned: 3, trained: 3, diverged: 0, out: whole, warnings: [] });
    expect(readRunRows(whole)).toHaveLength(3);
  });

  it('killed in the middle and called again, makes the same table, to the last bit', async () => {
    const out = join(folder, 'killed.csv');
    const child = spawn(process.execPath, [program, ...command(out, '--jobs', '1')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // The first line of progress: one run is in the table, and the next is being trained.
    await new Promise((resolve) => child.stderr.once('data', resolve));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const before = readRunRows(out).length;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(3);
    expect((await json(...command(out))).trained).toBe(3 - before);
    expect(results(readRunRows(out))).toEqual(results(readRunRows(whole)));
  });

  it('as a Slurm array: submits what is left, one task a run, and gathers the results', async () => {
    const out = join(folder, 'array.csv');
    const programs = join(folder, 'programs');
    mkdirSync(programs);
    const sbatch = join(programs, 'sbatch');
    // Stands for the controller: keeps the script and gives a number. The tasks are then run by hand.
    writeFileSync(sbatch, `#!/bin/sh\ncp "$2" '${folder}/submitted'; echo '17;cluster'\n`);
    chmodSync(sbatch, 0o755);
    const env = { ...process.env, PATH: `${programs}${delimiter}${process.env.PATH}` };
    const call = (...words: string[]) =>
      spawnSync(process.execPath, [program, ...words], { encoding: 'utf8', env });
    expect(JSON.parse(call(...command(out, '--slurm', '--json')).stdout)).toEqual({
      job: '17',
      tasks: 3,
      out,
      warnings: [],
    });
    const script = readFileSync(join(folder, 'submitted'), 'utf8');
    expect(script).toContain('#SBATCH --array=1-3\n');
    for (const task of ['2', '3', '2']) {
      const { status, stderr } = spawnSync('sh', [join(folder, 'submitted')], {
        encoding: 'utf8',
        env: { ...env, SLURM_ARRAY_TASK_ID: task },
      });
      expect([status, stderr]).toEqual([0, '']);
    }
    expect((await json(...command(out))).trained).toBe(1);
    expect(results(readRunRows(out))).toEqual(results(readRunRows(whole)));
    const again = call(...command(out, '--slurm'));
    expect([again.status, again.stderr]).toEqual([
      2,
      `colaw: no run of ${planFile} is left to do; they are in ${out}\n`,
    ]);
  });

  it('without Slurm says so, and leaves the script', () => {
    const out = join(folder, 'no-slurm.csv');
    const env = { ...process.env, PATH: join(folder, 'nothing-here') };
    const { status, stderr } = spawnSync(process.execPath, [program, ...command(out, '--slurm')], {
      encoding: 'utf8',
      env,
    });
    expect([status, stderr]).toEqual([
      2,
      `colaw: sbatch is missing, Debian's slurm-client has it; the job script is ${out}.sbatch\n`,
    ]);
    expect(existsSync(`${out}.sbatch`)).toBe(true);
  });
});
