import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { InputError } from '../../lib/errors';
import { findChromium } from '../../lib/notebook/images';
import { reproduce } from '../../lib/notebook/reproduce';
import {
  code,
  filesBelow,
  markdown,
  PATIENCE,
  printed,
  readNotebook,
  temporaryFolder,
  writeNotebook,
} from './project';

const { folder, remove } = temporaryFolder();
afterAll(remove);

let said: string[];
beforeEach(() => {
  said = [];
  const keep = (text: unknown) => said.push(String(text));
  vi.spyOn(console, 'log').mockImplementation(keep);
  vi.spyOn(console, 'error').mockImplementation(keep);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const FIGURE = `import { show } from 'colaw';
show({ name: 'line', data: [{ type: 'scatter', y: [1, 2] }], layout: {} });`;
const CLAIM = `import { claims, show } from 'colaw'; show(claims('gpu-hours'));`;

describe('reproduce', { timeout: PATIENCE }, () => {
  it('reports a notebook that fails, runs the others, keeps what was there and returns 1', async () => {
    const notebooksFolder = join(folder, 'notebooks');
    const outFolder = join(folder, 'out');
    writeNotebook(notebooksFolder, '01-good', markdown('# Good'), code(FIGURE));
    writeNotebook(
      notebooksFolder,
      '02-bad',
      code(`console.log('kept')`),
      code(`throw new Error('width 0')`),
      code('1'),
    );
    writeNotebook(notebooksFolder, '03-also-good', code(FIGURE));
    writeFileSync(join(notebooksFolder, '04-broken.ipynb'), '{');
    mkdirSync(join(outFolder, 'figures'), { recursive: true });
    for (const stale of ['figures/stale.json', 'results.json', 'mine.txt'])
      writeFileSync(join(outFolder, stale), 'old');

    expect(await reproduce([], { notebooksFolder, outFolder })).toBe(1);

    const images = (name: string) => (findChromium() ? [`figures/${name}.png`, `figures/${name}.svg`] : []);
    expect(filesBelow(outFolder)).toEqual(
      [
        ...['figures/line.json', ...images('line'), 'figures/line-2.json', ...images('line-2')],
        ...['01-good', '02-bad', '03-also-good', '04-broken'].map((name) => `notebooks/${name}.ipynb`),
        ...[
          'jupyter/kernels/tslab/kernel.json',
          'mine.txt',
          'results.json',
          'workbook.html',
          'explorer.html',
        ],
      ].sort(),
    );
    const bad = readNotebook(join(outFolder, 'notebooks', '02-bad.ipynb'));
    expect(bad.cells.map((cell) => printed(cell))).toEqual(['kept\n', '', '']);
    expect(bad.cells.map((cell) => cell.execution_count)).toEqual([1, 2, null]);

    const results = JSON.parse(readFileSync(join(outFolder, 'results.json'), 'utf8'));
    expect(results.claims).toEqual([]);
    expect(results.figures).toEqual(['line', 'line-2']);
    expect(results.notebooks['01-good']).toEqual({ codeCells: 1 });
    expect(results.notebooks['02-bad'].error).toBe('02-bad, code cell 2 of 3: Error: width 0');
    expect(Object.keys(results.timings)).toEqual(Object.keys(results.notebooks));

    // Said at once, and again at the end, where it is not overlooked.
    expect(said.filter((line) => line.includes('02-bad, code cell 2 of 3: Error: width 0'))).toHaveLength(2);
    expect(said.filter((line) => line.includes('04-broken, '))).toHaveLength(2);
    expect(said.at(-1)).toContain('04-broken, ');
  });

  it('writes each claim that the notebooks show once, twice the same, and does without Chromium', async () => {
    const notebooksFolder = join(folder, 'claims');
    const outFolder = join(folder, 'claims-out');
    const show = (...ids: string[]) => code(`show(claims(${ids.map((id) => `'${id}'`).join(', ')}));`);
    writeNotebook(notebooksFolder, '01-one', code(CLAIM), show('qwen-arithmetic', 'gpu-hours'));
    writeNotebook(notebooksFolder, '02-two', code(CLAIM), code(FIGURE));
    const run = async (chromium: string) => {
      vi.stubEnv('COLAW_CHROMIUM', chromium);
      expect(await reproduce(['01-one', '02-two'], { notebooksFolder, outFolder })).toBe(0);
      expect(filesBelow(join(outFolder, 'figures'))).toEqual(['line.json']);
      const { timings, ...results } = JSON.parse(readFileSync(join(outFolder, 'results.json'), 'utf8'));
      expect(Object.values(timings).every((seconds) => (seconds as number) > 0)).toBe(true);
      return results;
    };
    const results = await run('/no/such/program');
    const { claims } = results;
    expect(claims.map(({ id }: { id: string }) => id)).toEqual(['gpu-hours', 'qwen-arithmetic']);
    expect(claims[0]).toMatchObject({
      claim: '170 runs on 8 GPUs for about 10 hours are 13,600 GPU-hours (App. B)',
      paper: '13,600',
      verdict: 'reproduced',
      value: 13600,
    });
    const audit = JSON.parse(readFileSync(join(outFolder, 'audit.json'), 'utf8'));
    expect(audit.map(({ id, check }: { id: string; check: string }) => [id, check])).toEqual([
      ['gpu-hours', 'arithmetic'],
      ['qwen-arithmetic', 'arithmetic'],
    ]);
    expect(said.join('\n')).toContain('AUDIT of 2 claims');
    expect(said.join('\n')).toContain('No Chromium: figures are written as Plotly JSON only');

    // The same results twice, timings aside, and without pictures where Chromium fails.
    expect(JSON.stringify(await run(process.execPath))).toBe(JSON.stringify(results));
    expect(said.join('\n')).toContain(`figures are written as Plotly JSON only: ${process.execPath} failed`);
    expect(process.listeners('SIGINT').filter((listener) => listener.name === 'stop')).toEqual([]);
  });

  it('refuses a notebook that does not exist, before it removes anything', async () => {
    const notebooksFolder = join(folder, 'unknown');
    const outFolder = join(folder, 'unknown-out');
    writeNotebook(notebooksFolder, '01-only', code('1'));
    mkdirSync(outFolder);
    writeFileSync(join(outFolder, 'results.json'), 'old');
    const asked = reproduce(['07-other'], { notebooksFolder, outFolder });
    await expect(asked).rejects.toThrow(new InputError('unknown notebook "07-other"; known: 01-only'));
    expect(filesBelow(outFolder)).toEqual(['results.json']);
  });
});
