/** The shipped notebooks themselves: through our runner, through Jupyter, and in the workbook. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AuditedClaim, paperClaims } from '../lib/audit/audit';
import { projectFolder } from '../lib/files/data';
import * as colaw from '../lib/index';
import { findChromium, launchChromium } from '../lib/notebook/images';
import { reproduce } from '../lib/notebook/reproduce';
import { joined, PLOTLY_MIME } from '../lib/report/format';
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

  it('state every claim of the list, in its order, each with a reason', () => {
    const { claims } = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
    expect(claims.map(({ id }: { id: string }) => id)).toEqual(paperClaims().map(({ id }) => id));
    for (const { id, why, paper, ours } of claims) expect(why && paper && ours, id).toBeTruthy();
    const audit: AuditedClaim[] = JSON.parse(readFileSync(join(folder, 'audit.json'), 'utf8'));
    expect(audit.map(({ id }) => id)).toEqual(paperClaims().map(({ id }) => id));
  });

  it.each(names)('%s is committed without outputs and ends with something to try', (name) => {
    const { cells } = readNotebook(join(notebooksFolder, name));
    for (const cell of cells) expect(cell.outputs ?? []).toEqual([]);
    expect(cells.some((cell) => joined(cell.source).includes('## Try it'))).toBe(true);
  });

  it('bring Plotly with their first figure, and once', () => {
    for (const name of names) {
      const outputs = readNotebook(join(folder, 'notebooks', name)).cells.flatMap(
        (cell) => cell.outputs ?? [],
      );
      const figures = outputs.flatMap((output) =>
        'data' in output && PLOTLY_MIME in output.data ? [String(output.data['text/html'])] : [],
      );
      const times = figures.map((html) => html.split('plotly.js v').length - 1);
      expect(times, name).toEqual(figures.map((_, i) => (i === 0 ? 1 : 0)));
    }
  });

  it('leave every figure as Plotly JSON, and as PNG and SVG where there is a Chromium', () => {
    const { figures } = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8'));
    expect(figures.length).toBeGreaterThanOrEqual(14);
    const endings = findChromium() === undefined ? ['json'] : ['json', 'png', 'svg'];
    const expected = figures.flatMap((name: string) => endings.map((ending) => `${name}.${ending}`)).sort();
    expect(filesBelow(join(folder, 'figures'))).toEqual(expected);
  });
});

describe('a cell of a notebook', () => {
  it.each(names)('imports what the library exports, in %s', (name) => {
    const source = readNotebook(join(notebooksFolder, name))
      .cells.map((cell) => joined(cell.source))
      .join('\n');
    const imported = [...source.matchAll(/import \{([^}]*)\} from 'colaw'/g)].flatMap(([, list]) =>
      list.split(',').flatMap((each) => (/^\s*(type .*)?$/.test(each) ? [] : [each.trim()])),
    );
    expect(imported.filter((each) => !(each in colaw))).toEqual([]);
  });

  it.each(names)('has at most 15 lines of at most 110 characters, in %s', (name) => {
    const cells = readNotebook(join(notebooksFolder, name)).cells.filter((cell) => cell.cell_type === 'code');
    const lines = cells.map((cell) => joined(cell.source).split('\n'));
    // Imports are no idea: names may take as many lines as they need.
    const ideas = cells.map((cell) =>
      joined(cell.source)
        .replaceAll(/^import \{[^}]*\} from '[^']+';\n?/gm, '')
        .split('\n'),
    );
    expect(ideas.filter((each) => each.length > 15).map((each) => each.join('\n'))).toEqual([]);
    expect(lines.flat().filter((line) => line.length > 110)).toEqual([]);
  });

  it.each(names)('shows its tables as frames and its claims by place, in %s', (name) => {
    const source = readNotebook(join(notebooksFolder, name))
      .cells.map((cell) => joined(cell.source))
      .join('\n');
    expect(source).not.toMatch(/showTable|showAudit|claim\(\{/);
    expect(source).toContain('frame(');
  });
});

/** Three notebooks, others with every commit: each comes round. The first ones where the history is not there. */
function inTurn(): string[] {
  const { stdout } = spawnSync('git', ['rev-list', '--count', 'HEAD'], {
    cwd: projectFolder,
    encoding: 'utf8',
  });
  const turns = Math.ceil(names.length / 3);
  const first = 3 * ((Number(stdout) || 0) % turns);
  return names.slice(first, first + 3);
}

describe.skipIf(!isInstalled('jupyter-nbconvert'))('through jupyter nbconvert --execute', () => {
  it.each(inTurn())('%s gives the same text outputs', { timeout: PATIENCE }, (name) => {
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
      // What the run of all notebooks checked of the paper is not checked again.
      env: {
        ...process.env,
        JUPYTER_PATH: join(folder, 'jupyter'),
        COLAW_AUDIT: join(folder, 'jupyter', 'claims.jsonl'),
      },
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
