import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, bench, describe } from 'vitest';
import { findChromium, launchChromium } from '../../lib/notebook/images';
import { openPage, writePage } from '../explorer/open';
import { temporaryFolder } from '../notebook/project';

// One operation is one change of a control, from the event to the picture, in Chromium drawing in software.
const chromium = findChromium();
const { folder, remove } = temporaryFolder();
let browser: Browser;
let page: Page;
beforeAll(async () => {
  if (chromium === undefined) return;
  browser = await launchChromium(chromium);
  const address = await writePage(folder);
  const start = performance.now();
  ({ page } = await openPage(browser, address));
  const seconds = (performance.now() - start) / 1000;
  const megabytes = readFileSync(fileURLToPath(address)).length / 1e6;
  const architectures = await page.locator('#status').getAttribute('data-architectures');
  console.log(
    `explorer page: ${megabytes.toFixed(2)} MB, ${seconds.toFixed(2)} s from opening to the picture of ${architectures} architectures`,
  );
});
afterAll(async () => {
  if (chromium !== undefined) await report();
  await browser?.close();
  remove();
});

const times: number[] = [];
let turn = 0;
/** Changes the prompt length and waits for the picture; keeps the time that the page itself measured. */
async function redraw(): Promise<void> {
  turn += 1;
  const milliseconds = await page.evaluate(
    (tokens) =>
      new Promise<number>((done) => {
        const status = document.getElementById('status')!;
        const field = document.getElementById('inputTokens') as HTMLInputElement;
        const watcher = new MutationObserver(() => {
          if (status.dataset.state !== 'drawn') return;
          watcher.disconnect();
          done(Number(status.dataset.milliseconds));
        });
        watcher.observe(status, { attributes: true });
        field.value = String(tokens);
        field.dispatchEvent(new Event('input', { bubbles: true }));
      }),
    100 + turn,
  );
  times.push(milliseconds);
}

async function report(): Promise<void> {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))].toFixed(0);
  console.log(
    `explorer redraw, measured in the page: median ${at(0.5)} ms, 90 % within ${at(0.9)} ms, of ${times.length}`,
  );
}

describe.skipIf(chromium === undefined)('the explorer page in Chromium', () => {
  bench('a change of the prompt length, to the picture', redraw, {
    iterations: 40,
    time: 0,
    warmupIterations: 5,
  });
});
