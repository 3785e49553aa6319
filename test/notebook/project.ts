/** What the notebook tests share: a folder of their own inside the project, notebooks in it, processes watched. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../../lib/files/data';
import { type Cell, joined, type Notebook } from '../../lib/report/format';

/** Time for a test that starts kernels or a browser; generous, because it is no measurement. */
export const PATIENCE = 120_000;

/** A new folder inside the project, where the kernel finds the project's modules. Remove it with `remove`. */
export function temporaryFolder(): { folder: string; remove: () => void } {
  mkdirSync(join(projectFolder, 'out'), { recursive: true });
  const folder = mkdtempSync(join(projectFolder, 'out', 'test-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function code(source: string, tags: string[] = []): Cell {
  return { cell_type: 'code', metadata: { tags }, source, outputs: [], execution_count: null };
}

export function markdown(source: string): Cell {
  return { cell_type: 'markdown', metadata: {}, source };
}

export function makeNotebook(...cells: Cell[]): Notebook {
  const kernelspec = { display_name: 'TypeScript', language: 'typescript', name: 'tslab' };
  return { cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 4 };
}

/** Writes a notebook and returns its path. */
export function writeNotebook(folder: string, name: string, ...cells: Cell[]): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.ipynb`);
  writeFileSync(file, JSON.stringify(makeNotebook(...cells)));
  return file;
}

export function readNotebook(file: string): Notebook {
  return JSON.parse(readFileSync(file, 'utf8')) as Notebook;
}

/** What a cell printed. */
export function printed(cell: Cell, name = 'stdout'): string {
  const streams = (cell.outputs ?? []).flatMap((o) =>
    o.output_type === 'stream' && o.name === name ? [o.text] : [],
  );
  return streams.join('');
}

/** Is there a process `pid` that has not ended? */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    // A process that has ended but was not waited for yet is a zombie.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Resolves once `condition` holds. The test's own time limit ends a wait that is in vain. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 50));
}

export function isInstalled(command: string): boolean {
  return spawnSync(command, ['--version']).status === 0;
}

/** All files below `folder`, sorted. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** What a reader sees as text, cell by cell. */
export function texts({ cells }: Notebook): string[] {
  const text = ({ outputs = [] }: Cell) =>
    outputs.map((output) => {
      if (output.output_type === 'stream') return joined(output.text);
      return 'data' in output ? joined(output.data['text/plain'] as string | string[]) : '';
    });
  return cells.map((cell) => text(cell).join('|'));
}
