import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditedClaim } from '../audit/audit';
import { shareClaims } from '../audit/claims';
import { refuse } from '../errors';
import { explorerPage } from '../explorer/build';
import type { Figure } from '../figures/figure';
import { outFolder as defaultOut, projectFolder } from '../files/data';
import { auditSummary } from '../report/audit-summary';
import { PLOTLY_LATER, withPlotly } from '../report/display';
import { collectClaims, collectFigures } from './collect';
import { findChromium, type Painter, startPainter } from './images';
import { writeKernelspec } from './kernelspec';
import { showProgress } from './progress';
import { type Run, runNotebooks } from './run';
import { workbook } from './workbook';

export interface ReproduceOptions {
  /** Where the notebooks lie. Default `notebooks/`. */
  notebooksFolder?: string;
  /** Where everything is written. Default `out/`. */
  outFolder?: string;
  /** Time limit of a cell. Default 300. */
  cellSeconds?: number;
}

/**
 * Runs the notebooks (all, or those named) and writes `out/`: executed notebooks, figures, `workbook.html`,
 * `explorer.html` and `results.json`. Prints progress and a summary of the audit. Returns 1 if a notebook failed, else 0.
 */
export async function reproduce(
  names: readonly string[] = [],
  options: ReproduceOptions = {},
): Promise<number> {
  const { notebooksFolder = join(projectFolder, 'notebooks'), outFolder = defaultOut } = options;
  const chosen = chooseNotebooks(notebooksFolder, names);
  for (const made of ['notebooks', 'figures', 'workbook.html', 'explorer.html', 'results.json', 'audit.json'])
    rmSync(join(outFolder, made), { recursive: true, force: true });
  for (const folder of ['notebooks', 'figures']) mkdirSync(join(outFolder, folder), { recursive: true });
  const kernelspec = writeKernelspec(join(outFolder, 'jupyter'));
  const forgetSignals = exitOnSignals(outFolder);
  // A run of everything checks all claims beside the notebooks; a notebook alone asks for its own.
  const isAll = names.length === 0 && chosen.some((name) => asksForClaims(notebooksFolder, name));
  const shared = isAll ? shareClaims(join(outFolder, 'jupyter', 'claims.jsonl')) : undefined;

  process.env[PLOTLY_LATER] = 'yes';
  // Figures are drawn beside the notebooks that are still to run.
  const chromium = findChromium();
  let painter: Painter | undefined;
  const progress = showProgress(chosen);
  process.on('exit', progress.stop);
  const makeExplorer = async () => writeFileSync(join(outFolder, 'explorer.html'), await explorerPage());
  const running = runNotebooks(
    chosen.map((name) => join(notebooksFolder, `${name}.ipynb`)),
    {
      kernelspec,
      cellSeconds: options.cellSeconds,
      onCell: progress.cell,
      onDone(run) {
        writeFileSync(join(outFolder, 'notebooks', `${run.name}.ipynb`), withPlotly(json(run.notebook)));
        progress.done(run);
        if (chromium === undefined) return;
        for (const figure of collectFigures([run])) {
          painter ??= startPainter(chromium);
          painter.draw(figure).catch(() => {});
        }
      },
    },
  );
  const [runs] = await Promise.all([running, makeExplorer()]).finally(() => {
    delete process.env[PLOTLY_LATER];
  });
  progress.stop();
  process.off('exit', progress.stop);

  const failure = await shared?.finish();
  shared?.stop();
  const claims = collectClaims(runs);
  const figures = collectFigures(runs);
  for (const { name, data, layout } of figures)
    writeFileSync(join(outFolder, 'figures', `${name}.json`), JSON.stringify({ data, layout }));
  writeFileSync(join(outFolder, 'results.json'), json(results(runs, claims, figures)));
  if (claims.length > 0) writeFileSync(join(outFolder, 'audit.json'), json(claims));
  // What is left to draw is drawn while the pages are made.
  const drawing = writePictures(figures, join(outFolder, 'figures'), painter);
  writeFileSync(join(outFolder, 'workbook.html'), workbook(runs));
  await drawing;
  forgetSignals();

  if (claims.length > 0)
    console.log(`\n${auditSummary(claims)}\nWith reasons: ${join(outFolder, 'audit.json')}\n`);
  console.log(`Open ${join(outFolder, 'workbook.html')}, or ask your own question: explorer.html beside it`);
  const failed = runs.filter((run) => run.error !== undefined);
  for (const { error } of failed) console.error(`FAILED: ${error}`);
  if (failure !== undefined) console.error(`FAILED: the audit: ${failure}`);
  return failed.length === 0 && failure === undefined ? 0 : 1;
}

/** The names of the notebooks in `folder`, or of those that are asked for, in order. */
function chooseNotebooks(folder: string, names: readonly string[]): string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.ipynb'));
  const known = files.map((file) => file.slice(0, -'.ipynb'.length)).sort();
  for (const name of names)
    if (!known.includes(name)) refuse(`unknown notebook "${name}"; known: ${known.join(', ')}`);
  return known.filter((each) => names.length === 0 || names.includes(each));
}

function asksForClaims(folder: string, name: string): boolean {
  return readFileSync(join(folder, `${name}.ipynb`), 'utf8').includes('claims(');
}

/** What is written to `results.json`; all but `timings` is the same in every run. */
function results(runs: readonly Run[], audited: readonly AuditedClaim[], figures: readonly Figure[]) {
  const notebooks = runs.map(({ name, notebook, error }) => {
    const codeCells = notebook.cells.filter((cell) => cell.cell_type === 'code').length;
    return [name, { codeCells, ...(error === undefined ? {} : { error }) }];
  });
  const claims = audited.map(({ id, place, says, paper, isOurs, ours, verdict, why, value }) => ({
    ...{ id, claim: `${says} (${place})`, paper, ours, verdict, why },
    ...(isOurs === undefined ? {} : { isOurs }),
    ...(value === undefined ? {} : { value }),
  }));
  return {
    claims,
    notebooks: Object.fromEntries(notebooks),
    figures: figures.map(({ name }) => name),
    timings: Object.fromEntries(runs.map(({ name, seconds }) => [name, Number(seconds.toFixed(2))])),
  };
}

/** Pictures of the figures where there is a Chromium. They are an extra: without them everything else is complete. */
async function writePictures(figures: readonly Figure[], folder: string, painter?: Painter): Promise<void> {
  if (painter === undefined) {
    if (figures.length > 0)
      console.log('No Chromium: figures are written as Plotly JSON only (Debian: apt install chromium).');
    return;
  }
  try {
    for (const figure of figures) {
      const { svg, png } = await painter.draw(figure);
      writeFileSync(join(folder, `${figure.name}.svg`), svg);
      writeFileSync(join(folder, `${figure.name}.png`), png);
    }
    console.log(`✓ ${figures.length} figures as JSON, PNG and SVG`);
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    console.log(`✗ figures are written as Plotly JSON only: ${painter.program} failed: ${reason}`);
  } finally {
    await painter.stop();
  }
}

/** Ends this process, and with it all kernels, on Ctrl-C and its like. Returns what undoes that. */
function exitOnSignals(outFolder: string): () => void {
  const codes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
  const stop = (signal: NodeJS.Signals) => {
    console.error(`\nstopped by ${signal}; the kernels are ended, what was finished is in ${outFolder}`);
    process.exit(codes[signal as keyof typeof codes]);
  };
  for (const signal of Object.keys(codes)) process.on(signal, stop);
  return () => {
    for (const signal of Object.keys(codes)) process.off(signal, stop);
  };
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}
