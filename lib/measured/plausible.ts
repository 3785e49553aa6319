import { refuse } from '../errors';
import type { Observation, Quantity } from './measurement';
import { floorSeconds } from './predict';

/** A number this much below what the hardware allows is still let pass: packings and clocks vary by as much. */
export const FASTER_MARGIN = 1.1;
/**
 * So many times slower than the hardware allows, a number is in another unit: four times beyond the slowest
 * published rows, which are 24, 7 and 2.6 times slower.
 */
export const SLOWER_MARGIN: Record<Quantity, number> = { prefill: 100, decode: 30, total: 10 };

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
  const { batch, inputTokens, outputTokens } = workload;
  const processed = batch * { prefill: inputTokens, decode: 1, total: outputTokens }[quantity];
  const limit = `the ${shorten(floor)} s that bandwidth and peak of ${device.id} allow`;
  if (measured * FASTER_MARGIN < floor)
    say(
      `is ${shorten(floor / measured)} times faster than ${limit}`,
      'check batch, prompt length and bits per weight, and whether a cached prompt or a sparse peak is meant',
    );
  if (measured > SLOWER_MARGIN[quantity] * floor)
    say(
      `is ${shorten(measured / floor)} times slower than ${limit}`,
      `is it in milliseconds (then ${shorten(measured / 1000)} s) or in tokens per second (then ${shorten(processed / measured)} s)?`,
    );
}

function shorten(value: number): string {
  return Number(value.toPrecision(3)).toString();
}
