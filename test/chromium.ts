/** What tests of pages share: a page in Chromium with the network off, watched. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

export interface Opened {
  page: Page;
  /** Errors and warnings of the console, and errors nobody caught. */
  complaints: string[];
  /** Addresses outside the page that it asked for. */
  requests: string[];
}

/**
 * Opens one address after the other in one page, loaded anew, at first `prepare`d: a browser that has read a page once
 * reads it faster.
 */
export function onePage(
  browser: () => Browser,
): (address: string, prepare: (page: Page) => Promise<void>) => Promise<Opened> {
  let opened: Opened | undefined;
  return async (address, prepare) => {
    opened ??= await openOffline(browser(), 'about:blank');
    const { page, complaints, requests } = opened;
    // Of an address that differs behind # alone, the page would not be loaded anew.
    await page.goto('about:blank');
    complaints.length = 0;
    requests.length = 0;
    await prepare(page);
    await page.goto(address);
    return opened;
  };
}

/** Opens `address` with the network off, after `script`. */
export async function openOffline(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
  script = '',
): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  await context.setOffline(true);
  const page = await context.newPage();
  // A limit for pages that hang, far above what one takes on a busy machine.
  page.setDefaultTimeout(60_000);
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
  return { page, complaints, requests };
}
