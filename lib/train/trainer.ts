/** Node only: the trainer (`data/training/train.py`, PyTorch) as a function. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parameters } from '../architecture';
import { InputError, refuse } from '../errors';
import { dataFile } from '../files/data';
import type { PlannedRun } from './plan';

/** What the trainer says of a run that it has done. */
export interface TrainedRun {
  status: 'finished' | 'diverged';
  /** Held-out loss in nats per token; null where it diverged. */
  loss: number | null;
  /** Trained on, whole steps. */
  tokens: number;
  sequence: number;
  batch: number;
  learningRate: number;
  parametersTotal: number;
  parametersActive: number;
  parametersEmbedding: number;
  /** Pairs [tokens seen, mean training loss since the point before]. */
  curve: [number, number][];
  /** Per mixture layer, the share of the held-out tokens that each expert took. */
  expertShares: number[][];
  seconds: number;
  cpuSeconds: number;
  /** Per CPU second, or per second on a GPU. */
  flopsPerSecond: number;
  machine: string;
}

/** Where and on what to train. */
export interface TrainerOptions {
  /** The interpreter; see `findPython`. */
  python: string;
  device?: 'cpu' | 'cuda';
  /** Token files; default the corpus that `data/training/corpus.py` builds. */
  tokens?: string;
  heldOut?: string;
  /** Folder of train.py and model.py. */
  trainer?: string;
  /** Where to keep a checkpoint, written every `every` steps. */
  checkpoint?: string;
  every?: number;
}

const MISSING =
  'install the Debian packages python3-torch, python3-numpy and libopenblas0-pthread, or name an interpreter that has PyTorch in COLAW_PYTHON';

/** The first of COLAW_PYTHON, or else python3 and /usr/bin/python3, that imports PyTorch; refused where none does. */
export function findPython(environment: NodeJS.ProcessEnv = process.env): string {
  const named = environment.COLAW_PYTHON;
  const candidates = named ? [named] : ['python3', '/usr/bin/python3'];
  return (
    candidates.find(hasPyTorch) ?? refuse(`PyTorch is missing (tried ${candidates.join(', ')}); ${MISSING}`)
  );
}

/** Interpreters that imported PyTorch, which takes seconds. */
const withPyTorch = new Set<string>();

function hasPyTorch(python: string): boolean {
  if (!withPyTorch.has(python)) {
    const { status } = spawnSync(python, ['-c', 'import numpy, torch'], { stdio: 'ignore' });
    if (status === 0) withPyTorch.add(python);
  }
  return withPyTorch.has(python);
}

/** The token files that `options` name; refused where one does not exist. */
export function tokenFiles(options: Pick<TrainerOptions, 'tokens' | 'heldOut'>): [string, string] {
  const corpus = dataFile('external/corpus');
  const files: [string, string] = [
    options.tokens ?? join(corpus, 'train.bin'),
    options.heldOut ?? join(corpus, 'heldout.bin'),
  ];
  for (const file of files)
    if (!existsSync(file))
      refuse(`no such token file: ${file}; data/training/corpus.py builds the corpus, or name files`);
  return files;
}

/** FLOPs of a run: 6 an active parameter and token, attention's products, and the held-out tokens forward. */
export function trainingFlops({ architecture, tokens, settings }: PlannedRun): number {
  const { depth, heads, headDim } = architecture;
  const { sequence = 128, heldOutTokens = 131_072 } = settings;
  const forward = 2 * parameters(architecture).active + 4 * depth * heads * headDim * sequence;
  return forward * (3 * tokens + heldOutTokens);
}

/** Trains one run in a process of one thread. Rejects with the trainer's own message where it fails. */
export function train(
  run: PlannedRun,
  options: TrainerOptions,
  onProgress: (share: number) => void = () => {},
): Promise<TrainedRun> {
  const [tokens, heldOut] = tokenFiles(options);
  const { qkNorm: _, ...architecture } = run.architecture;
  const spec = JSON.stringify({ architecture, tokens: run.tokens, seed: run.seed, ...run.settings });
  const script = join(options.trainer ?? dataFile('training'), 'train.py');
  const words = [
    script,
    spec,
    '--tokens',
    tokens,
    '--held-out',
    heldOut,
    '--device',
    options.device ?? 'cpu',
  ];
  if (options.checkpoint !== undefined)
    words.push('--checkpoint', options.checkpoint, '--every', String(options.every ?? 1000));
  const env = {
    ...process.env,
    OMP_NUM_THREADS: '1',
    OPENBLAS_NUM_THREADS: '1',
    PYTHONDONTWRITEBYTECODE: '1',
  };
  return new Promise((resolve, reject) => {
    const child = spawn(options.python, words, { stdio: ['ignore', 'pipe', 'pipe'], env });
    const end = () => child.kill();
    process.once('exit', end);
    let answer = '';
    let complaint = '';
    child.stdout.on('data', (text) => {
      answer += text;
    });
    child.stderr.on('data', (text: Buffer) => {
      complaint = String(text).trim().split('\n').pop() ?? '';
      const [, step, steps] = complaint.match(/^(\d+)\/(\d+) loss/) ?? [];
      if (step !== undefined) onProgress(Number(step) / Number(steps));
    });
    child.on('error', reject);
    child.on('close', (code) => {
      process.off('exit', end);
      if (code === 0) {
        if (options.checkpoint !== undefined) rmSync(options.checkpoint, { force: true });
        resolve(JSON.parse(answer));
      } else reject(new InputError(`run ${run.run}: ${complaint || `the trainer ended with ${code}`}`));
    });
  });
}
