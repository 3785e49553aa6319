/** Node only: the explorer as one self-contained page. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { completeBoards } from '../device';
import { dataFile, devices, packageFolder } from '../files/data';
import type { Law } from '../law/law';
import { readAsset, selfContainedPage } from '../report/page';

/** Plotly's WebGL traces make functions from text, which needs `unsafe-eval`. */
const POLICY = "script-src 'unsafe-inline' 'unsafe-eval'";

/**
 * The page: the library's own modules bundled, Plotly with WebGL, and the data that ships, in one HTML text
 * that asks nothing of any server. `law` takes the place of the published one.
 */
export async function explorerPage(law?: Law): Promise<string> {
  const json = (file: string) => JSON.stringify(JSON.parse(readFileSync(dataFile(file), 'utf8')));
  const shipped = `{"devices":${JSON.stringify(completeBoards(devices()))},"models":${json('models.json')},"law":${law === undefined ? json('law.json') : JSON.stringify(law)}}`;
  return selfContainedPage({
    title: 'colaw explorer: which model fits this board?',
    policy: POLICY,
    styles: [readAsset('explorer', 'explorer.css')],
    body: `${readAsset('explorer', 'explorer.html')}
<script type="application/json" id="shipped">${inScript(shipped)}</script>
<script>${inScript(readFileSync(require.resolve('plotly.js-gl2d-dist-min'), 'utf8'))}</script>
<script>${inScript(await program())}</script>`,
  });
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
