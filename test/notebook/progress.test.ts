import { PassThrough } from 'node:stream';
import type { WriteStream } from 'node:tty';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { showProgress } from '../../lib/notebook/progress';
import type { Run } from '../../lib/notebook/run';
import { makeNotebook } from './project';

afterEach(() => vi.restoreAllMocks());

function screen(properties: object) {
  const stream = Object.assign(new PassThrough(), properties);
  let text = '';
  stream.on('data', (data) => (text += data));
  return { out: stream as unknown as WriteStream, read: () => stripVTControlCharacters(text) };
}

function run(name: string, error?: string): Run {
  return { name, notebook: makeNotebook(), seconds: 1.25, ...(error === undefined ? {} : { error }) };
}

/** What is said of two notebooks of which the second fails; on standard output, and on `out`. */
async function follow(properties: object) {
  const said: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((text) => said.push(text));
  const { out, read } = screen(properties);
  const progress = showProgress(['01-good', '02-bad'], out);
  progress.cell('02-bad', 1, 3);
  progress.cell('01-good', 1, 2);
  progress.cell('01-good', 2, 2);
  progress.done(run('02-bad', '02-bad, code cell 1 of 3: Error: no'));
  progress.done(run('01-good'));
  progress.stop();
  await new Promise((resolve) => setImmediate(resolve));
  return { said, drawn: read() };
}

describe('progress', () => {
  it('is one line a notebook where there is no terminal, and where bars would not fit on one', async () => {
    const lines = ['✗ FAILED: 02-bad, code cell 1 of 3: Error: no', '✓ 01-good (1.3 s)'];
    expect(await follow({ isTTY: false })).toEqual({ said: lines, drawn: '' });
    expect(await follow({ isTTY: true, rows: 2, columns: 80 })).toEqual({ said: lines, drawn: '' });
  });

  it('is a bar a notebook on a terminal, in the order of their names', async () => {
    const { said, drawn } = await follow({ isTTY: true, rows: 24, columns: 80 });
    expect(said).toEqual([]);
    expect(drawn.slice(drawn.lastIndexOf('✓'))).toMatch(
      /^✓ 01-good \(1\.3 s\)\s+✗ FAILED: 02-bad, code cell 1 of 3: Error: no\s*$/,
    );
  });
});
