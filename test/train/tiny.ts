/** What tests of training share: tokens of the project's own README, byte by byte, and runs of a second. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Architecture } from '../../lib/architecture';
import { projectFolder } from '../../lib/files/data';
import type { PlannedRun } from '../../lib/train/plan';
import type { TrainedRun } from '../../lib/train/trainer';

/** A folder with token files `train.bin` and `heldout.bin`, vocabulary 256. */
export function tokenFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'colaw-train-'));
  const bytes = readFileSync(join(projectFolder, 'LICENSE'));
  const cut = Math.floor(bytes.length * 0.9);
  for (const [name, part] of [
    ['train.bin', bytes.subarray(0, cut)],
    ['heldout.bin', bytes.subarray(cut)],
  ] as const)
    writeFileSync(join(folder, name), Buffer.from(Uint16Array.from(part).buffer));
  const files = { tokens: join(folder, 'train.bin'), heldOut: join(folder, 'heldout.bin') };
  return { folder, ...files, remove: () => rmSync(folder, { recursive: true }) };
}

export const dense: Architecture = {
  depth: 2,
  width: 16,
  heads: 2,
  headDim: 8,
  kvHeads: 1,
  ffnRatio: 2,
  experts: 1,
  activeExperts: 1,
  vocabulary: 256,
  qkNorm: true,
};
export const mixture: Architecture = { ...dense, depth: 1, kvHeads: 2, experts: 4, activeExperts: 2 };

export function planned(run: string, architecture: Architecture, steps: number, seed = 0): PlannedRun {
  const settings = { batch: 4, sequence: 32, heldOutTokens: 2048, learningRate: 0.02 };
  return { run, architecture, split: 'train', seed, tokens: steps * 128, settings };
}

/** A result such as the trainer gives, for tests of the queue alone. */
export function pretended(run: PlannedRun, loss: number | null = 4): TrainedRun {
  return {
    status: loss === null ? 'diverged' : 'finished',
    loss,
    tokens: run.tokens,
    sequence: 32,
    batch: 4,
    learningRate: 0.02,
    parametersTotal: 3000,
    parametersActive: 2000,
    parametersEmbedding: 1000,
    curve: [[128, 5.5]],
    expertShares: [[0.2, 0.3, 0.5]],
    seconds: 2,
    cpuSeconds: 1,
    flopsPerSecond: 1e9,
    machine: 'a "board", of sorts',
  };
}
