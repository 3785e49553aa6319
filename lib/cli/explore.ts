import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { refuse } from '../errors';
import { outFolder } from '../files/data';
import { law } from '../files/law';
import { type Law, predictLosses } from '../law/law';
import { enumerateSpace, paperSpace } from '../space';
import type { Values } from './options';

/** Options and action of `explore`. */
export function define(command: Command): void {
  command
    .option('--out <file>', 'HTML file to write', join(outFolder, 'explorer.html'))
    .option('--law <file>', 'law as JSON, in place of the published one')
    .option('--open', 'open it in the browser')
    .action(async (options: Values) => {
      const { explorerPage } = await import('../explorer/build.js');
      const file = resolve(options.out as string);
      const page = await explorerPage(options.law === undefined ? undefined : ownLaw(options.law as string));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, page);
      console.log(`Open ${pathToFileURL(file).href}`);
      if (options.open === true) openInBrowser(file);
    });
}

/** The law in a file, if it has a loss for every architecture that the page begins with. */
function ownLaw(file: string): Law {
  const own = law(file);
  const losses = predictLosses(own, enumerateSpace(paperSpace));
  if (!losses.every(Number.isFinite)) refuse(`${file}: the law has no finite loss for some architectures`);
  return own;
}

/** Hands the file to the desktop; where there is none, the address on the screen has to do. */
function openInBrowser(file: string): void {
  const [command, ...before] = { darwin: ['open'], win32: ['cmd', '/c', 'start', ''] }[
    process.platform as string
  ] ?? ['xdg-open'];
  const child = spawn(command, [...before, file], { stdio: 'ignore', detached: true });
  child.on('error', () => console.error(`note: ${command} could not open it; open the address yourself`));
  child.unref();
}
