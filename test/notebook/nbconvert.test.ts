import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeKernelspec } from '../../lib/notebook/kernelspec';
import { runNotebook } from '../../lib/notebook/run';
import { code, isInstalled, PATIENCE, readNotebook, temporaryFolder, texts, writeNotebook } from './project';

const { folder, remove } = temporaryFolder();
afterAll(remove);

describe.skipIf(!isInstalled('jupyter-nbconvert'))(
  'jupyter nbconvert --execute',
  { timeout: PATIENCE },
  () => {
    it('gives the text outputs that our runner gives, also of a thousand lines', async () => {
      const kernelspec = writeKernelspec(join(folder, 'jupyter'));
      const file = writeNotebook(
        folder,
        'both',
        code(`import { claims, frame, show } from 'colaw'; console.log('begun');`),
        code(`show({ name: 'line', data: [{ type: 'scatter', y: [1, 2] }], layout: {} });`),
        code(`show(frame([{ name: 'one', value: 0.123456 }]));`),
        code(`show(claims('gpu-hours'));`),
        code('for (let i = 0; i < 1000; i++) console.log(i);'),
      );
      const { notebook, error } = await runNotebook(file, { kernelspec });
      expect(error).toBeUndefined();
      const options = ['--to', 'notebook', '--execute', '--output', 'converted.ipynb', file];
      const { status, stderr } = spawnSync('jupyter-nbconvert', options, {
        encoding: 'utf8',
        env: { ...process.env, JUPYTER_PATH: join(folder, 'jupyter') },
      });
      expect(stderr).not.toContain('Traceback');
      expect(status).toBe(0);
      const converted = texts(readNotebook(join(folder, 'converted.ipynb')));
      expect(converted).toEqual(texts(notebook));
      expect(converted[1]).toBe('Figure: line');
    });
  },
);
