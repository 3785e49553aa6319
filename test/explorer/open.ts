/** What the tests of the page share: the page as a file, opened in Chromium with the network off. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { explorerPage } from '../../lib/explorer/build';

/** Writes the page into `folder` and returns its address. */
export async function writePage(folder: string): Promise<string> {
  const file = join(folder, 'explorer.html');
  writeFileSync(file, await explorerPage());
  return pathToFileURL(file).href;
}

export interface Opened {
  page: Page;
  /** Errors and warnings of the console, and errors nobody caught. */
  complaints: string[];
  /** Addresses outside the page that it asked for. */
  requests: string[];
}

/** Opens `address` and waits until the picture is drawn. */
export async function openPage(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
  script = '',
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  await context.setOffline(true);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  if (script !== '') await page.addInitScript(script);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    // Remarks on the speed of drawing in software.
    if (/GL Driver Message|willReadFrequently/.test(message.text())) return;
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    return dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!/^(file|data|blob):/.test(request.url())) requests.push(request.url());
  });
  await page.goto(address);
  await drawn(page);
  return { page, complaints, requests };
}

/** Waits until what is on the page is what its controls say: one frame for the change, then the drawing. */
export async function drawn(page: Page): Promise<void> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  await page.waitForFunction(`document.querySelector('#status').dataset.state === 'drawn'`);
}
