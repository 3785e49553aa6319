/** The package as others get it: packed, installed in an empty folder, and used there. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { projectFolder } from '../lib/files/data';
import { frontier, law } from '../lib/index';
import { filesBelow, readNotebook, texts } from './notebook/project';

const PATIENCE = 300_000;
const folder = mkdtempSync(join(tmpdir(), 'colaw-installed-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }), PATIENCE);

function run(command: string, args: readonly string[], cwd = folder) {
  return spawnSync(command, args, { cwd, encoding: 'utf8' });
}

// While it is packed, a checkout has more in it than otherwise, which other tests would find: so it is a copy.
const checkout = mkdtempSync(join(tmpdir(), 'colaw-checkout-'));
afterAll(() => rmSync(checkout, { recursive: true, force: true }));

let packed: { files: { path: string }[] };
let lacksRegistry = false;
beforeAll(() => {
  for (const name of readdirSync(projectFolder).filter((each) => !/^(\.git|out|node_modules)$/.test(each)))
    cpSync(join(projectFolder, name), join(checkout, name), { recursive: true, preserveTimestamps: true });
  symlinkSync(join(projectFolder, 'node_modules'), join(checkout, 'node_modules'));
  const pack = run('npm', ['pack', '-w', 'colaw', '--json', '--pack-destination', folder], checkout);
  expect(pack.status, pack.stderr).toBe(0);
  [packed] = Object.values(JSON.parse(pack.stdout.slice(pack.stdout.search(/^[[{]/m))));
  const [tarball] = readdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"name":"empty","private":true}');
  // TensorFlow's binary, which is optional, takes long to be refused where it cannot be downloaded.
  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--omit=optional', '--fetch-retries=0'];
  const install = run('npm', ['install', ...options, `./${tarball}`]);
  lacksRegistry = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT/.test(install.stderr);
  if (!lacksRegistry) expect(install.status, install.stderr).toBe(0);
}, PATIENCE);

describe('the packed package', () => {
  it('contains what it needs and nothing else', () => {
    const tops = new Set(packed.files.map(({ path }) => path.replace(/\/.*/, '')));
    expect([...tops].sort()).toEqual(
      [
        ...['LICENSE', 'README.md', 'colaw.js', 'package.json'],
        ...['data', 'dist', 'explorer', 'node_modules', 'notebook', 'notebooks', 'report'],
      ].sort(),
    );
    const paths = packed.files.map(({ path }) => path);
    expect(
      paths.filter((path) => /\.tsbuildinfo$|(?<!\.d)\.ts$|external|checkpoints|test/.test(path)),
    ).toEqual([]);
    for (const name of ['data', 'notebooks'])
      expect(paths).toEqual(
        expect.arrayContaining(
          readdirSync(join(projectFolder, name))
            .filter((file) => /\.\w+$/.test(file))
            .map((file) => `${name}/${file}`),
        ),
      );
  });

  it('leaves nothing behind in the checkout', () => {
    const sources = (folder: string) =>
      filesBelow(join(folder, 'lib')).filter((file) => !file.startsWith('dist'));
    expect(sources(checkout)).toEqual(sources(projectFolder));
  });
});

describe('installed in an empty folder', { timeout: PATIENCE }, () => {
  beforeEach(({ skip }) => skip(lacksRegistry, 'no package registry can be reached'));

  const expected = `${JSON.stringify([frontier([1, 2, 3], [5, 6, 4]), law().name])}\n`;
  const program = `console.log(JSON.stringify([frontier([1, 2, 3], [5, 6, 4]), law().name]));`;

  it('answers to require and to import', () => {
    const required = run(process.execPath, ['-e', `const { frontier, law } = require('colaw'); ${program}`]);
    expect([required.stdout, required.stderr]).toEqual([expected, '']);
    writeFileSync(join(folder, 'program.mjs'), `import { frontier, law } from 'colaw'; ${program}`);
    const imported = run(process.execPath, ['program.mjs']);
    expect([imported.stdout, imported.stderr]).toEqual([expected, '']);
  });

  it.each(['nodenext', 'node10', 'bundler'])('has its types, by module resolution %s', (resolution) => {
    const compiler = join(projectFolder, 'node_modules', 'typescript', 'bin', 'tsc');
    const source = [
      `import { frontier, model } from 'colaw';`,
      `const depth: number = model('qwen2.5-0.5b').architecture.depth;`,
      'frontier([1], [depth]);',
      '// @ts-expect-error a number is no string',
      'export const text: string = depth;',
    ];
    writeFileSync(join(folder, 'typed.ts'), source.join('\n'));
    const modules = { nodenext: 'nodenext', node10: 'commonjs', bundler: 'esnext' }[resolution]!;
    const types = ['--typeRoots', join(projectFolder, 'node_modules', '@types'), '--types', 'node'];
    const options = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022', '--skipLibCheck'];
    const kinds = ['--module', modules, '--moduleResolution', resolution];
    expect(run(process.execPath, [compiler, ...options, ...types, ...kinds, 'typed.ts']).stdout).toBe('');
  });

  it('lacks nothing that it or what it brings along asks for', () => {
    const { status, stdout, stderr } = run('npm', ['ls', '--all', '--omit=optional']);
    expect(status, stdout + stderr).toBe(0);
  });

  it('makes data frames', () => {
    const program = `const { frame, models } = require('colaw'); console.log(frame(models()).columns.length > 5);`;
    expect(run(process.execPath, ['-e', program]).stdout).toBe('true\n');
  });

  it('has the command', () => {
    const { stdout, stderr } = run('npx', ['--offline', 'colaw', 'frontier', '--json']);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout).points.length).toBeGreaterThan(10);
  });

  it('runs its notebooks and writes to out/ of the working directory', () => {
    const { stdout, stderr, status } = run('npx', ['--offline', 'colaw', 'reproduce', '01-enumeration']);
    expect([status, stderr], stdout).toEqual([0, '']);
    const out = readdirSync(join(folder, 'out'));
    for (const made of ['workbook.html', 'explorer.html', 'results.json', 'figures'])
      expect(out).toContain(made);
    const { cells } = readNotebook(join(folder, 'out', 'notebooks', '01-enumeration.ipynb'));
    const codeCells = cells.filter(({ cell_type: type }) => type === 'code').length;
    const results = JSON.parse(readFileSync(join(folder, 'out', 'results.json'), 'utf8'));
    expect(results.notebooks).toEqual({ '01-enumeration': { codeCells } });
    expect(texts({ cells } as never).join('')).toContain('8,160');
  });

  it('makes the explorer page, of the program that was packed', () => {
    const { stdout, stderr } = run('npx', ['--offline', 'colaw', 'explore', '--out', 'page.html']);
    expect([stdout, stderr]).toEqual([expect.stringContaining('page.html'), '']);
    const page = readFileSync(join(folder, 'page.html'), 'utf8');
    const packedProgram = join(folder, 'node_modules', 'colaw', 'dist', 'explorer', 'program.min.js');
    expect(page).toContain(
      readFileSync(packedProgram, 'utf8').slice(-2000).replaceAll('</script', '<\\/script').trim(),
    );
  });
});
