/** Node only: the law on runs that we trained ourselves, small models all of them. */
import type { TinyRuns } from '../train/tiny-runs';
import type { Evidence } from './evidence';
import { compared, type Finding } from './verdict';

/** What is said of every finding: how many runs, and how far chance goes. */
function measuredOn({ runs, noise, done, planned, reachable }: TinyRuns): string {
  const training = runs.isTraining.filter((each) => each).length;
  const counts = `${training} + ${runs.loss.length - training}`;
  const part = done === planned ? '' : `; ${done} of ${planned} planned runs are here`;
  return `measured on ${counts} small models trained here; noise floor ${noise.deviation.toFixed(3)} nats, so that a perfect law would reach R² = ${reachable.toFixed(3)}${part}`;
}

/** R² of Eq. 2 on the runs that it was fitted to, or on those held out before any was trained. */
export async function tinyFitReaches(
  { tinyRuns }: Evidence,
  { split, printed, within }: { split: 'train' | 'validation'; printed: number; within: number },
): Promise<Finding> {
  const tiny = await tinyRuns();
  const value = tiny.fit.r2[split] ?? Number.NaN;
  return compared(Math.abs(value - printed) < within, {
    ours: value.toFixed(3),
    how: measuredOn(tiny),
    value,
  });
}

/** Whether each printed exponent lies within our interval of 90 %, by refits to resampled architectures. */
export async function tinyExponentsHold(
  { law, tinyRuns }: Evidence,
  { names, refits }: { names: string[]; refits: number },
): Promise<Finding> {
  const { bootstrap, parameterIntervals } = await import('../law/uncertainty/bootstrap.js');
  const { tinyBounds } = await import('../train/laws.js');
  const tiny = await tinyRuns();
  const options = { kind: 'case', count: refits, bounds: tinyBounds } as const;
  const intervals = parameterIntervals(bootstrap(tiny.runs, tiny.fit, options), 0.9);
  const inside = names.filter((name) => {
    const [low, high] = intervals[name];
    return low <= law.parameters[name] && law.parameters[name] <= high;
  });
  const span = ([low, high]: readonly [number, number]) => `${low.toPrecision(2)} … ${high.toPrecision(2)}`;
  return compared(inside.length === names.length, {
    ours: names.map((name) => `${name} ${span(intervals[name])}`).join(', '),
    how: `${inside.length} of ${names.length} lie within our 90 % intervals; ${measuredOn(tiny)}`,
    value: inside.length,
  });
}

/**
 * Whether the architecture that the law designed at the baseline's latency has the lower loss, both trained, and is no
 * slower, both timed.
 */
export async function tinyCodesignGains(_: Evidence): Promise<Finding> {
  const { dataFile } = await import('../files/data.js');
  const { NOISE } = await import('../measure/frontier-check.js');
  const { codesignTimes } = await import('../measure/here.js');
  const { codesignOutcome } = await import('../train/codesign.js');
  const { readRunRows } = await import('../train/runs-table.js');
  const outcome = codesignOutcome(readRunRows(dataFile('runs-tiny-codesign.csv')));
  const { gain, error, perplexityRatio } = outcome;
  const { baseline, designed } = await codesignTimes();
  const slower = designed.measuredSeconds - baseline.measuredSeconds;
  const noise = NOISE * (designed.deviationSeconds + baseline.deviationSeconds);
  const ms = ({ measuredSeconds, deviationSeconds }: typeof baseline) =>
    `${(1000 * measuredSeconds).toFixed(0)} ± ${(1000 * deviationSeconds).toFixed(0)} ms`;
  return compared(gain > 2 * error && slower < noise, {
    ours: `perplexity ${(100 * (perplexityRatio - 1)).toFixed(1)} %: ${gain.toFixed(3)} ± ${error.toFixed(3)} nats`,
    how: `measured: ${outcome.baseline.length} and ${outcome.designed.length} seeds trained by the protocol of the plan, small models; timed at ${ms(baseline)} and ${ms(designed)}, equal within ${NOISE} deviations`,
    value: gain,
  });
}
