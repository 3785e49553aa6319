/** Figures as PNG and SVG, drawn by a headless Chromium where one is installed. */
import { accessSync, constants, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import type { Figure } from '../figures/figure';
import { plotlySource } from '../report/display';

/** Path of a Chromium: the one that `COLAW_CHROMIUM` names, or the first on the PATH; undefined without one. */
export function findChromium(): string | undefined {
  const named = process.env.COLAW_CHROMIUM;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const found = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return (named ? [named] : found).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Starts Chromium so that it asks nothing of the network. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    chromiumSandbox: process.getuid?.() !== 0,
    args: [
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
    ],
  });
}

/** Writes `<folder>/<name>.png` and `.svg` of each figure. */
export async function writeImages(
  figures: readonly Figure[],
  folder: string,
  executablePath: string,
): Promise<void> {
  const browser = await launchChromium(executablePath);
  try {
    const page = await browser.newPage();
    await page.setContent('<!doctype html><div id="figure"></div>');
    await page.addScriptTag({ content: plotlySource() });
    for (const { name, data, layout } of figures) {
      const size = { width: (layout.width as number) ?? 1000, height: (layout.height as number) ?? 600 };
      const draw = (format: string, scale: number) =>
        page.evaluate(
          ([d, l, options]) =>
            (
              globalThis as unknown as { Plotly: { toImage(f: object, o: object): Promise<string> } }
            ).Plotly.toImage({ data: d, layout: l }, options as object),
          [data, layout, { format, scale, ...size }] as const,
        );
      const png = await draw('png', 2);
      writeFileSync(join(folder, `${name}.png`), Buffer.from(png.slice(png.indexOf(',') + 1), 'base64'));
      const svg = await draw('svg', 1);
      writeFileSync(join(folder, `${name}.svg`), decodeURIComponent(svg.slice(svg.indexOf(',') + 1)));
    }
  } finally {
    await browser.close();
  }
}
