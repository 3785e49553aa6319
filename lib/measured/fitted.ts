/** Fitted profiles as they are read from a file, and which of them a board has. */
import { refuse, show } from '../errors';
import { calibrationSchema } from '../schema/calibration';
import { check } from '../schema/check';
import { repeated } from '../schema/fields';
import type { Calibration, FittedProfile } from './calibration';

/**
 * The profile of a board: over all engines or, where one engine alone was measured on it, of that engine on it. Where the
 * board was never measured, that of all boards.
 */
export function fittedOn<P extends Pick<FittedProfile, 'id' | 'engine' | 'device'>>(
  profiles: readonly P[],
  deviceId: string,
): P {
  const pairs = profiles.filter(({ engine, device }) => engine !== undefined && device === deviceId);
  if (pairs.length === 1) return pairs[0];
  const named = (wanted: string) => profiles.find(({ id }) => id === wanted);
  return named(deviceId) ?? named('pooled')!;
}

/** Checks a calibration, as far as it is used; throws an `InputError` naming field, value and rule. */
export function validateCalibration(value: unknown): Calibration {
  const read = check(calibrationSchema, value, 'calibration') as Calibration;
  const twice =
    repeated(read.profiles.map(({ id }) => id)) ??
    repeated(read.heldOut.map(({ model, id }) => JSON.stringify([model, id])));
  if (twice !== undefined) refuse(`calibration has two profiles for ${show(twice)}`);
  if (!read.profiles.some(({ id }) => id === 'pooled')) refuse('calibration has no profile "pooled"');
  return read;
}
