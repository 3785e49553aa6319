import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, bench, describe } from 'vitest';
import { findChromium, launchChromium } from '../../lib/notebook/images';
import { openPage, writePage } from '../explorer/open';
import { PATIENCE, temporaryFolder } from '../notebook/project';

// One operation is one change of a control, from the event to the picture, in Chromium drawing in software.
const chromium = findChromium();
const { folder, remove } = temporaryFolder();
let browser: Browser;
let page: Page;
beforeAll(async () => {
  if (chromium === undefined) return;
  browser = await launchChromium(chromium);
  const address = await writePage(folder);
  ({ page } = await openPage(browser, address));
  const seconds = await page.evaluate(() => performance.getEntriesByName('drawn')[0].startTime / 1000);
  const megabytes = readFileSync(fileURLToPath(address)).length / 1e6;
  const architectures = await page.locator('#status').getAttribute('data-architectures');
  console.log(
    `explorer page: ${megabytes.toFixed(2)} MB, ${seconds.toFixed(2)} s from opening to the picture of ${architectures} architectures`,
  );
}, PATIENCE);
afterAll(async () => {
  if (chromium !== undefined) report();
  await browser?.close();
  remove();
}, PATIENCE);

/** Controls and values that they take in turn; each changes more or less of what is computed. */
const changes: Record<string, string[]> = {
  inputTokens: ['256', '512', '1024'],
  latencyBudget: ['50', '100', '200'],
  device: ['jetson-orin-nano-8gb', 'rtx-4090', 'jetson-agx-orin-64gb'],
  precision: ['int8', 'int4', 'fp16'],
  'coefficient-al': ['1.5', '1.7', '1.63'],
  depths: ['4, 8, 12, 16, 20, 24, 28, 36', '4, 8, 12, 16, 20, 24, 28, 32'],
};
const times: Record<string, number[]> = Object.fromEntries(Object.keys(changes).map((id) => [id, []]));

/** Changes a control and waits for the picture; keeps the milliseconds that the page itself measured. */
async function redraw(id: string): Promise<void> {
  const value = changes[id][times[id].length % changes[id].length];
  const milliseconds = await page.evaluate(
    ([field, text]) =>
      new Promise<number>((done) => {
        const status = document.getElementById('status')!;
        const watcher = new MutationObserver(() => {
          if (status.dataset.state !== 'drawn') return;
          watcher.disconnect();
          done(Number(status.dataset.milliseconds));
        });
        watcher.observe(status, { attributes: true });
        const control = document.getElementById(field) as HTMLInputElement;
        control.value = text;
        control.dispatchEvent(new Event('input', { bubbles: true }));
      }),
    [id, value] as const,
  );
  times[id].push(milliseconds);
}

function report(): void {
  for (const [id, each] of Object.entries(times)) {
    const sorted = [...each].sort((x, y) => x - y);
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))].toFixed(0);
    console.log(`explorer redraw after ${id}: median ${at(0.5)} ms, 90 % within ${at(0.9)} ms`);
  }
}

describe.skipIf(chromium === undefined)('the explorer page in Chromium, event to picture', () => {
  for (const id of Object.keys(changes))
    bench(id, () => redraw(id), { iterations: 20, time: 0, warmupIterations: 3 });
});
