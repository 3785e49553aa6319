/** What the tests of the page share: the page as a file, opened in Chromium with the network off. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Download, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, onTestFinished } from 'vitest';
import { explorerPage } from '../../lib/explorer/build';
import { findChromium, launchChromium } from '../../lib/notebook/images';
import { type Opened, onePage, openOffline } from '../chromium';
import { json } from '../cli/command';
import { PATIENCE, temporaryFolder } from '../notebook/project';

/** Writes the page into `folder` and returns its address. */
export async function writePage(folder: string): Promise<string> {
  const file = join(folder, 'explorer.html');
  writeFileSync(file, await explorerPage());
  return pathToFileURL(file).href;
}

/** Opens `address` and waits until the picture is drawn. */
export async function openPage(
  browser: Browser,
  address: string,
  options?: BrowserContextOptions,
  script?: string,
): Promise<Opened> {
  const opened = await openOffline(browser, address, options, script);
  await drawn(opened.page);
  return opened;
}

interface Explorer {
  folder: string;
  /**
   * Opens the page with `hash` behind its address, and waits until the picture is drawn; with options or a script of
   * its own, in a window of its own.
   */
  open: (hash?: string, options?: BrowserContextOptions, script?: string) => Promise<Opened>;
}

/** Tests of the page in Chromium; skipped, by name, where there is none. */
export function describeExplorer(title: string, tests: (explorer: Explorer) => void): void {
  const chromium = findChromium();
  describe.skipIf(chromium === undefined)(
    `${title}, in Chromium with the network off`,
    { timeout: PATIENCE },
    () => {
      const { folder, remove } = temporaryFolder();
      let browser: Browser;
      let address: string;
      const openAgain = onePage(() => browser);
      beforeAll(async () => {
        browser = await launchChromium(chromium!);
        address = await writePage(folder);
      }, PATIENCE);
      afterAll(async () => {
        await browser?.close();
        remove();
      });
      tests({
        folder,
        open: async (hash = '', options, script) => {
          if (options === undefined && script === undefined) {
            const again = await openAgain(address + hash, (page) =>
              page.emulateMedia({ colorScheme: 'light' }),
            );
            await drawn(again.page);
            return again;
          }
          const opened = await openPage(browser, address + hash, options, script);
          onTestFinished(() => opened.page.context().close());
          return opened;
        },
      });
    },
  );
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

/** A file as an input takes it. */
export const jsonFile = (name: string, value: object) => ({
  name,
  mimeType: 'application/json',
  buffer: Buffer.from(JSON.stringify(value)),
});

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
export async function colaw(folder: string, ...args: string[]) {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return await json(...args);
  } finally {
    process.chdir(before);
  }
}
