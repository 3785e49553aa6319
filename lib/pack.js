/**
 * Run by npm around packing: the package is `lib/`, and what it takes from above (data, notebooks, licence, README, the
 * data frame) is copied beside it for that time; `--clean` removes the copies.
 */
const { execFileSync } = require('node:child_process');
const { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } = require('node:fs');
const { basename, join } = require('node:path');

const root = join(__dirname, '..');
const dist = join(__dirname, 'dist');
const copies = ['data', 'notebooks', 'README.md', 'LICENSE'];
const danfo = join(__dirname, 'node_modules', 'danfojs-node');
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
  bundleDanfo();
  const { bundle, packedProgram } = require('./dist/explorer/build.js');
  writeFileSync(packedProgram, await bundle(join(__dirname, 'explorer', 'page.ts')));
}

/**
 * danfojs-node asks for things that our overrides replace, and overrides hold for a checkout alone. So the package brings
 * it along with the replacements written into it, and with our own TensorFlow under the name that it asks for. What else
 * it asks for (table, xlsx, …) stands among our own dependencies, since npm installs nothing for what is brought along.
 */
function bundleDanfo() {
  const installed = join(root, 'node_modules', 'danfojs-node');
  cpSync(installed, danfo, { recursive: true, filter: (source) => basename(source) !== 'node_modules' });
  const manifest = require(join(installed, 'package.json'));
  const overrides = require(join(root, 'package.json')).overrides['danfojs-node'];
  const tensorflow = { name: '@tensorflow/tfjs-node', version: '0.0.0', main: 'index.js' };
  const dependencies = { ...manifest.dependencies, ...overrides, [tensorflow.name]: tensorflow.version };
  const { name, version, description, license, main, types, author, repository } = manifest;
  const kept = { name, version, description, license, author, repository, main, types, dependencies };
  writeFileSync(join(danfo, 'package.json'), JSON.stringify(kept, null, 2));
  const stand = join(danfo, 'node_modules', tensorflow.name);
  mkdirSync(stand, { recursive: true });
  writeFileSync(join(stand, 'package.json'), JSON.stringify(tensorflow, null, 2));
  writeFileSync(join(stand, 'index.js'), "module.exports = require('@tensorflow/tfjs');\n");
}

for (const copy of [...copies.map((name) => join(__dirname, name)), danfo])
  rmSync(copy, { recursive: true, force: true });
if (!process.argv.includes('--clean')) pack();
