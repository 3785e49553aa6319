/** What tests of pages share: a page in Chromium with the network off, watched. */
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

export interface Opened {
  page: Page;
  /** Errors and warnings of the console, and errors nobody caught. */
  complaints: string[];
  /** Addresses outside the page that it asked for. */
  requests: string[];
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
