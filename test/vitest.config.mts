/** The order of `npm test`: what takes longest begins first, so that the two workers end together. */
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files of more than ten seconds, the longest first. */
const LONG = [
  'notebooks',
  'explorer/page',
  'law/forms',
  'installed',
  'docs/examples',
  'cli/cli',
  'explorer/numbers',
  'notebook/run',
  'measure/measure',
  'frontier/slurm',
  'law/uncertain',
  'audit/audit',
  'notebook/reproduce',
  'law/fit',
  'notebook/nbconvert',
  'cli/hostile-files',
  'notebook/browser',
  'explorer/files',
  'train/command',
  'notebook/signals',
  'train/trainer',
  'train/slurm',
  'cli/hostile-documents',
  'notebook/kernel',
  'theory/optimum',
  'measured/calibrate',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = LONG.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return found < 0 ? LONG.length : found;
    };
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}

export default defineConfig({ test: { sequence: { sequencer: LongestFirst } } });
