/**
 * Run by npm around packing: the package is `lib/`, and what it takes from above (data, notebooks, licence, README) is
 * copied beside it for that time; `--clean` removes the copies.
 */
const { execFileSync } = require('node:child_process');
const { cpSync, existsSync, readdirSync, rmSync, writeFileSync } = require('node:fs');
const { basename, join } = require('node:path');

const root = join(__dirname, '..');
const dist = join(__dirname, 'dist');
const copies = ['data', 'notebooks', 'README.md', 'LICENSE'];
/** What lies beside them without being part of the project. */
const foreign = ['external', '.ipynb_checkpoints', '__pycache__'];

async function pack() {
  execFileSync(process.execPath, [join(__dirname, 'setup.js')], { stdio: 'inherit' });
  // What an earlier build left behind of a source that is gone is no part of the package.
  for (const file of readdirSync(dist, { recursive: true }))
    if (/\.(js|d\.ts)$/.test(file) && !existsSync(join(__dirname, file.replace(/\.(js|d\.ts)$/, '.ts'))))
      rmSync(join(dist, file));
  for (const name of copies)
    cpSync(join(root, name), join(__dirname, name), {
      recursive: true,
      filter: (source) => !foreign.includes(basename(source)),
    });
  const { bundle, packedProgram } = require('./dist/explorer/build.js');
  writeFileSync(packedProgram, await bundle(join(__dirname, 'explorer', 'page.ts')));
}

for (const name of copies) rmSync(join(__dirname, name), { recursive: true, force: true });
if (!process.argv.includes('--clean')) pack();
