/**
 * What is trained: a plan is a list of runs, each an architecture, a seed and a number of tokens.
 * plan → queue → table of runs → fit. This file makes the plan of `data/training/plan.csv`.
 */
import { type Architecture, architectureColumns } from '../architecture';
import { permutation, seededRandom } from '../random';
import { sampleSpace } from '../sample';
import { enumerateSpace, type Space } from '../space';

/** A run to be trained. */
export interface PlannedRun {
  /** Names the run in plan and table. */
  run: string;
  architecture: Architecture;
  /** Whether a law may be fitted to it, or is only checked by it; given before any result. */
  split: 'train' | 'validation';
  /** Of the initial weights. */
  seed: number;
  /** Tokens that it is trained on. */
  tokens: number;
  /** Other settings of the trainer, e.g. `learningRate`; see `trainingSettings`. */
  settings: Record<string, number>;
}

/** What a plan may say about a run beyond its tokens and seed; the trainer has a default for each. */
export const trainingSettings = [
  'sequence',
  'batch',
  'learningRate',
  'weightDecay',
  'warmUp',
  'finalRate',
  'clip',
  'balance',
  'heldOutTokens',
] as const;

/** The paper's space in miniature: depth four times, width three times its least, heads of 16. 3,276 architectures. */
export const tinySpace: Space = {
  depths: [2, 3, 4, 5, 6, 8],
  widths: [32, 48, 64, 80, 96],
  ffnRatios: [0.5, 1, 1.5, 2, 3, 4],
  mixtures: [
    [1, 1],
    [4, 1],
    [4, 2],
    [8, 1],
    [8, 2],
    [16, 1],
    [16, 2],
  ],
  kvHeads: [1, 2, 3, 'all'],
  headDim: 16,
};

/** Counts, tokens and seed of the plan. 138 and 32 are the paper's; the seed is its arXiv number. */
export const TINY_PLAN = {
  architectures: 170,
  training: 138,
  /** Architectures that are trained from three seeds instead of one. */
  repeated: 12,
  tokens: 327_680,
  batch: 4,
  /** Long, because 640 steps are few; see `data/training/README.md`. */
  warmUp: 0.25,
  heldOutTokens: 131_072,
  vocabulary: 1024,
  seed: 260210377,
} as const;

/** What all runs of the plan share. */
export const tinyProtocol = {
  tokens: TINY_PLAN.tokens,
  settings: { batch: TINY_PLAN.batch, warmUp: TINY_PLAN.warmUp, heldOutTokens: TINY_PLAN.heldOutTokens },
};

/**
 * The plan of `data/training/plan.csv`: a space-filling sample of `tinySpace`, its split, the repeats, and the
 * order, each drawn from the seed. In random order, so that every beginning of the table is a fair sample.
 *
 * @example tinyPlan().length // 194
 */
export function tinyPlan(): PlannedRun[] {
  const { architectures, training, repeated, vocabulary, seed } = TINY_PLAN;
  const sample = sampleSpace(enumerateSpace(tinySpace), architectures, seed);
  const random = seededRandom(seed + 1);
  const isTraining = new Set(permutation(architectures, random).slice(0, training));
  const isRepeated = new Set(permutation(architectures, random).slice(0, repeated));
  const runs = sample.flatMap((architecture, i) =>
    (isRepeated.has(i) ? [0, 1, 2] : [0]).map((runSeed) => ({
      run: `a${String(i + 1).padStart(3, '0')}-s${runSeed}`,
      architecture: { ...architecture, vocabulary, qkNorm: true },
      split: isTraining.has(i) ? ('train' as const) : ('validation' as const),
      seed: runSeed,
      ...tinyProtocol,
    })),
  );
  return permutation(runs.length, random).map((i) => runs[i]);
}

/**
 * A plan as CSV that `readPlan` reads back.
 *
 * @example planCsv(tinyPlan()).split('\n').length // 196
 */
export function planCsv(plan: readonly PlannedRun[], comments: readonly string[] = []): string {
  const settings = trainingSettings.filter((name) => plan.some((run) => run.settings[name] !== undefined));
  const header = ['run', ...architectureColumns, 'vocabulary', 'split', 'seed', 'tokens', ...settings];
  const rows = plan.map(({ run, architecture, split, seed, tokens, settings: given }) => [
    run,
    ...architectureColumns.map((name) => architecture[name]),
    architecture.vocabulary,
    split,
    seed,
    tokens,
    ...settings.map((name) => given[name] ?? ''),
  ]);
  return `${[...comments.map((line) => `# ${line}`), ...[header, ...rows].map((row) => row.join(','))].join('\n')}\n`;
}
