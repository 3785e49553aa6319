/** What the tests of the page share: the page as a file, opened in Chromium with the network off. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Download, Page } from 'playwright-core';
import { projectFolder } from '../../lib/data';
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

/** Text of an element. */
export const text = (page: Page, selector: string): Promise<string> => page.locator(selector).innerText();

/** Types into a control and waits for the picture. */
export async function say(page: Page, id: string, value: string): Promise<void> {
  const control = page.locator(`#${id}`);
  if ((await control.evaluate((each) => each.tagName)) === 'SELECT') await control.selectOption(value);
  else await control.fill(value);
  await drawn(page);
}

/** Opens what is folded away. */
export async function openDetails(page: Page): Promise<void> {
  await page.locator('details').evaluateAll((all) => {
    for (const each of all as HTMLDetailsElement[]) each.open = true;
  });
}

/** Content of the file that a button hands over. */
export async function downloaded(page: Page, button: string): Promise<{ name: string; content: Buffer }> {
  const [file] = await Promise.all([
    page.waitForEvent('download') as Promise<Download>,
    page.locator(button).click(),
  ]);
  return { name: file.suggestedFilename(), content: readFileSync(await file.path()) };
}

/** A row of the comparison as texts. */
export async function row(page: Page, title: string): Promise<string[]> {
  const cells = page.locator('#comparison tr', { has: page.locator(`th:text-is("${title}")`) }).locator('td');
  return cells.allInnerTexts();
}

/** The one JSON object that a command prints, run in `folder`. */
export function colaw(folder: string, ...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(projectFolder, 'lib', 'colaw.js'), ...args, '--json'],
    { encoding: 'utf8', cwd: folder },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}
