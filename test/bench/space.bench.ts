import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { law } from 'colaw';
import { afterAll, bench, describe } from 'vitest';
import { projectFolder } from '../../lib/files/data';

// Each line is one whole search by the command, start and all cores included; its peak of memory is printed. The
// functions are async, since tinybench calls others once more before each round to see whether they are.
const folder = mkdtempSync(join(tmpdir(), 'colaw-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));
const once = { iterations: 1, warmupIterations: 0, warmupTime: 0, time: 0 };
const write = (name: string, value: object) => {
  writeFileSync(join(folder, name), JSON.stringify(value));
  return join(folder, name);
};
const range = (from: number, to: number, step: number) => ({ from, to, step });

const spaces = {
  '10^8': {
    depths: range(1, 64, 1),
    widths: range(256, 8192, 128),
    ffnRatios: range(0.0625, 12, 0.0625),
    mixtures: { experts: [1, 2, 4, 8, 16, 32, 64, 128, 256], activeExperts: [1, 2, 4, 8] },
    kvHeads: 'divisors',
    headDim: 128,
  },
  '10^9': {
    depths: range(1, 81, 1),
    widths: range(256, 8192, 128),
    ffnRatios: range(1 / 64, 8, 1 / 64),
    mixtures: { experts: [1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256], activeExperts: range(1, 8, 1) },
    kvHeads: 'divisors',
    headDim: 128,
  },
  '10^12': {
    depths: range(1, 512, 1),
    widths: range(192, 24576, 192),
    ffnRatios: range(1 / 128, 16, 1 / 128),
    mixtures: { experts: range(1, 64, 1), activeExperts: range(1, 4, 1) },
    kvHeads: 'divisors',
    headDim: [32, 64, 96],
  },
};
const published = law();
const mixed = write('mixed.json', {
  formula: `${published.formula} + kx*depth*width`,
  parameters: { ...published.parameters, kx: 1e-8 },
});

function search(name: keyof typeof spaces, ...options: string[]): void {
  const report = `process.on('exit', () => console.error(process.resourceUsage().maxRSS))`;
  const preload = write('preload.json', {}).replace('.json', '.cjs');
  writeFileSync(preload, report);
  const command = [
    join(projectFolder, 'lib', 'colaw.js'),
    'frontier',
    '--space',
    write(`${name}.json`, spaces[name]),
  ];
  const started = performance.now();
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--require', preload, ...command, ...options, '--json'],
    {
      encoding: 'utf8',
      maxBuffer: 1e9,
    },
  );
  if (status !== 0) throw new Error(stderr);
  const seconds = (performance.now() - started) / 1000;
  const { method, space, evaluated, points } = JSON.parse(stdout);
  const megabytes = Math.round(Math.max(...stderr.trim().split('\n').map(Number)) / 1000);
  console.log(
    `${method}, ${space.toExponential(2)} architectures: ${points.length} points, ${evaluated} evaluated, ` +
      `${seconds.toFixed(1)} s, ${(evaluated / seconds / 1e6).toFixed(2)} M/s, ${megabytes} MB`,
  );
}

describe('the exact frontier of a space', () => {
  bench('by separation, 10^9', async () => search('10^9'), once);
  bench('by separation, 10^12', async () => search('10^12'), once);
  bench('by streaming, 10^8', async () => search('10^8', '--law', mixed), once);
});
