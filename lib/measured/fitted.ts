/** Fitted profiles as they are read from a file, and which of them a board has. */
import { refuse, show } from '../errors';
import { calibrationSchema } from '../schema/calibration';
import { check } from '../schema/check';
import { repeated } from '../schema/fields';
import type { Calibration } from './calibration';

/** The profile of a board or, where it was never measured, that of all boards. */
export function fittedOn<P extends { id: string }>(profiles: readonly P[], deviceId: string): P {
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
