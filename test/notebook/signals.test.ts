import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
  ] as const)('%s ends the run with %d, and no kernel outlives it', async (signal, exitCode) => {
    const notebooksFolder = join(folder, signal);
    const outFolder = join(folder, `${signal}-out`);
    const pidFile = join(folder, `${signal}.pid`);
    writeNotebook(notebooksFolder, '01-done', code(`console.log('done')`));
    writeNotebook(
      notebooksFolder,
      '02-endless',
      code(
        `import { writeFileSync } from 'fs'; writeFileSync(${JSON.stringify(pidFile)}, process.pid + '\\n');`,
      ),
      code('while (true) {}'),
    );
    const script = join(folder, `${signal}.js`);
    const options = JSON.stringify({ notebooksFolder, outFolder });
    writeFileSync(script, `require(${JSON.stringify(compiled)}).reproduce([], ${options});`);
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.on('data', (data) => (said += data));
    child.stderr.on('data', (data) => (said += data));
    const ended = new Promise((resolve) => child.on('close', resolve));

    await until(() => said.includes('02-endless: cell 2 of 2') || child.exitCode !== null);
    const kernel = Number(readFileSync(pidFile, 'utf8'));
    expect(isAlive(kernel)).toBe(true);
    child.kill(signal);

    expect(await ended).toBe(exitCode);
    expect(said).toContain(`stopped by ${signal}`);
    await until(() => !isAlive(kernel));
    expect(printed(readNotebook(join(outFolder, 'notebooks', '01-done.ipynb')).cells[0])).toBe('done\n');
  });
});
