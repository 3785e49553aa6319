/** Which architectures to run, so that their times tell the calibration most; a third is kept for the test. */
import { type Architecture, parameters } from '../architecture';
import type { Device } from '../device';
import { positiveInteger, refuse } from '../errors';
import { chooseRows } from '../law/uncertainty/plan';
import { featuresOf, workKinds } from '../measured/features';
import type { Measurement } from '../measured/measurement';
import { permutation, type Random, seededRandom } from '../random';
import { sampleSpace } from '../sample';
import { enumerateSpace, type Space } from '../space';
import { type FormatName, packingOf, weightFormats } from './formats';
import { runnable } from './gguf';
import type { Job, Role } from './job';

/** What may be run; each job takes one of each list. */
export interface Choices {
  formats: readonly FormatName[];
  inputTokens: readonly number[];
  outputTokens: readonly number[];
}

export interface PlanOptions extends Choices {
  count: number;
  seed: number;
  /** Stored parameters, least and most. */
  parameters: readonly [number, number];
  /** Where the times are expected; only its proportions matter. */
  device: Device;
  /** Default `measuringSpaces`. */
  candidates?: readonly Architecture[];
}

const sizes: Omit<Space, 'headDim'> = {
  depths: [2, 3, 4, 6, 8, 12, 16, 20, 24, 28],
  widths: [256, 384, 512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048],
  ffnRatios: [0.5, 1, 2, 8 / 3, 4],
  mixtures: [
    [1, 1],
    [4, 1],
    [8, 1],
    [8, 2],
    [16, 2],
    [16, 4],
  ],
  kvHeads: [1, 2, 4, 'all'],
};

/** From a small laptop's model to a billion parameters, dense and mixtures, with heads of 64 and of 128. */
export const measuringSpaces: readonly Space[] = [
  { ...sizes, headDim: 64 },
  { ...sizes, headDim: 128 },
];

/** Architectures that are weighed against each other: a sample that fills the space, an eighth of it big enough. */
const POOL = 600;
/** The part of a plan that is not fitted to. */
const TEST_SHARE = 1 / 3;

/**
 * `count` jobs in random order. Two thirds are the D-optimal choice for the shares of bandwidth and peaks and the
 * overheads that a calibration fits; a third, role `test`, fills the space evenly and is drawn first, before
 * anything is measured. Same options, same plan.
 */
export function planJobs(options: PlanOptions): Job[] {
  const { count, seed } = options;
  positiveInteger(count, 'count');
  const random = seededRandom(seed);
  const pool = poolOf(options, random);
  const tests = Math.round(TEST_SHARE * count);
  if (count > pool.length) refuse(`count ${count} exceeds the ${pool.length} candidates that fit`);
  // A part of the pool that fills it evenly, as the pool fills the space.
  const isTest = new Set(permutation(pool.length, random).slice(0, tests));
  const rest = pool.filter((_, i) => !isTest.has(i));
  const told = optimalChoice(rest, count - tests, options.device);
  const jobs = [
    ...pool.filter((_, i) => isTest.has(i)).map((candidate) => jobOf(candidate, 'test')),
    ...told.map((i) => jobOf(rest[i], 'fit')),
  ];
  return permutation(jobs.length, random).map((i) => jobs[i]);
}

/** An architecture with all that a job chooses for it. */
export interface Candidate {
  architecture: Architecture;
  format: FormatName;
  inputTokens: number;
  outputTokens: number;
}

/** The job of a candidate, named by what it is. */
export function jobOf(candidate: Candidate, role: Role, model?: string): Job {
  const { architecture, format, inputTokens, outputTokens } = candidate;
  const name = model ?? architectureName(architecture);
  const id = `${name}-${format}-${inputTokens}-${outputTokens}`;
  return { id, model: name, subject: { architecture, format }, inputTokens, outputTokens, role };
}

/**
 * A name that says all of an architecture.
 *
 * @example architectureName(runnable(paperArchitecture, 'f16').architecture) // 'd16-w2048-h16x128-kv4-f2.6667-e1k1-v512'
 */
export function architectureName(architecture: Architecture): string {
  const { depth, width, heads, headDim, kvHeads, ffnRatio, experts, activeExperts, vocabulary } =
    architecture;
  const ratio = Number(ffnRatio.toFixed(4));
  return `d${depth}-w${width}-h${heads}x${headDim}-kv${kvHeads}-f${ratio}-e${experts}k${activeExperts}-v${vocabulary}`;
}

function poolOf(options: PlanOptions, random: Random): Candidate[] {
  const {
    formats,
    inputTokens,
    outputTokens,
    seed,
    parameters: [least, most],
  } = options;
  const all = options.candidates ?? measuringSpaces.flatMap(enumerateSpace);
  const fitting = all.filter((architecture) => {
    const { total } = parameters(architecture);
    return total >= least && total <= most;
  });
  if (fitting.length === 0)
    refuse(`none of ${all.length} candidates has from ${least} to ${most} parameters; widen --parameters`);
  const drawn = fitting.length > POOL ? evenBySize(fitting, POOL, seed) : fitting;
  const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)];
  return drawn.map((architecture) => {
    const format = pick(formats);
    const runs = runnable(architecture, format).architecture;
    return { architecture: runs, format, inputTokens: pick(inputTokens), outputTokens: pick(outputTokens) };
  });
}

/** Bins of equal ratio in size. */
const BINS = 6;

/** A sample in which small and large models are equally frequent; a grid holds mostly large ones. */
function evenBySize(candidates: readonly Architecture[], count: number, seed: number): Architecture[] {
  const logs = candidates.map((architecture) => Math.log(parameters(architecture).total));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const binOf = (log: number) => Math.min(BINS - 1, Math.floor((BINS * (log - low)) / (high - low || 1)));
  return Array.from({ length: BINS }, (_, bin) => {
    const members = candidates.filter((_, i) => binOf(logs[i]) === bin);
    const wanted = Math.min(members.length, Math.round(count / BINS));
    return wanted === 0 ? [] : sampleSpace(members, wanted, seed + bin);
  }).flat();
}

/** Shares of the published figures, and overheads, before anything is known of the machine. */
const GUESS = { share: 0.5, step: 1e-4, operator: 1e-6 };

/**
 * Which of `candidates` to run, the most telling first. What a parameter of the calibration contributes to the
 * time of a prefill and of a step, as a share of each, is how much a measurement says of it.
 */
function optimalChoice(candidates: readonly Candidate[], count: number, device: Device): number[] {
  const told = candidates.map((candidate) => {
    const inPrefill = contributions(candidate, device, 'prefill');
    return candidate.outputTokens > 0
      ? { ...inPrefill, ...contributions(candidate, device, 'decode') }
      : inPrefill;
  });
  const names = Object.keys(Object.assign({}, ...told)).filter((name) => told.some((each) => each[name] > 0));
  const jacobian = Float64Array.from(told.flatMap((each) => names.map((name) => each[name] ?? 0)));
  return chooseRows(jacobian, names.length, count, { distinct: true });
}

function contributions(
  candidate: Candidate,
  device: Device,
  quantity: 'prefill' | 'decode',
): Record<string, number> {
  const { architecture, format, inputTokens, outputTokens } = candidate;
  const measurement = {
    architecture,
    device,
    precision: weightFormats[format].precision,
    packing: packingOf(format),
    workload: { batch: 1, inputTokens, outputTokens },
  } as Measurement;
  const { otherMove, launches, steps, ...works } = featuresOf({ measurement, quantity, measuredSeconds: 1 });
  const parts: Record<string, number> = {
    ...Object.fromEntries(
      workKinds.map((kind) => {
        const isOfFormat = kind === 'linear' || kind === 'experts';
        const seconds = works[kind].reduce((sum, w) => sum + Math.max(w.compute, w.move), 0);
        return [`${quantity} ${kind}${isOfFormat ? ` ${format}` : ''}`, seconds / GUESS.share];
      }),
    ),
    [`${quantity} other`]: otherMove / GUESS.share,
    [`${quantity} operators`]: launches * GUESS.operator,
    [`${quantity} steps`]: steps * GUESS.step,
  };
  const total = Object.values(parts).reduce((sum, part) => sum + part, 0);
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part / total]));
}
