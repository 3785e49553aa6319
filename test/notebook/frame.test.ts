import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../lib/files/data';

const folder = mkdtempSync(join(tmpdir(), 'colaw-frame-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a program prints that has the library as built and danfo as notebooks have it. */
function printed(program: string): unknown {
  const source = `const { frame } = require('colaw');
    const rows = frame([{ a: 1, b: 'x' }, { a: 3, b: 'y' }]);
    const danfo = require('danfojs-node');
    (async () => { ${program} })();`;
  const options = { cwd: projectFolder, encoding: 'utf8' } as const;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', source], options);
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

describe('danfo beside a frame of ours', () => {
  it('has the statistics that it takes of mathjs', () => {
    const statistics = ['mean', 'median', 'std', 'var', 'mode'];
    const program = `console.log(JSON.stringify(${JSON.stringify(statistics)}.map((name) => rows.a[name]())));`;
    expect(printed(program)).toEqual([2, 2, Math.SQRT2, 2, [1, 3]]);
  });

  it('writes and reads a spreadsheet', () => {
    const file = JSON.stringify(join(folder, 'rows.xlsx'));
    const program = `danfo.toExcel(rows, { filePath: ${file} });
      console.log(JSON.stringify((await danfo.readExcel(${file})).values));`;
    expect(printed(program)).toEqual([
      [1, 'x'],
      [3, 'y'],
    ]);
  });

  it('reads a table from an address', () => {
    const program = `const server = require('node:http').createServer((_, answer) => answer.end('a,b\\n5,z\\n'));
      await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
      const table = await danfo.readCSV('http://127.0.0.1:' + server.address().port);
      console.log(JSON.stringify(table.values));
      process.exit();`;
    expect(printed(program)).toEqual([[5, 'z']]);
  });

  it('has one TensorFlow with the library', () => {
    const program = `console.log(danfo.tensorflow.Tensor === require('@tensorflow/tfjs-core').Tensor);`;
    expect(printed(program)).toBe(true);
  });
});
