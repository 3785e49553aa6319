/** Node only: the explorer as one self-contained page. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Board, completeBoards, type Device } from '../device';
import { devices, models, packageFolder } from '../files/data';
import { law } from '../files/law';
import type { Law } from '../law/law';
import { fittedOn } from '../measured/fitted';
import { calibration } from '../measured/profiles';
import { readAsset, selfContainedPage } from '../report/page';
import type { Profile } from '../roofline/profile';
import { vlas } from '../vla/files';
import { boardOf } from './files';
import { boardTexts, type Texts } from './inputs';
import type { Shipped } from './readers';

/** Plotly's WebGL traces make functions from text, which needs `unsafe-eval`. */
const POLICY = "script-src 'unsafe-inline' 'unsafe-eval'";

/**
 * The page: the library's own modules bundled, Plotly with WebGL, and the data that ships, in one HTML text
 * that asks nothing of any server.
 */
export async function explorerPage(own: Own = {}): Promise<string> {
  return selfContainedPage({
    title: 'colaw explorer: which model fits this board?',
    policy: POLICY,
    styles: [readAsset('explorer', 'explorer.css')],
    body: `${readAsset('explorer', 'explorer.html')}
<script type="application/json" id="shipped">${inScript(JSON.stringify(shippedWith(own)))}</script>
<script>${inScript(readFileSync(require.resolve('plotly.js-gl2d-dist-min'), 'utf8'))}</script>
<script>${inScript(await program())}</script>`,
  });
}

/** What takes the place of what the page begins with. */
export interface Own {
  law?: Law;
  device?: Device;
  profile?: Profile | 'fitted';
}

/** The data that ships, as the page has it. */
export function shippedWith(own: Own = {}): Shipped {
  const boards = completeBoards(devices());
  return {
    devices: boards,
    models: models(),
    law: own.law ?? law(),
    profiles: profilesOn(['pooled', ...boards.map(({ id }) => id)]),
    vlas: vlas(),
    start: startOf(own, boards),
  };
}

/** The fitted profile of each board that was measured, under the board's name, and `pooled`. */
function profilesOn(ids: readonly string[]): Shipped['profiles'] {
  const { profiles } = calibration();
  return ids.flatMap((id) => {
    const { rows, profile, ...fitted } = fittedOn(profiles, id);
    return fitted.id === 'pooled' && id !== 'pooled' ? [] : [{ id, rows, profile }];
  });
}

function startOf({ device, profile }: Own, boards: readonly Board[]): Partial<Texts> {
  const shipped = boards.find((each) => JSON.stringify(each) === JSON.stringify(device));
  const board = shipped ? { device: shipped.id, ...boardTexts(shipped) } : device && boardOf(device);
  return {
    ...board,
    ...(profile === undefined ? {} : { profile: profile === 'fitted' ? profile : JSON.stringify(profile) }),
  };
}

/** The page's program with every module of the library that it uses: bundled now, or when the package was packed. */
async function program(): Promise<string> {
  const source = join(packageFolder, 'explorer', 'page.ts');
  return existsSync(source) ? bundle(source) : readFileSync(packedProgram, 'utf8');
}

/** Where the program lies in a package, which has no sources. */
export const packedProgram = join(packageFolder, 'dist', 'explorer', 'program.min.js');

/** A module with every module that it uses, for browsers. */
export async function bundle(input: string): Promise<string> {
  const { build } = await import('rolldown');
  const { output } = await build({
    input,
    platform: 'browser',
    write: false,
    logLevel: 'warn',
    output: { format: 'iife', minify: true },
  });
  return output[0].code;
}

/** Text that does not end the script element in which it stands. */
function inScript(text: string): string {
  return text.replaceAll('</script', '<\\/script');
}
