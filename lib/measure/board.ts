/** Node only: this machine as a device, by what the engine sustains in large products. */
import type { Board } from '../device';
import { refuse } from '../errors';
import { type FormatName, packingOf } from './formats';
import { runnable } from './gguf';
import type { Job, Outcome } from './job';
import { thisMachine } from './machine';
import { type Runner, runJobs, together } from './queue';
import { type Repeated, summarise } from './statistics';

/** A layer whose weights, 111 million, no cache holds, and whose products are large enough to fill the cores. */
const layer = { width: 4096, heads: 8, headDim: 128, kvHeads: 2, ffnRatio: 2, experts: 1, activeExperts: 1 };
const LAYER_WEIGHTS = 2 * 4096 * (1024 + 256) + 3 * 4096 * 8192;
/** What one layer takes is the difference between three and one: all that happens once cancels. */
const DEPTHS = [1, 3] as const;
const PROMPT = 256;
const STEPS = 12;
/** Weights as numbers of 32 bits tell the rate of the general cores. */
const PROBES: readonly FormatName[] = ['f16', 'q8_0', 'f32'];

/** Two depths of one format, and what they are for. */
export function boardJobs(): Job[] {
  return PROBES.flatMap((format) =>
    DEPTHS.map((depth) => {
      const { architecture } = runnable({ ...layer, depth }, format);
      const id = `board-${format}-${depth}`;
      const subject = { architecture, format };
      return { id, model: id, subject, inputTokens: PROMPT, outputTokens: STEPS, role: 'reference' as const };
    }),
  );
}

/** A rate with its spread, as a share. */
interface Rate {
  rate: number;
  spread: number;
}

/**
 * Measures this machine: bandwidth is the fastest at which any format's weights were read in a step, the peaks are
 * the rates of products in a prompt of 256 tokens (fp16 with f16 weights, int8 with q8_0, vector with f32). `spread`
 * of each is its median absolute deviation as a share. All is measured in so many `passes`. `report` is told of each probe.
 */
export async function measureBoard(
  run: Runner,
  passes: number,
  report: (line: string) => void = () => {},
): Promise<Board> {
  const outcomes = new Map<string, Outcome>();
  const jobs = Array.from({ length: passes }, boardJobs).flat();
  for await (const result of runJobs(jobs, run)) {
    const { id } = result.job;
    if ('failure' in result) refuse(`${id}: ${result.failure}`);
    const before = outcomes.get(id);
    outcomes.set(id, together([...(before ? [before] : []), result.outcome]));
    report(id);
  }
  const perLayer = (format: FormatName, phase: 'prefill' | 'step') => {
    const [one, three] = DEPTHS.map((depth) => {
      const outcome = outcomes.get(`board-${format}-${depth}`);
      return outcome ? summarise(outcome[phase]) : refuse('the time was over before the board was measured');
    });
    return difference(one, three, `${format} ${phase}`);
  };
  const compute = (format: FormatName) => rateOf(2 * PROMPT * LAYER_WEIGHTS, perLayer(format, 'prefill'));
  const bandwidth = PROBES.map((format) =>
    rateOf(LAYER_WEIGHTS * packingOf(format).weight, perLayer(format, 'step')),
  ).reduce((best, each) => (each.rate > best.rate ? each : best));
  const [fp16, int8, vector] = PROBES.map(compute);
  const { version, threads } = outcomes.get('board-f16-1')!;
  const { id, name, memoryBytes } = thisMachine();
  const digits = ({ rate }: Rate) => Number(rate.toPrecision(4));
  const share = ({ spread }: Rate) => Number(spread.toPrecision(2));
  return {
    id,
    name,
    bandwidthBytesPerSecond: digits(bandwidth),
    memoryCapacityBytes: memoryBytes,
    peakFlopsPerSecond: { fp16: digits(fp16), int8: digits(int8) },
    vectorFlopsPerSecond: digits(vector),
    measured: true,
    spread: {
      bandwidthBytesPerSecond: share(bandwidth),
      'peakFlopsPerSecond.fp16': share(fp16),
      'peakFlopsPerSecond.int8': share(int8),
      vectorFlopsPerSecond: share(vector),
    },
    notes: `Sustained by llama.cpp ${version} with ${threads} threads, by \`colaw measure --board\`.`,
  };
}

/** Seconds of one layer: half of what two more of them add. */
function difference(one: Repeated, three: Repeated, what: string): Repeated {
  const added = (three.median - one.median) / 2;
  if (added <= 0)
    refuse(`${what}: three layers were as fast as one, so the machine was busy; measure it again`);
  return { median: added, deviation: Math.hypot(one.deviation, three.deviation) / 2, count: one.count };
}

function rateOf(work: number, { median, deviation }: Repeated): Rate {
  return { rate: work / median, spread: deviation / median };
}
