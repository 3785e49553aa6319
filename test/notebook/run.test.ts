import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeKernelspec } from '../../lib/notebook/kernelspec';
import { runNotebook, runNotebooks } from '../../lib/notebook/run';
import { startTranslator, type Translator } from '../../lib/notebook/translator';
import { PLOTLY_MIME } from '../../lib/report/format';
import { code, isAlive, markdown, PATIENCE, printed, temporaryFolder, until, writeNotebook } from './project';

const { folder, remove } = temporaryFolder();
let kernelspec: string;
let translator: Translator;
beforeAll(() => {
  kernelspec = writeKernelspec(join(folder, 'jupyter'));
  translator = startTranslator(folder);
});
afterAll(() => {
  translator.stop();
  remove();
});

describe('running a notebook', { timeout: PATIENCE }, () => {
  it('runs its code cells in order, in its folder, and tells of each', async () => {
    const file = writeNotebook(
      folder,
      'fine',
      markdown('# Fine'),
      code('const folder = process.cwd();'),
      code(''),
      code('console.log(folder)'),
    );
    const told: string[] = [];
    const onCell = (cell: number, cells: number) => told.push(`${cell}/${cells}`);
    const { error, notebook } = await runNotebook(file, { kernelspec, translator, onCell });
    expect(error).toBeUndefined();
    expect(told).toEqual(['1/2', '2/2']);
    expect(printed(notebook.cells[3])).toBe(`${folder}\n`);
    expect(notebook.cells.map((cell) => cell.execution_count)).toEqual([undefined, 1, null, 2]);
  });

  it('runs two at once, the last first, and returns them in order', async () => {
    const file = (name: string) => JSON.stringify(join(folder, `met-${name}`));
    const meet = (own: string, other: string) =>
      code(`import { existsSync, writeFileSync } from 'fs'; writeFileSync(${file(own)}, '');
        while (!existsSync(${file(other)})) await new Promise((resolve) => setTimeout(resolve, 20));`);
    const files = [
      writeNotebook(folder, 'alone', code('1')),
      writeNotebook(folder, 'meets-one', meet('one', 'other')),
      writeNotebook(folder, 'meets-other', meet('other', 'one')),
    ];
    const ended: string[] = [];
    const runs = await runNotebooks(files, { kernelspec, onDone: ({ name }) => ended.push(name) });
    expect(runs.map(({ name, error }) => [name, error])).toEqual([
      ['alone', undefined],
      ['meets-one', undefined],
      ['meets-other', undefined],
    ]);
    expect(ended.at(-1)).toBe('alone');
  });

  it('translates the cells of several notebooks in one process, and each sees only its own', async () => {
    writeFileSync(join(folder, 'local.ts'), 'export const local = 42;');
    const compilers = code(
      `console.log(Object.keys(require('module')._cache).filter((file) => /typescript\\.js$/.test(file)).length)`,
    );
    const names = ['shares-one', 'shares-other'];
    const files = names.map((name) =>
      writeNotebook(
        folder,
        name,
        code(`const own = '${name}'; (globalThis as any).mark = own;`),
        code('console.log(own, (globalThis as any).mark)'),
        compilers,
        code(`import { local } from './local'; console.log(local);`),
        code('/** @module inner */ export const inner = 7;'),
        code(`import { inner } from './inner'; console.log(own, inner);`),
        code(`const wrong: number = 'ten';`, ['raises-exception']),
      ),
    );
    files.push(writeNotebook(folder, 'shares-nothing', code('console.log(own)')));
    const runs = await runNotebooks([files[2], files[0], files[1]], { kernelspec });
    expect(runs[0].error).toMatch(/shares-nothing, code cell 1 of 1: 1:13 - Cannot find name 'own'/);
    for (const [i, name] of names.entries()) {
      const { error, notebook } = runs[i + 1];
      expect(error).toBeUndefined();
      expect(notebook.cells.map((cell) => printed(cell))).toEqual([
        // A cell shows its last expression.
        `${name}\n`,
        `${name} ${name}\n`,
        // The compiler is not in the kernel, until it needs one of its own.
        '0\n',
        '42\n',
        '',
        `${name} 7\n`,
        '',
      ]);
      expect(printed(notebook.cells[6], 'stderr')).toMatch(/^1:7 - Type 'string' is not assignable/);
    }
  });

  it('translates in the kernel where the process that translates has ended', async () => {
    const file = writeNotebook(folder, 'alone-again', code(`const six: number = 6; console.log(six * 7);`));
    const ended = startTranslator(folder);
    ended.stop();
    const { error, notebook } = await runNotebook(file, { kernelspec, translator: ended });
    expect(error).toBeUndefined();
    expect(printed(notebook.cells[0])).toBe('42\n');
  });

  it('keeps a figure as Plotly JSON, HTML and text', async () => {
    const source = `import { show } from 'colaw';
      show({ name: 'line', data: [{ type: 'scatter', y: [1, 2] }], layout: { title: { text: '</script>' } } });
      show({ name: 'again', data: [], layout: {} });`;
    const { error, notebook } = await runNotebook(writeNotebook(folder, 'figure', code(source)), {
      kernelspec,
      translator,
    });
    expect(error).toBeUndefined();
    const [first, second] = notebook.cells[0].outputs as { data: Record<string, string> }[];
    expect(first.data[PLOTLY_MIME]).toMatchObject({
      data: [{ y: [1, 2] }],
      layout: { meta: { name: 'line' } },
    });
    expect(first.data['text/plain']).toBe('Figure: line');
    // The first brings Plotly along, the second uses it; neither names an address to load it from.
    expect(first.data['text/html'].length).toBeGreaterThan(1_000_000);
    expect(second.data['text/html'].length).toBeLessThan(2000);
    expect(first.data['text/html']).not.toMatch(/<script[^>]+src=/);
    expect(first.data['text/html'].match(/<\/script/g)).toHaveLength(2);
  });

  it('stops at a cell that throws, with notebook, cell and message, and keeps what was there', async () => {
    const file = writeNotebook(
      folder,
      'throws',
      code(`console.log('kept')`),
      code(`console.log('also kept'); throw new Error('loss "abc" is not a number')`),
      code(`console.log('never')`),
    );
    const { error, notebook, failedCell } = await runNotebook(file, { kernelspec, translator });
    expect(error).toBe('throws, code cell 2 of 3: Error: loss "abc" is not a number');
    expect(failedCell).toBe(notebook.cells[1]);
    expect(notebook.cells.map((cell) => printed(cell))).toEqual(['kept\n', 'also kept\n', '']);
    expect(notebook.cells[2].execution_count).toBeNull();
  });

  it('reports a rejected promise and a type error like any other', async () => {
    const rejected = writeNotebook(
      folder,
      'rejected',
      code(`await Promise.reject(new TypeError('too late'))`),
    );
    expect((await runNotebook(rejected, { kernelspec, translator })).error).toBe(
      'rejected, code cell 1 of 1: TypeError: too late',
    );
    const typed = writeNotebook(folder, 'typed', code(`const depth: number = 'ten';`));
    expect((await runNotebook(typed, { kernelspec, translator })).error).toMatch(
      /typed, code cell 1 of 1: 1:7 - Type 'string'/,
    );
  });

  it('lets a cell fail that is tagged raises-exception', async () => {
    const file = writeNotebook(
      folder,
      'tagged',
      code(`throw new Error('on purpose')`, ['raises-exception']),
      code(`console.log('on')`),
    );
    const { error, notebook } = await runNotebook(file, { kernelspec, translator });
    expect(error).toBeUndefined();
    expect(printed(notebook.cells[0], 'stderr')).toContain('on purpose');
    expect(printed(notebook.cells[1])).toBe('on\n');
  });

  it('ends a cell over its time limit, and no process is left', async () => {
    const file = writeNotebook(folder, 'endless', code('console.log(process.pid)'), code('while (true) {}'));
    const { error, notebook } = await runNotebook(file, { kernelspec, translator, cellSeconds: 3 });
    expect(error).toBe('endless, code cell 2 of 2: the cell ran longer than 3 s');
    expect(notebook.cells[1].outputs).toMatchObject([
      { output_type: 'error', evalue: 'the cell ran longer than 3 s' },
    ]);
    await until(() => !isAlive(Number(printed(notebook.cells[0]))));
  });

  it('reports a kernel that dies, even in a cell that may fail', async () => {
    const file = writeNotebook(folder, 'dies', code('process.exit(3)', ['raises-exception']), code('1'));
    const { error } = await runNotebook(file, { kernelspec, translator });
    expect(error).toContain('dies, code cell 1 of 2: the kernel died (exit code 3)');
  });

  it('reports a file that is no notebook', async () => {
    const file = join(folder, 'broken.ipynb');
    writeFileSync(file, '{ "cells": [');
    expect((await runNotebook(file, { kernelspec, translator })).error).toMatch(/^broken, .*JSON/);
    writeFileSync(file, '{ "cells": [], "nbformat": 3 }');
    expect((await runNotebook(file, { kernelspec, translator })).error).toBe(
      'broken, not a notebook of format 4 (nbformat 3)',
    );
  });
});
