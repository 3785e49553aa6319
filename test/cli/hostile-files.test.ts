import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { dataFile, projectFolder } from '../../lib/files/data';
import { architecture, at, makeFolder, onFew, small } from './documents';
import { wrongTexts } from './hostile';
import { asJson, failures, notRefused, type Outcome, runHere } from './in-process';

makeFolder();

const fit = ['fit', '--formula', 'depth-width', '--starts', '1'];
/** Every option that names a JSON file, and every one that names a table. */
const jsonReaders: [string, (file: string) => string[]][] = [
  ['--device', (file) => ['latency', ...small, '--device', file]],
  ['--law', (file) => ['loss', ...small, '--law', file]],
  ['--law', (file) => [...onFew, '--law', file]],
  ['--profile', (file) => ['latency', ...small, '--profile', file]],
  ['--profile', (file) => ['validate', '--measured', at('one.csv'), '--profile', file]],
  ['--config', (file) => ['latency', '--config', file]],
  ['--config', (file) => ['export', '--as', 'hf', '--out', at('exported'), '--config', file]],
  ['model', (file) => ['model', file]],
  ['vla', (file) => ['vla', '--model', file]],
  ['--space', (file) => ['frontier', '--space', file]],
  ['merge', (file) => ['merge', file]],
  ['merge', (file) => ['merge', file, file, '--out', at('merged.json')]],
  ['measure', (file) => ['measure', '--config', file, '--out', at('measured.csv')]],
];
const tableReaders: [string, (file: string) => string[]][] = [
  ['--runs', (file) => [...fit, '--runs', file]],
  ['--candidates', (file) => ['frontier', '--candidates', file]],
  ['--measured', (file) => ['validate', '--measured', file]],
  ['--measured', (file) => ['vla', '--measured', file]],
  ['--runs', (file) => ['train', '--dry-run', '--out', at('trained.csv'), '--runs', file]],
  ['--measured', (file) => ['calibrate', '--out', at('profiles.json'), '--measured', file]],
];

const link = (target: string, name: string) => {
  symlinkSync(target, at(name));
  return at(name);
};
/** A file of zeros that takes no room on the disk. */
const sparse = (name: string, bytes: number) => {
  writeFileSync(at(name), '');
  truncateSync(at(name), bytes);
  return at(name);
};
mkdirSync(at('folder.json'));
execFileSync('mkfifo', [at('pipe.json')]);
const notFiles = [
  at('none.json'),
  at('one.csv/below.json'),
  at('folder.json'),
  at('pipe.json'),
  at(`${'x'.repeat(300)}.json`),
  at('new\nline.json'),
  link('/dev/zero', 'zero.json'),
  link('/dev/urandom', 'urandom.json'),
  link('/dev/full', 'full.json'),
  link(at('none'), 'dangling.json'),
  link(at('loop.json'), 'loop.json'),
];

describe('what is no regular file, or too large, is refused at once', () => {
  it.each([...jsonReaders, ...tableReaders])('by %s %#', async (_, args) => {
    const lines = notFiles.map((file) => ({ what: file, args: asJson(args(file)) }));
    expect(await failures(lines)).toEqual([]);
    expect((await runHere(...args(at('zero.json')))).err).toContain('is not a regular file');
  });

  it.each(jsonReaders)('by %s %#, with its limit', async (_, args) => {
    for (const bytes of [64e6 + 1, 3e9]) {
      const outcome = await runHere(...args(sparse('large.json', bytes)));
      expect(notRefused(outcome)).toBeUndefined();
      expect(outcome.err).toContain('more than 64 MB');
    }
    expect(notRefused(await runHere(...args(sparse('large.json', 5e6))))).toBeUndefined();
  });

  it.each(tableReaders)('by %s %#, where no row ends', async (_, args) => {
    const outcome = await runHere(...asJson(args(sparse('large.csv', 3e9))));
    expect(notRefused(outcome)).toBeUndefined();
    expect(outcome.err).toContain('a row, or a comment, of more than');
  });
});

describe('what --out cannot be is refused before anything is done', () => {
  it.each([
    ['train', '--dry-run', '--runs', dataFile('training/plan.csv')],
    ['measure', '--board'],
    ['measure', '--model', 'gpt2'],
    ['calibrate'],
    ['enumerate'],
    ['explore'],
    [...fit, '--runs', dataFile('runs-170.csv')],
    ['frontier', '--space', at('space.json')],
    ['merge', at('part.json')],
  ])('%j', async (...args) => {
    const wrong = ['', '-', at('folder.json'), at('pipe.json'), at('zero.json'), at('loop.json')];
    const lines = wrong.map((out) => ({ what: out, args: [...asJson(args), '--out', out] }));
    expect(await failures(lines)).toEqual([]);
  });
});

describe('what is no config is refused', () => {
  it.each(jsonReaders)('by %s %#', async (_, args) => {
    for (const [what, bytes] of [
      ['UTF-16', Buffer.from('{"id":"x"}', 'utf16le')],
      ['Latin-1', Buffer.from('{"id":"größe"}', 'latin1')],
      ['gzip', gzipSync('{}')],
      ...wrongTexts.map(({ what, text }) => [what, Buffer.from(text)] as const),
    ] as const) {
      writeFileSync(at('wrong.json'), bytes);
      expect(await failures([{ what, args: asJson(args(at('wrong.json'))) }])).toEqual([]);
    }
  });
});

describe('what is no table is refused', () => {
  const many = (text: string, count: number) => Array.from({ length: count }, () => text);
  const wrongTables: [what: string, content: string | Buffer][] = [
    ['nothing', ''],
    ['newlines', '\n\n\n'],
    ['comments', '# a\n# b\n'],
    ['a header', 'depth,width,loss\n'],
    ['NUL', '\0\0\0'],
    ['JSON', '{"depth":[1]}'],
    ['one row without an end', 'x'.repeat(5e6)],
    ['a quote that is never closed', `"${'x,\n'.repeat(1e6)}`],
    ['quotes', '"'.repeat(300_001)],
    [
      '20,000 columns',
      `${many('c', 20_000)
        .map((c, i) => c + i)
        .join()}\n`,
    ],
    ['a name of 4,000,000 characters', `${'x'.repeat(4e6)}\n1\n`],
    [
      '9,000 other columns',
      `${many('c', 9000)
        .map((c, i) => c + i)
        .join()}\n${many('1', 9000).join()}\n`,
    ],
    ['one column 9,000 times', `${many('loss', 9000).join()}\n`],
    ['half a gzip file', gzipSync('depth,loss\n1,2\n').subarray(0, 20)],
    ['zeros that are zipped', gzipSync(Buffer.alloc(5e7))],
    ['a binary', Buffer.from(Array.from({ length: 9999 }, (_, i) => (i * 7919) % 256))],
  ];

  it.each(tableReaders)('by %s %#', async (_, args) => {
    for (const [what, content] of wrongTables) {
      writeFileSync(at('wrong.csv'), content);
      expect(await failures([{ what, args: asJson(args(at('wrong.csv'))) }])).toEqual([]);
    }
  });

  const cells = [
    '',
    ' ',
    'x',
    'NaN',
    'Infinity',
    '-1',
    '0',
    '1e309',
    '1e308',
    '1e-308',
    '1.5',
    '9007199254740993',
    '{}',
    '"1\n2"',
  ];
  const [architectures, measured] = ['few.csv', 'one.csv'].map((name) =>
    readFileSync(at(name), 'utf8')
      .split('\n')
      .map((line) => line.split(',')),
  );
  /** The table with one cell of its first row changed. */
  const withCell = ([header, row]: string[][], column: string, cell: string) =>
    `${header.join()}\n${row.map((each, c) => (header[c] === column ? cell : each)).join()}\n`;

  it.each(architectures[0])('with a wrong %s in architectures', async (column) => {
    const isRatio = column === 'ffnRatio';
    for (const cell of cells.filter((each) => !(isRatio && each === '1.5'))) {
      writeFileSync(at('cell.csv'), withCell(architectures, column, cell));
      const outcome = await runHere('frontier', '--candidates', at('cell.csv'), '--json');
      expect([cell, notRefused(outcome)]).toEqual([cell, undefined]);
      expect(outcome.err).toContain('cell.csv line 2');
    }
  });

  it.each(measured[0].slice(1))('with a wrong %s in measurements', async (column) => {
    for (const cell of cells) {
      if (cell === '0' && column === 'outputTokens') continue;
      writeFileSync(at('cell.csv'), withCell(measured, column, cell));
      for (const command of [['validate'], ['calibrate', '--out', at('profiles.json')]])
        expect([cell, notRefused(await runHere(...command, '--measured', at('cell.csv'), '--json'))]).toEqual(
          [cell, undefined],
        );
    }
  });
});

describe('a table of another kind is refused at its header, however long it is', () => {
  const line = `${Array.from({ length: 20 }, (_, i) => 1000 + i).join()}\n`;
  const names = Array.from({ length: 20 }, (_, i) => `c${i}`).join();
  it.each(tableReaders)('by %s %#', async (_, args) => {
    writeFileSync(at('other.csv'), `${names}\n${line.repeat(300_000)}`);
    const outcome = await runHere(...asJson(args(at('other.csv'))));
    expect(notRefused(outcome)).toBeUndefined();
    expect(outcome.cpuSeconds).toBeLessThan(1);
    expect(outcome.err).toContain('has no column');
  });
});

describe('data that cannot carry a fit are refused', () => {
  const table = (rows: string[]) => {
    writeFileSync(at('runs.csv'), `depth,width,loss\n${rows.join('\n')}\n`);
    return ['fit', '--runs', at('runs.csv'), '--formula', 'depth-width', '--starts', '2', '--json'];
  };
  const grid = [4, 8, 16].flatMap((depth) => [512, 1024, 2048].map((width) => [depth, width]));
  it.each<[string, string[]]>([
    ['all rows alike', grid.map(() => '8,1024,3')],
    ['two kinds of rows', grid.map((_, i) => (i % 2 ? '8,1024,3' : '4,512,3.5'))],
    ['a constant loss', grid.map(([d, w]) => `${d},${w},3`)],
    [
      'a loss that is constant but for rounding',
      grid.map(([d, w], i) => `${d},${w},${i % 2 ? 3 : 3.0000000000000004}`),
    ],
    ['losses too small to be squared', grid.map(([d, w]) => `${d},${w},${1e-300 * (3 + 1 / d + w / 1e4)}`)],
    ['fewer rows than parameters', grid.slice(0, 4).map(([d, w]) => `${d},${w},${3 + 1 / d}`)],
    [
      'losses beyond what squares can hold',
      grid.map(([d, w]) => `${d},${w},${1e200 * (3 + 1 / d + w / 1e4)}`),
    ],
  ])('%s', async (_, rows) => {
    expect(notRefused(await runHere(...table(rows)))).toBeUndefined();
  });

  it.each<[string, string[]]>([
    ['one width', grid.map(([d], i) => `${d},${512},${3 + 1 / d + i / 1e3}`)],
    ['random losses', grid.map(([d, w], i) => `${d},${w},${3 + ((i * 7919) % 13) / 10}`)],
    ['a loss that falls with nothing', grid.map(([d, w], i) => `${d},${w},${i === 0 ? 3.1 : 3}`)],
    ['losses that grow steeply', grid.map(([d, w]) => `${d},${w},${3 + d ** 30 / w}`)],
  ])('or what cannot be known is said: %s', async (_, rows) => {
    const outcome = await runHere(...table(rows));
    if (outcome.code !== 0) return expect(notRefused({ ...outcome, cpuSeconds: 0 })).toBeUndefined();
    for (const value of Object.values(JSON.parse(outcome.out).parameters as Record<string, number>))
      expect(Math.abs(value)).toBeLessThan(1e100);
  });

  it('one measured row', async () => {
    const outcome = await runHere(
      'calibrate',
      '--measured',
      at('one.csv'),
      '--out',
      at('profiles.json'),
      '--json',
    );
    expect(notRefused(outcome)).toBeUndefined();
    expect(outcome.err).toContain('1 measured row');
  });
});

describe('the real command', () => {
  const watch = at('watch.cjs');
  writeFileSync(
    watch,
    `process.on('exit', () => { const { user, system } = process.cpuUsage(); require('fs').writeSync(3, String((user + system) / 1e6)); });`,
  );
  /** Runs the command in a process of its own; \`input\` is a file that is its standard input. */
  const colaw = (args: string[], input = '/dev/null'): Outcome => {
    const standardInput = openSync(input, 'r');
    const { status, stdout, stderr, output } = spawnSync(
      process.execPath,
      ['-r', watch, join(projectFolder, 'lib', 'colaw.js'), ...args],
      { encoding: 'utf8', stdio: [standardInput, 'pipe', 'pipe', 'pipe'], timeout: 60_000 },
    );
    closeSync(standardInput);
    return { code: status ?? -1, out: stdout, err: stderr, cpuSeconds: Number(output[3]) };
  };

  it('refuses as it does here', () => {
    writeFileSync(at('deep.json'), `${'['.repeat(600_000)}${']'.repeat(600_000)}`);
    writeFileSync(at('law.json'), '{"formula":"a*depth","variables":true,"parameters":{"a":1}}');
    for (const args of [
      [],
      ['help', 'frobnicate'],
      ['loss', ...small, '--law', '/dev/zero'],
      ['loss', ...small, '--law', at('pipe.json')],
      ['loss', ...small, '--law', at('deep.json')],
      ['explore', '--law', at('deep.json')],
      ['audit', '--law', at('law.json'), '--json'],
      [...fit, '--runs', '/dev/urandom'],
      [...fit, '--runs', at('pipe.json')],
      [...fit, '--runs', dataFile('runs-170.csv'), '--bootstrap', '1e12'],
      ['fit', '--runs', dataFile('runs-170.csv'), '--starts', '1e7', '--json'],
      ['latency', '--architecture', JSON.stringify({ ...architecture, ffnRatio: 1e308 }), '--json'],
      ['latency', ...small, '--device', at('folder.json')],
    ])
      expect([args, notRefused(colaw(args))]).toEqual([args, undefined]);
  });

  it('takes standard input where it takes a file', () => {
    const published = dataFile('law.json');
    expect(colaw(['loss', ...small, '--law', '-', '--json'], published).out).toBe(
      colaw(['loss', ...small, '--law', published, '--json']).out,
    );
    writeFileSync(at('architecture.json'), JSON.stringify(architecture));
    const lines: [string[], string][] = [
      [['latency', '--architecture', '-', '--json'], at('architecture.json')],
      [['latency', '--config', '-', '--json'], at('config.json')],
      [['model', '-', '--json'], at('config.json')],
      [['frontier', '--candidates', '-', '--json'], at('few.csv')],
      [['validate', '--measured', '-', '--json'], at('one.csv')],
      [[...fit, '--runs', '-', '--json'], dataFile('runs-170.csv')],
      [['validate', '--profile', '-', '--json'], dataFile('profiles.json')],
    ];
    for (const [args, input] of lines) expect([args, colaw(args, input).code]).toEqual([args, 0]);
    for (const [args] of lines) expect([args, notRefused(colaw(args))]).toEqual([args, undefined]);
    // Without an end, or with nothing that these commands read.
    for (const [args] of lines)
      expect([args, notRefused(colaw(args, '/dev/zero'))]).toEqual([args, undefined]);
    expect(colaw(['model', '-'], '/dev/zero').err).toBe(
      'colaw: standard input is no text: it holds a byte 0\n',
    );
    expect(colaw(['loss', ...small, '--law', '-']).err).toContain('standard input is not JSON');
  });

  it('says the same when it is piped', () => {
    const { status, stdout } = spawnSync(
      'bash',
      [
        '-c',
        `(sleep 0.2; cat "$1") | "$2" "$3" loss --model gpt2 --law - --json`,
        '-',
        dataFile('law.json'),
        process.execPath,
        join(projectFolder, 'lib', 'colaw.js'),
      ],
      { encoding: 'utf8' },
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout).loss).toBeGreaterThan(2);
  });
});
