import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import type { Own } from '../explorer/build';
import { device as deviceNamed, devices, outFolder } from '../files/data';
import { law } from '../files/law';
import { nameOf } from '../files/read';
import { type Law, predictLoss, predictLosses } from '../law/law';
import { profileNamed } from '../measured/profiles';
import { inFile } from '../schema/check';
import { enumerateSpace, paperSpace } from '../space';
import type { Values } from './options';

/** Options and action of `explore`. */
export function define(command: Command): void {
  command
    .option('--out <file>', 'HTML file to write', join(outFolder, 'explorer.html'))
    .option('--law <file>', 'law as JSON, in place of the published one')
    .option('--device <id>', 'board to begin with, or a JSON file')
    .option('--profile <name>', 'times to begin with: ideal, fitted, or a file of `colaw calibrate`', 'ideal')
    .option('--open', 'open it in the browser')
    .action(async (options: Values) => {
      const own = {
        law: options.law === undefined ? undefined : ownLaw(options.law as string),
        ...ownTimes(options as { device?: string; profile: string }),
      };
      const { explorerPage } = await import('../explorer/build.js');
      const file = resolve(options.out as string);
      const page = await explorerPage(own);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, page);
      console.log(`Open ${pathToFileURL(file).href}`);
      if (options.open === true) openInBrowser(file);
    });
}

/** Board and profile to begin with. A profile that ships follows the board that is chosen on the page. */
function ownTimes({ device: id, profile: name }: { device?: string; profile: string }): Own {
  const device = id === undefined ? undefined : deviceNamed(id);
  if (name === 'ideal') return { device };
  if (name === 'fitted') return { device, profile: name };
  return { device, profile: profileNamed(name, device?.id ?? devices()[0].id) };
}

/** The law in a file, if it has a loss for every architecture that the page begins with. */
function ownLaw(file: string): Law {
  const own = law(file);
  const architectures = enumerateSpace(paperSpace);
  const infinite = predictLosses(own, architectures).findIndex((loss) => !Number.isFinite(loss));
  // Refused term by term.
  if (infinite >= 0) inFile(nameOf(file), 'law', () => predictLoss(own, architectures[infinite]));
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
