import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageFolder } from '../files/data';

/**
 * Writes the kernelspec of this project's tslab below `folder`, in the layout that `JUPYTER_PATH` expects, and
 * returns the path of its `kernel.json`. Registers nothing for the user or the system.
 */
export function writeKernelspec(folder: string): string {
  const spec = join(folder, 'kernels', 'tslab');
  mkdirSync(spec, { recursive: true });
  const preload = join(packageFolder, 'notebook', 'kernel-preload.js');
  const tslab = join(dirname(require.resolve('tslab/package.json')), 'bin', 'tslab');
  const file = join(spec, 'kernel.json');
  const content = {
    argv: [process.execPath, '--require', preload, tslab, 'kernel', '--config-path', '{connection_file}'],
    display_name: 'TypeScript',
    language: 'typescript',
  };
  writeFileSync(file, `${JSON.stringify(content, null, 1)}\n`);
  return file;
}
