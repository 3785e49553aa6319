/** Node only: the explorer as one self-contained page. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataFile, projectFolder } from '../data';

const FOLDER = join(projectFolder, 'lib', 'explorer');

/** Plotly's WebGL traces make functions from text, which needs `unsafe-eval`; no request leaves the page. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:";

/**
 * The page: the library's own modules bundled, Plotly with WebGL, and the data that ships, in one HTML text
 * that asks nothing of any server.
 */
export async function explorerPage(): Promise<string> {
  const json = (file: string) => JSON.stringify(JSON.parse(readFileSync(dataFile(file), 'utf8')));
  const asset = (file: string) => readFileSync(join(FOLDER, file), 'utf8');
  const shipped = `{"devices":${json('devices.json')},"models":${json('models.json')},"law":${json('law.json')}}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<title>colaw explorer: which model fits this board?</title>
<style>${asset('explorer.css')}</style>
</head>
<body>
${asset('explorer.html')}
<script type="application/json" id="shipped">${inScript(shipped)}</script>
<script>${inScript(readFileSync(require.resolve('plotly.js-gl2d-dist-min'), 'utf8'))}</script>
<script>${inScript(await bundle())}</script>
</body>
</html>
`;
}

/** The page's program with every module of the library that it uses. */
async function bundle(): Promise<string> {
  const { build } = await import('rolldown');
  const { output } = await build({
    input: join(FOLDER, 'page.ts'),
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
