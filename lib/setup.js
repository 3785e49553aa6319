/** Runs before every npm script: installs and builds what is missing. Needs nothing but Node and npm. */
const { execSync } = require('node:child_process');
const { existsSync, readdirSync, statSync } = require('node:fs');
const { join } = require('node:path');

const root = join(__dirname, '..');
const changed = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0);
const run = (command) => execSync(command, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });

if (changed(join(root, 'node_modules', '.package-lock.json')) < changed(join(root, 'package-lock.json'))) {
  console.error('Installing dependencies (npm ci) …');
  run('npm ci --no-fund --no-audit');
}

const sources = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'dist') return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.(ts|json)$/.test(entry.name) ? [path] : [];
  });
const newest = Math.max(...sources(__dirname).map(changed), changed(join(root, 'tsconfig.json')));
if (changed(join(__dirname, 'dist', '.tsbuildinfo')) < newest) {
  console.error('Building lib/dist …');
  run('node node_modules/typescript/bin/tsc -p lib');
}
