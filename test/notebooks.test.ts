/** The shipped notebooks themselves: through our runner, through Jupyter, and in the workbook. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AuditedClaim, paperClaims } from '../lib/audit/audit';
import { countVerdicts } from '../lib/audit/verdict';
import { projectFolder } from '../lib/files/data';
import { findChromium, launchChromium } from '../lib/notebook/images';
import { reproduce } from '../lib/notebook/reproduce';
import { joined } from '../lib/report/format';
import { filesBelow, isInstalled, readNotebook, temporaryFolder, texts } from './notebook/project';

const notebooksFolder = join(projectFolder, 'notebooks');
const names = readdirSync(notebooksFolder).filter((file) => file.endsWith('.ipynb'));
const { folder, remove } = temporaryFolder();
const PATIENCE = 600_000;
let exitCode: number;

beforeAll(async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  exitCode = await reproduce([], { outFolder: folder });
  log.mockRestore();
}, PATIENCE);
afterAll(remove);

describe('the shipped notebooks', () => {
  it('run without an error', () => {
    const results = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
    expect(Object.values(results.notebooks).filter((n) => 'error' in (n as object))).toEqual([]);
    expect(exitCode).toBe(0);
  });

  it('print nothing on the error stream', () => {
    for (const name of names) {
      const { cells } = readNotebook(join(folder, 'notebooks', name));
      const streams = cells.flatMap((cell) => cell.outputs ?? []).filter((o) => o.output_type === 'stream');
      expect(streams.filter((stream) => stream.name === 'stderr')).toEqual([]);
    }
  });

  it('state claims with unique names, and every verdict has a reason', () => {
    const { claims } = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
    expect(claims.length).toBeGreaterThan(20);
    expect(new Set(claims.map((claim: { id: string }) => claim.id)).size).toBe(claims.length);
    for (const { id, why, paper, ours } of claims) expect(why && paper && ours, id).toBeTruthy();
  });

  it('leave the audit, and its summary among the claims', () => {
    const audit: AuditedClaim[] = JSON.parse(readFileSync(join(folder, 'audit.json'), 'utf8'));
    expect(audit.map(({ id }) => id)).toEqual(paperClaims().map(({ id }) => id));
    const { claims } = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
    const summary = claims.find(({ id }: { id: string }) => id === 'audit');
    for (const [verdict, count] of Object.entries(countVerdicts(audit)))
      expect(summary.ours).toContain(`${count} ${verdict}`);
  });

  it.each(names)('%s is committed without outputs and ends with something to try', (name) => {
    const { cells } = readNotebook(join(notebooksFolder, name));
    for (const cell of cells) expect(cell.outputs ?? []).toEqual([]);
    expect(cells.some((cell) => joined(cell.source).includes('## Try it'))).toBe(true);
  });

  it('leave every figure as Plotly JSON, and as PNG and SVG where there is a Chromium', () => {
    const { figures } = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
    expect(figures.length).toBeGreaterThanOrEqual(14);
    const endings = findChromium() === undefined ? ['json'] : ['json', 'png', 'svg'];
    const expected = figures.flatMap((name: string) => endings.map((ending) => `${name}.${ending}`)).sort();
    expect(filesBelow(join(folder, 'figures'))).toEqual(expected);
  });
});

describe.skipIf(!isInstalled('jupyter-nbconvert'))('through jupyter nbconvert --execute', () => {
  it.each(names)('%s gives the same text outputs', { timeout: PATIENCE }, (name) => {
    const options = [
      '--to',
      'notebook',
      '--execute',
      '--output-dir',
      join(folder, 'nbconvert'),
      join(notebooksFolder, name),
    ];
    const { status, stderr } = spawnSync('jupyter-nbconvert', options, {
      encoding: 'utf8',
      env: { ...process.env, JUPYTER_PATH: join(folder, 'jupyter') },
    });
    expect(status, stderr).toBe(0);
    const ours = texts(readNotebook(join(folder, 'notebooks', name)));
    expect(texts(readNotebook(join(folder, 'nbconvert', name)))).toEqual(ours);
  });
});

describe.skipIf(findChromium() === undefined)('the workbook in Chromium with the network off', () => {
  it('draws every figure, asks for nothing and has no console error', { timeout: PATIENCE }, async () => {
    const browser = await launchChromium(findChromium()!);
    const context = await browser.newContext({ offline: true });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on(
      'request',
      (request) => /^(file|data|blob):/.test(request.url()) || complaints.push(request.url()),
    );
    await page.goto(pathToFileURL(join(folder, 'workbook.html')).href);
    const figures = await page.locator('figure.figure').all();
    const { figures: made } = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
    expect(figures).toHaveLength(made.length);
    for (const figure of figures) {
      await figure.scrollIntoViewIfNeeded();
      await figure.locator('.js-plotly-plot .main-svg').first().waitFor();
    }
    const audit = page.locator('.audit');
    const shown = () => audit.locator('tbody tr:visible').count();
    const all = await shown();
    await audit.getByLabel('Verdict').selectOption('corrected');
    const corrected = await shown();
    expect(corrected).toBeGreaterThan(0);
    expect(corrected).toBeLessThan(all);
    expect(await audit.locator('tbody tr:visible').allInnerTexts()).toSatisfy((rows: string[]) =>
      rows.every((row) => row.includes('✎ corrected')),
    );
    await audit.getByLabel('Find').fill('eq. 109');
    expect(await shown()).toBeLessThan(corrected);
    expect(complaints).toEqual([]);
    await browser.close();
  });
});
