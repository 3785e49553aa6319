/** Node only: the roofline against published measurements by others, and whether what is left matters. */
import { latencyObjectives } from '../frontier/evaluate';
import { predictLoss } from '../law/law';
import { reconstructRuns } from '../law/reconstruct';
import { frontierHere } from '../measure/here';
import { type Comparison, compare, summariseErrors } from '../measured/compare';
import { medianErrorInterval } from '../measured/evidence';
import type { Shifts } from '../measured/matter';
import { boardProfiles, calibration, heldOutProfiles, profileNamed } from '../measured/profiles';
import { readMeasurements } from '../measured/read-measurements';
import { idealProfile } from '../roofline/profile';
import type { Evidence } from './evidence';
import { atBaselineLatency } from './space';
import { compared, type Finding } from './verdict';

const phases = ['prefill', 'decode'] as const;
const inPhase = (phase: (typeof phases)[number]) => (comparison: Comparison) =>
  (comparison.quantity === 'prefill') === (phase === 'prefill');

/** The ideal roofline and the calibrated one, models left out, against `data/measured.csv`. */
async function comparisons() {
  const measurements = await readMeasurements();
  return {
    rows: measurements.length,
    ideal: compare(measurements, ({ device }) => profileNamed('ideal', device.id)),
    heldOut: compare(measurements, heldOutProfiles(calibration())),
  };
}

/** Rank correlation of predicted and measured latency, both phases. */
export async function measuredCorrelation(_: Evidence, { atLeast }: { atLeast: number }): Promise<Finding> {
  const { rows, ideal } = await comparisons();
  const [prefill, decode] = phases.map((phase) => summariseErrors(ideal.filter(inPhase(phase))).spearman!);
  return compared(Math.min(prefill, decode) >= atLeast, {
    ours: `rank correlation ${prefill.toFixed(2)} in prefill, ${decode.toFixed(2)} in decode`,
    how: `${rows} published rows on Jetson boards, not the paper's; ${atLeast} taken as strong; the values themselves are off by more than the paper grants`,
    value: decode,
  });
}

/** Median deviation of the ideal roofline from measured latency, both phases; and what calibration leaves. */
export async function measuredDeviation(_: Evidence, { atMost }: { atMost: number }): Promise<Finding> {
  const { ideal, heldOut } = await comparisons();
  const median = (of: Comparison[]) => summariseErrors(of).medianAbsolutePercentError!;
  const [prefill, decode] = phases.map((phase) => median(ideal.filter(inPhase(phase))));
  const calibrated = phases.map((phase) => {
    const of = heldOut.filter(inPhase(phase));
    const { low, high } = medianErrorInterval(of);
    return `${median(of).toFixed(0)} % (${low.toFixed(0)}–${high.toFixed(0)} %) in ${phase}`;
  });
  return compared(Math.max(prefill, decode) <= atMost, {
    ours: `median ${prefill.toFixed(0)} % in prefill, ${decode.toFixed(0)} % in decode`,
    how: `engines sustain neither peak nor bandwidth; calibrated, on models left out of the fit: ${calibrated.join(', ')}`,
    value: decode,
  });
}

/** What is lost by choosing architectures by the ideal roofline where the calibrated one is true. */
export function rankingSuffices({ law, shifts }: Evidence): Finding {
  const { calibrated, onOperators } = shifts();
  const regret = (of: Shifts) => Math.max(...latencyObjectives.map((each) => of[each].meanRegretNats));
  const overlaps = latencyObjectives.map((each) => 100 * calibrated[each].overlap);
  const least = Math.min(...latencyObjectives.map((each) => calibrated[each].spearman));
  const residuals = reconstructRuns(law).map((run) => run.loss - predictLoss(law, run.architecture).loss);
  const scatter = Math.hypot(...residuals) / Math.sqrt(residuals.length);
  const [lost, harsh] = [regret(calibrated), regret(onOperators)];
  return compared(Math.max(lost, harsh) < scatter, {
    ours: `loses ${lost.toFixed(3)} nats on average to a calibrated choice; ${harsh.toFixed(3)} with the overhead on operators`,
    how: `rank correlation ${least.toFixed(3)} or more, though only ${Math.min(...overlaps).toFixed(0)}–${Math.max(...overlaps).toFixed(0)} % of the frontiers coincide; less than the ${scatter.toFixed(3)} nats by which runs scatter about the law (from the paper's R²) is taken as sufficient`,
    value: lost,
  });
}

/** The gain over the baseline at equal latency, under the ideal and the calibrated roofline. */
export function baselineCalibrated(evidence: Evidence): Finding {
  const setting = evidence.setting('fp16');
  const { profile, onOperators } = boardProfiles(setting.device.id);
  const profiles = { ideal: idealProfile, calibrated: profile, 'overhead on operators': onOperators };
  const gains = Object.entries(profiles).map(([name, each]) => {
    const { vocabulary } = evidence.qwen();
    const { reference, best } = atBaselineLatency(evidence, { ...setting, profile: each }, vocabulary);
    return { name, nats: Number((reference.loss - best.loss).toFixed(3)) };
  });
  return compared(
    gains.every(({ nats }) => nats > 0),
    {
      ours: gains.map(({ name, nats }) => `${name}: −${nats.toFixed(2)} nats`).join(', '),
      how: 'predicted by the published law, not trained; the winner is another architecture, the gain nearly the same',
      value: gains[1].nats,
    },
  );
}

/** Median deviation of the roofline, calibrated on rows of our own, from those that were kept for the test. */
export async function hereDeviation({ here }: Evidence, { atMost }: { atMost: number }): Promise<Finding> {
  const { board, calibration: fitted } = await here();
  const { rows, ideal, fitted: calibrated } = fitted.errors.test!;
  const median = (of: typeof ideal, phase: (typeof phases)[number]) => of[phase].medianAbsolutePercentError!;
  const [prefill, decode] = phases.map((phase) => median(calibrated, phase));
  const before = phases.map((phase) => `${median(ideal, phase).toFixed(0)} % in ${phase}`);
  return compared(Math.max(prefill, decode) <= atMost, {
    ours: `median ${prefill.toFixed(1)} % in prefill, ${decode.toFixed(1)} % in decode`,
    how: `measured by colaw on ${board.name}; ${rows} architectures kept from the calibration; the ideal roofline of the same board is off by ${before.join(', ')}`,
    value: decode,
  });
}

/** Whether the predicted frontier is in front when its points and the next best are measured. */
export async function hereFrontier(
  { law, here: measured }: Evidence,
  { atLeast }: { atLeast: number },
): Promise<Finding> {
  const here = await measured();
  const { points, spearman, medianAbsolutePercentError, beats } = frontierHere(here, law);
  const challengers = points.filter(({ role }) => role === 'challenger').length;
  return compared(spearman! >= atLeast && beats.length === 0, {
    ours: `rank correlation ${spearman!.toFixed(3)}; ${beats.length} times one of ${challengers} challengers is as good and faster`,
    how: `measured by colaw on ${here.board.name}: ${points.length - challengers} points of the predicted frontier and the next best beside them; times are off by ${medianAbsolutePercentError!.toFixed(0)} % at the median; losses are the law's`,
    value: spearman!,
  });
}
