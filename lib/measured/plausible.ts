import { refuse } from '../errors';
import type { Observation, Quantity } from './measurement';
import { floorSeconds } from './predict';

/** A number this much below what the hardware allows is still let pass: packings and clocks vary by as much. */
export const FASTER_MARGIN = 1.1;
/** The same on a board whose figures were measured: they are what one probe sustained, and no bound. */
const MEASURED_MARGIN = 1.5;
/**
 * So many times slower than the hardware allows, a number is in another unit: four times beyond the slowest
 * published rows, which are 24, 7 and 2.6 times slower.
 */
export const SLOWER_MARGIN: Record<Quantity, number> = { prefill: 100, decode: 30, total: 10 };
/** Twice the slowest step that was fitted: what a small model may lose on a fast board without being a wrong unit. */
const STEP_SECONDS = 0.02;
/**
 * A number slower than any published one is taken for tokens per second where, read so, it lies between what the
 * hardware allows and three times that.
 */
const USUAL_MARGIN = 3;

const COLUMNS: Record<Quantity, string> = {
  prefill: 'prefillSeconds',
  decode: 'decodeSecondsPerToken',
  total: 'totalSeconds',
};

/** Refuses a number that cannot be seconds: faster than the hardware can be, or absurdly slow. */
export function checkPlausible(observation: Observation): void {
  const { measurement, quantity } = observation;
  const { place, id, device, workload } = measurement;
  const tokens = quantity === 'total' ? workload.outputTokens : 1;
  const measured = tokens * observation.measuredSeconds;
  const floor = tokens * floorSeconds(observation);
  const say = (what: string, hint: string) =>
    refuse(`${place} (${id}): ${COLUMNS[quantity]} ${shorten(measured)} ${what}; ${hint}`);
  const margin = device.measured === true ? MEASURED_MARGIN : FASTER_MARGIN;
  const { batch, inputTokens, outputTokens } = workload;
  const processed = batch * { prefill: inputTokens, decode: 1, total: outputTokens }[quantity];
  const limit = `the ${shorten(floor)} s that bandwidth and peak of ${device.id} allow`;
  if (measured * margin < floor)
    say(
      `is ${shorten(floor / measured)} times faster than ${limit}`,
      'check batch, prompt length and bits per weight, and whether a cached prompt or a sparse peak is meant',
    );
  const steps = quantity === 'total' ? outputTokens : 1;
  const slowest = SLOWER_MARGIN[quantity] * floor + steps * STEP_SECONDS;
  const ratio = measured / floor;
  const asRate = processed / measured;
  const isRate = asRate * margin > floor && asRate < USUAL_MARGIN * floor;
  if (measured > (isRate ? slowest / 4 : slowest)) {
    const possible = (seconds: number) => seconds * margin > floor && seconds < slowest;
    const readings = [
      ...(possible(measured / 1000) ? [`in milliseconds (then ${shorten(measured / 1000)} s)`] : []),
      ...(possible(asRate) ? [`in tokens per second (then ${shorten(asRate)} s)`] : []),
    ];
    const hint = readings.length > 0 ? `is it ${readings.join(' or ')}?` : 'check its unit, batch and tokens';
    say(`is ${shorten(ratio)} times slower than ${limit}`, hint);
  }
}

function shorten(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
