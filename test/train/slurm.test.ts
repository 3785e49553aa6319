import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { projectFolder } from '../../lib/files/data';
import { planCsv } from '../../lib/train/plan';
import { readRunRows } from '../../lib/train/runs-table';
import { json } from '../cli/command';
import { hasSlurm, startSlurm } from '../frontier/slurm';
import { python } from './python';
import { dense, mixture, planned, tokenFolder } from './tiny';

const name = 'a plan on a real Slurm controller: a task a run, with the losses of one process';
const isHere = hasSlurm && python !== undefined;

it.skipIf(!isHere)(
  isHere ? name : `${name} (needs PyTorch, root and Debian slurmctld slurmd slurm-client munge)`,
  async () => {
    const { folder, tokens, heldOut, remove } = tokenFolder();
    const plan = join(folder, 'plan.csv');
    writeFileSync(
      plan,
      planCsv([planned('a', dense, 12), planned('b', mixture, 12), planned('c', dense, 8, 1)]),
    );
    const words = ['train', '--runs', plan, '--tokens', tokens, '--held-out', heldOut];
    const [alone, array] = ['alone.csv', 'array.csv'].map((file) => join(folder, file));
    const slurm = await startSlurm(folder);
    try {
      const command = [process.execPath, join(projectFolder, 'lib', 'colaw.js'), ...words, '--out', array];
      const { status, stdout, stderr } = slurm.run(`${command.join(' ')} --slurm --json`, folder);
      expect([status, stderr]).toEqual([0, '']);
      expect(JSON.parse(stdout)).toMatchObject({ tasks: 3, out: array });
      while (slurm.run('squeue -h', folder).stdout.trim() !== '') await setTimeout(300);
      // The tasks left their results; the queue gathers them and has nothing left to train.
      expect(await json(...words, '--out', array)).toMatchObject({ trained: 0 });
      await json(...words, '--out', alone);
      const results = (file: string) =>
        readRunRows(file)
          .map(({ run, loss, curve, status }) => [run, loss, curve, status])
          .sort();
      expect(results(array)).toHaveLength(3);
      expect(results(array)).toEqual(results(alone));
    } finally {
      await slurm.stop();
      remove();
    }
  },
  300_000,
);
