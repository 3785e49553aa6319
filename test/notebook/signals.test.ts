import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../lib/files/data';
import {
  code,
  isAlive,
  PATIENCE,
  printed,
  readNotebook,
  temporaryFolder,
  until,
  writeNotebook,
} from './project';

const { folder, remove } = temporaryFolder();
afterAll(remove);
const compiled = join(projectFolder, 'lib', 'dist', 'notebook', 'reproduce.js');

describe('Ctrl-C and its like', { timeout: PATIENCE }, () => {
  it.skipIf(!existsSync(compiled)).each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends the run with %d, and none of the kernels outlives it', async (signal, exitCode) => {
    const notebooksFolder = join(folder, signal);
    const outFolder = join(folder, `${signal}-out`);
    const pidFiles = ['01', '02'].map((name) => join(folder, `${signal}-${name}.pid`));
    for (const file of pidFiles)
      writeNotebook(
        notebooksFolder,
        `${basename(file, '.pid')}-endless`,
        code(`import { writeFileSync } from 'fs';`),
        code(`writeFileSync(${JSON.stringify(file)}, process.pid + '\\n'); while (true) {}`),
      );
    // The largest begins first.
    writeNotebook(notebooksFolder, 'done', code(`// ${'long '.repeat(200)}\nconsole.log('done')`));
    const script = join(folder, `${signal}.js`);
    const options = JSON.stringify({ notebooksFolder, outFolder });
    writeFileSync(script, `require(${JSON.stringify(compiled)}).reproduce([], ${options});`);
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.on('data', (data) => (said += data));
    child.stderr.on('data', (data) => (said += data));
    const ended = new Promise((resolve) => child.on('close', resolve));

    await until(() => pidFiles.every(existsSync) || child.exitCode !== null);
    const kernels = pidFiles.map((file) => Number(readFileSync(file, 'utf8')));
    expect(kernels.every(isAlive)).toBe(true);
    child.kill(signal);

    expect(await ended).toBe(exitCode);
    expect(said).toContain(`stopped by ${signal}`);
    await until(() => !kernels.some(isAlive));
    expect(printed(readNotebook(join(outFolder, 'notebooks', 'done.ipynb')).cells[0])).toBe('done\n');
  });
});
