import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Claim } from '../claims';
import { projectFolder } from '../data';
import { refuse } from '../errors';
import type { Figure } from '../figures/figure';
import { PLOTLY_MIME } from './format';
import { findChromium, writeImages } from './images';
import { writeKernelspec } from './kernelspec';
import { type Run, runNotebook } from './run';
import { bundles, collectClaims, workbook } from './workbook';

export interface ReproduceOptions {
  notebooksFolder?: string;
  outFolder?: string;
  cellSeconds?: number;
}

/**
 * Runs the notebooks (all, or those named) and writes `out/`: executed notebooks, figures, `workbook.html` and
 * `results.json`. Prints progress and the closing table. Returns 1 if a notebook failed, else 0.
 */
export async function reproduce(names: readonly string[] = [], options: ReproduceOptions = {}): Promise<number> {
  const { notebooksFolder = join(projectFolder, 'notebooks'), outFolder = join(projectFolder, 'out'), cellSeconds } = options;
  const known = readdirSync(notebooksFolder).filter((file) => file.endsWith('.ipynb')).map((file) => file.slice(0, -6)).sort();
  for (const name of names) if (!known.includes(name)) refuse(`unknown notebook "${name}"; known: ${known.join(', ')}`);
  for (const made of ['notebooks', 'figures', 'workbook.html', 'results.json'])
    rmSync(join(outFolder, made), { recursive: true, force: true });
  for (const folder of ['notebooks', 'figures']) mkdirSync(join(outFolder, folder), { recursive: true });
  const kernelspec = writeKernelspec(join(outFolder, 'jupyter'));
  for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]] as const)
    process.once(signal, () => {
      console.error(`\nstopped by ${signal}; the kernel is ended, what was finished is in ${outFolder}`);
      process.exit(code);
    });

  const runs: Run[] = [];
  for (const name of known.filter((each) => names.length === 0 || names.includes(each))) {
    const onCell = (cell: number, cells: number) => progress(`${name}: cell ${cell} of ${cells}`);
    const run = await runNotebook(join(notebooksFolder, `${name}.ipynb`), { kernelspec, cellSeconds, onCell });
    runs.push(run);
    writeFileSync(join(outFolder, 'notebooks', `${name}.ipynb`), `${JSON.stringify(run.notebook, null, 1)}\n`);
    finishLine(run.error === undefined ? `✓ ${name} (${run.seconds.toFixed(1)} s)` : `✗ FAILED: ${run.error}`);
  }

  const figures = collectFigures(runs);
  for (const { name, data, layout } of figures)
    writeFileSync(join(outFolder, 'figures', `${name}.json`), JSON.stringify({ data, layout }));
  const chromium = findChromium();
  if (chromium === undefined) console.log('No Chromium: figures are written as Plotly JSON only (Debian: apt install chromium).');
  else {
    progress(`drawing ${figures.length} figures`);
    await writeImages(figures, join(outFolder, 'figures'), chromium);
    finishLine(`✓ ${figures.length} figures as JSON, PNG and SVG`);
  }
  writeFileSync(join(outFolder, 'workbook.html'), workbook(runs));
  const claims = collectClaims(runs);
  writeFileSync(join(outFolder, 'results.json'), `${JSON.stringify(results(runs, claims, figures), null, 1)}\n`);

  console.log(`\n${claimText(claims)}\n`);
  console.log(`Open ${join(outFolder, 'workbook.html')}`);
  const failed = runs.filter((run) => run.error !== undefined);
  for (const { error } of failed) console.error(`FAILED: ${error}`);
  return failed.length === 0 ? 0 : 1;
}

/** What is written to `results.json`; all but `timings` is the same in every run. */
function results(runs: readonly Run[], claims: readonly Claim[], figures: readonly Figure[]) {
  return {
    claims,
    notebooks: Object.fromEntries(
      runs.map(({ name, notebook, error }) => [
        name,
        { codeCells: notebook.cells.filter((cell) => cell.cell_type === 'code').length, ...(error === undefined ? {} : { error }) },
      ]),
    ),
    figures: figures.map(({ name }) => name),
    timings: Object.fromEntries(runs.map(({ name, seconds }) => [name, Number(seconds.toFixed(2))])),
  };
}

function collectFigures(runs: readonly Run[]): Figure[] {
  return runs
    .flatMap(({ notebook }) => bundles(notebook.cells))
    .flatMap((bundle) => {
      const plotly = bundle[PLOTLY_MIME] as { data: Figure['data']; layout: { meta: { name: string } } } | undefined;
      return plotly === undefined ? [] : [{ name: plotly.layout.meta.name, data: plotly.data, layout: plotly.layout }];
    });
}

/** The closing table: paper against reproduced. */
export function claimText(claims: readonly Claim[], width = process.stdout.columns ?? 100): string {
  const lines = claims.flatMap(({ claim, paper, ours, verdict, why }) => [
    `${verdict === 'reproduced' ? '✓ reproduced' : '≠ differs   '}  ${claim}`,
    ...wrap(`paper ${paper} | ours ${ours}`, width - 14),
    ...wrap(why, width - 14),
  ]);
  const reproduced = claims.filter(({ verdict }) => verdict === 'reproduced').length;
  return ['PAPER AGAINST REPRODUCED', ...lines, `${reproduced} of ${claims.length} claims reproduced`].join('\n');
}

/** `text` in indented lines of at most `width` characters. */
function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== '' && last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.map((line) => `${' '.repeat(14)}${line}`);
}

/** One line that is written over on a terminal; elsewhere a line of its own. */
function progress(text: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${text}`);
  else console.log(text);
}

function finishLine(text: string): void {
  console.log(process.stdout.isTTY ? `\r\x1b[K${text}` : text);
}
