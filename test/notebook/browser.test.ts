import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findChromium, launchChromium, startPainter } from '../../lib/notebook/images';
import { reproduce } from '../../lib/notebook/reproduce';
import { onePage } from '../chromium';
import { code, markdown, PATIENCE, readNotebook, temporaryFolder, writeNotebook } from './project';

const chromium = findChromium();
const { folder, remove } = temporaryFolder();
let browser: Browser;
beforeAll(async () => {
  if (chromium === undefined) return;
  browser = await launchChromium(chromium);
  vi.spyOn(console, 'log').mockImplementation(() => {});
  writeNotebook(
    join(folder, 'notebooks'),
    '01-figures',
    markdown('# Figures\n\n$e^x$ <script>alert(1)</script>\n\n## First'),
    code(`import { show } from 'colaw';
console.log('<script>alert(1)</script>');
for (let i = 0; i < 5; i++)
  show({ name: 'line-' + i, data: [{ type: 'scatter', y: [1, i], name: '</script>' }], layout: { height: 700, title: { text: 'A title that is longer than a screen of 390 pixels is wide, and wraps' } } });`),
  );
  await reproduce([], { notebooksFolder: join(folder, 'notebooks'), outFolder: join(folder, 'out') });
}, PATIENCE);
afterAll(async () => {
  await browser?.close();
  vi.restoreAllMocks();
  remove();
});

const openAgain = onePage(() => browser);
const open = (file: string, width: number) =>
  openAgain(pathToFileURL(file).href, (page) => page.setViewportSize({ width, height: 900 }));

describe.skipIf(chromium === undefined)('in Chromium, with the network off', { timeout: PATIENCE }, () => {
  it.each([1280, 700, 390])('the workbook draws every figure, %d pixels wide', async (width) => {
    const { page, complaints, requests } = await open(join(folder, 'out', 'workbook.html'), width);
    const figures = await page.locator('figure.figure').all();
    expect(figures).toHaveLength(5);
    for (const figure of figures) {
      await figure.scrollIntoViewIfNeeded();
      await figure.locator('.js-plotly-plot .main-svg').first().waitFor();
      // A figure fits: it is neither cut off nor to be scrolled.
      expect(await figure.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0);
      expect(await figure.locator('figcaption').count()).toBe(width < 860 ? 1 : 0);
    }
    // What is too wide scrolls within itself, not the page.
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    expect(await page.locator('nav [aria-current]').innerText()).toBe('First');
    expect(await page.evaluate(`document.fonts.check('16px KaTeX_Main')`)).toBe(true);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([]);
  });

  it.each(['', 'globalThis.define = () => { throw new Error("called") }; define.amd = {};'])(
    'the HTML of figures draws them in any front end, with or without a module loader',
    async (loader) => {
      const { cells } = readNotebook(join(folder, 'out', 'notebooks', '01-figures.ipynb'));
      const outputs = cells[1].outputs as { data?: Record<string, string> }[];
      const file = join(folder, 'front-end.html');
      const html = outputs.map((output) => output.data?.['text/html'] ?? '').join('');
      writeFileSync(file, `<!doctype html><meta charset="utf-8"><script>${loader}</script>${html}`);
      const { page, complaints, requests } = await open(file, 1280);
      await page.waitForFunction(`document.querySelectorAll('.js-plotly-plot .main-svg').length >= 5`);
      expect(complaints).toEqual([]);
      expect(requests).toEqual([]);
    },
  );

  it('pictures have the size of their layout, PNG at twice the resolution', async () => {
    const figure = {
      name: 'picture',
      data: [{ type: 'bar', y: [1, 2] }],
      layout: { width: 300, height: 200 },
    };
    const painter = startPainter(chromium!);
    const { png, svg } = await painter.draw(figure);
    await painter.stop();
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([600, 400]);
    expect(svg).toMatch(/^<svg[^>]*width="300" height="200"/);
  });
});
