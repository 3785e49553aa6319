/** Figures as PNG and SVG, drawn by a headless Chromium where one is installed. */
import { accessSync, constants } from 'node:fs';
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
    // It ends with this process, which says itself what a signal does.
    handleSIGHUP: false,
    handleSIGINT: false,
    handleSIGTERM: false,
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

/** A figure as pictures; PNG at twice the resolution. */
export interface Pictures {
  svg: string;
  png: Buffer;
}

export interface Painter {
  /** Path of the Chromium. */
  program: string;
  /** Draws a figure, one after the other and each once. Rejects where Chromium fails. */
  draw(figure: Figure): Promise<Pictures>;
  stop(): Promise<void>;
}

/** Starts a Chromium that draws figures. */
export function startPainter(executablePath: string): Painter {
  const browser = launchChromium(executablePath);
  const opened = browser.then(async (chromium) => {
    const page = await chromium.newPage();
    await page.setContent('<!doctype html>');
    await page.addScriptTag({ content: plotlySource() });
    return page;
  });
  const drawn = new Map<Figure['data'], Promise<Pictures>>();
  let last: Promise<unknown> = opened;
  const drawNext = async ({ data, layout }: Figure): Promise<Pictures> => {
    const page = await opened;
    const size = { width: (layout.width as number) ?? 1000, height: (layout.height as number) ?? 600 };
    const { svg, png } = await page.evaluate(draw, { data, layout, ...size });
    return { svg, png: Buffer.from(png.slice(png.indexOf(',') + 1), 'base64') };
  };
  return {
    program: executablePath,
    draw(figure) {
      const known = drawn.get(figure.data);
      if (known !== undefined) return known;
      const picture = last.then(() => drawNext(figure));
      // Whoever waits for the picture is told of a failure; that nobody waits yet is no failure of its own.
      last = picture.catch(() => {});
      drawn.set(figure.data, picture);
      return picture;
    },
    stop: () =>
      browser.then(
        (chromium) => chromium.close(),
        () => {},
      ),
  };
}

/** In the page: a figure as SVG, and as PNG in a data URL. Plotly draws it once, and the PNG is a picture of that. */
async function draw({
  width,
  height,
  ...figure
}: {
  data: Figure['data'];
  layout: Figure['layout'];
  width: number;
  height: number;
}): Promise<{ svg: string; png: string }> {
  const { Plotly, Image, document } = globalThis as unknown as Drawing;
  const svg = await Plotly.toImage(figure, { format: 'svg', width, height, imageDataOnly: true });
  const image = new Image();
  image.src = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  await image.decode();
  URL.revokeObjectURL(image.src);
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: 2 * width, height: 2 * height });
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  return { svg, png: canvas.toDataURL('image/png') };
}

/** What of the page `draw` needs; the library is compiled without the types of browsers. */
interface Drawing {
  Plotly: { toImage(figure: object, options: object): Promise<string> };
  Image: new () => { src: string; decode(): Promise<void> };
  document: {
    createElement(name: 'canvas'): {
      width: number;
      height: number;
      getContext(kind: '2d'): { drawImage(image: object, ...box: number[]): void };
      toDataURL(type: string): string;
    };
  };
}
