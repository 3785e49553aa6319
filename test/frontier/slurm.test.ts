import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectFolder } from '../../lib/files/data';
import { law } from '../../lib/files/law';
import { colaw } from '../cli/command';
import { temporaryFolder } from '../notebook/project';
import { hasSlurm, startSlurm } from './slurm';

const name = 'a Slurm array of 8 blocks, one killed and run again, merges to the bytes of one process';

// The line is the one that the documentation shows.
it.skipIf(!hasSlurm)(
  hasSlurm ? name : `${name} (needs root and Debian slurmctld slurmd slurm-client munge)`,
  async () => {
    const { folder, remove } = temporaryFolder();
    const file = (name: string) => join(folder, name);
    const published = law();
    writeFileSync(
      file('law.json'),
      JSON.stringify({
        formula: `${published.formula} + kx*depth*width`,
        parameters: { ...published.parameters, kx: 1e-8 },
      }),
    );
    const ratios = { from: 0.0625, to: 8, step: 0.0625 };
    const mixtures = { experts: [1, 8, 16, 32, 64], activeExperts: [1, 2, 4] };
    const widths = { from: 512, to: 4096, step: 128 };
    const space = {
      depths: { from: 1, to: 32, step: 1 },
      widths,
      ffnRatios: ratios,
      mixtures,
      kvHeads: 'divisors',
      headDim: 128,
    };
    writeFileSync(file('space.json'), JSON.stringify(space));
    const docs = readFileSync(join(projectFolder, 'docs', 'spaces.md'), 'utf8');
    const line = /^ {4}(sbatch .*)$/m
      .exec(docs)![1]
      .replace('npx colaw', `${process.execPath} ${projectFolder}/lib/colaw.js`);
    const slurm = await startSlurm(folder);
    try {
      // One second of a processor is over before the third part is.
      const killed = line.replace("--wrap '", "--wrap '[ $SLURM_ARRAY_TASK_ID != 3 ] || ulimit -t 1; ");
      const states = await slurm.runJob(killed, folder);
      expect(states.sort()).toEqual([...Array(7).fill('COMPLETED'), 'FAILED']);
      const parts = Array.from({ length: 8 }, (_, i) => file(`part-${i + 1}.json`));
      const others = parts.filter((_, i) => i !== 2);
      const partly = await colaw('merge', ...others, '--out', file('partly.json'), '--json');
      expect(partly.stderr).toMatch(/^note: units .* are missing/);
      expect(JSON.parse(partly.stdout).missing).toHaveLength(1);

      expect(await slurm.runJob(line.replace('--array=1-8', '--array=3'), folder)).toEqual(['COMPLETED']);
      expect((await colaw('merge', ...parts, '--out', file('all.json'))).status).toBe(0);
      // Merging is associative, and the order does not matter.
      expect(
        (await colaw('merge', parts[2], file('partly.json'), '--out', file('in-two-steps.json'))).status,
      ).toBe(0);
      expect((await colaw('merge', ...[...parts].reverse(), '--out', file('reversed.json'))).status).toBe(0);
      const alone = [
        'frontier',
        '--space',
        file('space.json'),
        '--law',
        file('law.json'),
        '--out',
        file('alone.json'),
      ];
      expect((await colaw(...alone)).status).toBe(0);
      const expected = readFileSync(file('alone.json'), 'utf8');
      for (const each of ['all', 'in-two-steps', 'reversed'])
        expect(readFileSync(file(`${each}.json`), 'utf8') === expected, each).toBe(true);
      expect(JSON.parse(expected).method).toBe('streaming');
    } finally {
      await slurm.stop();
      remove();
    }
  },
);
