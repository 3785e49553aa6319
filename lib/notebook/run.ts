import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { type Cell, joined, type Notebook, type Output } from './format';
import { startKernel } from './kernel';

export interface RunOptions {
  kernelspec: string;
  /** Time limit of a cell. Default 300. */
  cellSeconds?: number;
  /** Told before each code cell. */
  onCell?: (cell: number, cells: number) => void;
}

/** An executed notebook; with `error`, up to the cell that failed. */
export interface Run {
  name: string;
  notebook: Notebook;
  seconds: number;
  error?: string;
}

/**
 * Runs a notebook's code cells in order, in a kernel of its own. A cell that fails ends the run: its outputs
 * are kept and `error` names notebook, cell and message. A cell tagged `raises-exception` may fail.
 */
export async function runNotebook(file: string, { kernelspec, cellSeconds = 300, onCell }: RunOptions): Promise<Run> {
  const begin = performance.now();
  const name = basename(file, '.ipynb');
  const notebook = JSON.parse(readFileSync(file, 'utf8')) as Notebook;
  const code = notebook.cells.filter((cell) => cell.cell_type === 'code' && joined(cell.source).trim() !== '');
  for (const cell of notebook.cells) if (cell.cell_type === 'code') Object.assign(cell, { outputs: [], execution_count: null });
  const finish = (error?: string): Run => ({
    name,
    notebook,
    seconds: (performance.now() - begin) / 1000,
    ...(error === undefined ? {} : { error: `${name}, ${error}` }),
  });

  let kernel: Awaited<ReturnType<typeof startKernel>>;
  try {
    kernel = await startKernel({ kernelspec, cwd: dirname(file) });
  } catch (error) {
    return finish((error as Error).message);
  }
  try {
    for (const [i, cell] of code.entries()) {
      onCell?.(i + 1, code.length);
      const error = await runCell(cell, (source) => kernel.execute(source, cellSeconds));
      if (error !== undefined && !cell.metadata.tags?.includes('raises-exception'))
        return finish(`code cell ${i + 1} of ${code.length}: ${error}`);
    }
    return finish();
  } finally {
    kernel.shutdown();
  }
}

async function runCell(
  cell: Cell,
  execute: (source: string) => Promise<{ status: string; outputs: Output[]; executionCount: number | null }>,
): Promise<string | undefined> {
  try {
    const { status, outputs, executionCount } = await execute(joined(cell.source));
    cell.outputs = outputs;
    cell.execution_count = executionCount;
    return status === 'ok' ? undefined : errorText(outputs);
  } catch (error) {
    const { message, outputs = [] } = error as Error & { outputs?: Output[] };
    cell.outputs = [...outputs, { output_type: 'error', ename: 'KernelError', evalue: message, traceback: [message] }];
    return message;
  }
}

/** What an error says of itself; tslab reports errors on the error stream only. */
function errorText(outputs: Output[]): string {
  const error = outputs.find((output) => output.output_type === 'error');
  if (error?.output_type === 'error') return `${error.ename}: ${error.evalue}`;
  const said = outputs.flatMap((output) => (output.output_type === 'stream' && output.name === 'stderr' ? [output.text] : []));
  const lines = said.join('').split('\n');
  const thrown = lines.find((line) => /^(Uncaught )?\w*Error\b/.test(line));
  const message = thrown ?? lines.filter((line) => !/^\s+at /.test(line)).join('\n');
  return message.trim() || 'the cell failed without a message';
}
