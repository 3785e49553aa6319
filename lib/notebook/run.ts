import { readFileSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Cell, joined, type Notebook, type Output } from '../report/format';
import { type Kernel, startKernel } from './kernel';
import { startTranslator, type Translator } from './translator';

export interface RunOptions {
  kernelspec: string;
  /** Time limit of a cell. Default 300. */
  cellSeconds?: number;
  /** Told before each code cell. */
  onCell?: (cell: number, cells: number) => void;
  translator?: Translator;
}

/** An executed notebook; with `error`, up to the cell that failed. */
export interface Run {
  name: string;
  notebook: Notebook;
  seconds: number;
  /** Names notebook, cell and message. */
  error?: string;
  /** The cell that failed. */
  failedCell?: Cell;
}

/**
 * Runs a notebook's code cells in order, in a kernel of its own. A cell that fails ends the run: its outputs
 * are kept and `error` names notebook, cell and message. A cell tagged `raises-exception` may fail.
 */
export async function runNotebook(file: string, options: RunOptions): Promise<Run> {
  const { kernelspec, cellSeconds = 300, onCell, translator } = options;
  const begin = performance.now();
  const name = basename(file, '.ipynb');
  let notebook: Notebook = { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 };
  const finish = (error?: string, failedCell?: Cell): Run => ({
    name,
    notebook,
    seconds: (performance.now() - begin) / 1000,
    ...(error === undefined ? {} : { error: `${name}, ${error}` }),
    ...(failedCell === undefined ? {} : { failedCell }),
  });

  let kernel: Kernel;
  try {
    notebook = readNotebook(file);
    kernel = await startKernel({ kernelspec, cwd: dirname(file), translator });
  } catch (error) {
    return finish((error as Error).message);
  }
  const code = notebook.cells.filter(
    (cell) => cell.cell_type === 'code' && joined(cell.source).trim() !== '',
  );
  try {
    for (const [i, cell] of code.entries()) {
      onCell?.(i + 1, code.length);
      const failure = await runCell(cell, kernel, cellSeconds);
      if (failure === undefined) continue;
      if (failure.isKernelGone || !cell.metadata.tags?.includes('raises-exception'))
        return finish(`code cell ${i + 1} of ${code.length}: ${failure.message}`, cell);
    }
    return finish();
  } finally {
    kernel.shutdown();
  }
}

/** Kernels at once: each takes a core and about half a gigabyte. */
const KERNELS = 2;

/**
 * Runs the notebooks of one folder, two at a time, each in a kernel of its own, and returns their runs in the order of
 * `files`. The largest begin first, so that short ones are left for the end and no kernel is idle for long. The kernels
 * share what translates their cells, and nothing else.
 */
export async function runNotebooks(
  files: readonly string[],
  {
    onCell,
    onDone,
    ...options
  }: Omit<RunOptions, 'onCell' | 'translator'> & {
    onCell?: (name: string, cell: number, cells: number) => void;
    onDone?: (run: Run) => void;
  },
): Promise<Run[]> {
  const runs: Run[] = [];
  const sizes = files.map((file) => statSync(file).size);
  const waiting = [...files.keys()].sort((a, b) => sizes[b] - sizes[a]);
  // One notebook alone is translated by its kernel as soon as by another process.
  const translator = files.length > 1 ? startTranslator(dirname(files[0])) : undefined;
  const work = async () => {
    for (let i = waiting.shift(); i !== undefined; i = waiting.shift()) {
      const name = basename(files[i], '.ipynb');
      runs[i] = await runNotebook(files[i], {
        ...options,
        translator,
        onCell: (...cell) => onCell?.(name, ...cell),
      });
      onDone?.(runs[i]);
    }
  };
  await Promise.all(Array.from({ length: KERNELS }, work)).finally(() => translator?.stop());
  return runs;
}

/** The notebook in `file`, without outputs. */
function readNotebook(file: string): Notebook {
  const notebook = JSON.parse(readFileSync(file, 'utf8')) as Notebook;
  if (notebook.nbformat !== 4 || !Array.isArray(notebook.cells))
    throw new Error(`not a notebook of format 4 (nbformat ${notebook.nbformat})`);
  for (const cell of notebook.cells)
    if (cell.cell_type === 'code') Object.assign(cell, { outputs: [], execution_count: null });
  return notebook;
}

/** Runs one cell and keeps its outputs in it. Returns how it failed, or undefined. */
async function runCell(
  cell: Cell,
  kernel: Kernel,
  cellSeconds: number,
): Promise<{ message: string; isKernelGone: boolean } | undefined> {
  try {
    const { status, outputs, executionCount } = await kernel.execute(joined(cell.source), cellSeconds);
    cell.outputs = outputs;
    cell.execution_count = executionCount;
    return status === 'ok' ? undefined : { message: errorText(outputs), isKernelGone: false };
  } catch (error) {
    const { message, outputs = [] } = error as Error & { outputs?: Output[] };
    const shown: Output = {
      output_type: 'error',
      ename: 'KernelError',
      evalue: message,
      traceback: [message],
    };
    cell.outputs = [...outputs, shown];
    return { message, isKernelGone: true };
  }
}

/** What an error says of itself; tslab reports errors on the error stream only. */
function errorText(outputs: Output[]): string {
  const error = outputs.find((output) => output.output_type === 'error');
  if (error?.output_type === 'error') return `${error.ename}: ${error.evalue}`;
  const lines = outputs
    .flatMap((output) => (output.output_type === 'stream' && output.name === 'stderr' ? [output.text] : []))
    .join('')
    .split('\n');
  // The last one: a cell may have printed other errors before it failed.
  const thrown = [...lines].reverse().find((line) => /^(Uncaught )?\w*Error\b/.test(line));
  const message = thrown ?? lines.filter((line) => !/^\s+at /.test(line)).join('\n');
  return message.trim() || 'the cell failed without a message';
}
