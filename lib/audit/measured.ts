/** Node only: checks of what the paper says of measured latencies, on published measurements by others. */
import { compare, phaseErrors } from '../measured/compare';
import { profileNamed } from '../measured/profiles';
import { readMeasurements } from '../measured/read-measurements';
import type { Evidence } from './evidence';
import { compared, type Finding } from './verdict';

/** Errors of the ideal roofline on `data/measured.csv`. */
async function idealErrors() {
  const measurements = await readMeasurements();
  return {
    rows: measurements.length,
    errors: phaseErrors(compare(measurements, ({ device }) => profileNamed('ideal', device.id))),
  };
}

/** Rank correlation of predicted and measured latency, both phases. */
export async function measuredCorrelation(_: Evidence, { atLeast }: { atLeast: number }): Promise<Finding> {
  const { rows, errors } = await idealErrors();
  const [prefill, decode] = [errors.prefill.spearman!, errors.decode.spearman!];
  return compared(Math.min(prefill, decode) >= atLeast, {
    ours: `rank correlation ${prefill.toFixed(2)} in prefill, ${decode.toFixed(2)} in decode`,
    how: `ideal roofline against ${rows} published measurements on Jetson boards, not the paper's; at least ${atLeast} counts as strong`,
    value: Math.min(prefill, decode),
  });
}

/** Median deviation of the ideal roofline from measured latency, both phases. */
export async function measuredDeviation(_: Evidence, { atMost }: { atMost: number }): Promise<Finding> {
  const { rows, errors } = await idealErrors();
  const [prefill, decode] = [
    errors.prefill.medianAbsolutePercentError!,
    errors.decode.medianAbsolutePercentError!,
  ];
  return compared(Math.max(prefill, decode) <= atMost, {
    ours: `median ${prefill.toFixed(0)} % in prefill, ${decode.toFixed(0)} % in decode`,
    how: `ideal roofline against ${rows} published measurements on Jetson boards, not the paper's; predictions are too fast`,
    value: Math.max(prefill, decode),
  });
}
