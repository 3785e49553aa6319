/** Node only: the profiles that ship with the project, and how one is chosen. */

import { refuse, show } from '../errors';
import { dataFile, isJsonFile, readAs, readJson } from '../files/data';
import { nameOf } from '../files/read';
import { idealProfile, type Profile, validateProfile } from '../roofline/profile';
import { calibrationSchema } from '../schema/calibration';
import { check, inFile } from '../schema/check';
import { repeated } from '../schema/fields';
import type { Calibration, FittedProfile } from './calibration';
import { type Measurement, slug } from './measurement';

/**
 * The calibration in `data/profiles.json`, or in another file that `colaw calibrate` wrote.
 *
 * @example calibration().profiles[0].id // 'pooled'
 */
export function calibration(file = dataFile('profiles.json')): Calibration {
  return readAs('calibration', file, validateCalibration);
}

/**
 * The profile that `name` stands for on a device: `ideal`; `fitted`, that of the device over all engines;
 * an identifier of `data/profiles.json`; or a file `*.json` with one profile, or with a calibration, which is
 * taken as `fitted` is.
 *
 * @example profileNamed('ideal', 'jetson-agx-orin-64gb').bandwidthShare // 1
 */
export function profileNamed(name: string, deviceId: string): Profile {
  if (name === 'ideal') return idealProfile;
  if (isJsonFile(name)) {
    const own = readOwn(name);
    return 'profiles' in own ? profileOf(own, deviceId, nameOf(name)) : own;
  }
  const shipped = calibration();
  if (name === 'fitted') return profileOf(shipped, deviceId, 'data/profiles.json');
  const found = shipped.profiles.find(({ id }) => id === name);
  return (
    found?.profile ??
    refuse(`unknown profile "${name}"; known: ideal, fitted, ${idsOf(shipped)}, or a file named *.json`)
  );
}

/**
 * The calibration that `name` stands for where each measurement has a profile of its own (`heldOutProfiles`):
 * `fitted`, the one that ships, or a file of `colaw calibrate`; undefined where `name` is one profile for all.
 */
export function calibrationNamed(name: string): Calibration | undefined {
  if (name === 'fitted') return calibration();
  if (!isJsonFile(name)) return undefined;
  const own = readOwn(name);
  return 'profiles' in own ? own : undefined;
}

/** One profile, or a calibration, told apart by its lists. */
function readOwn(file: string): Profile | Calibration {
  const value = readJson(file);
  const isCalibration = ['profiles', 'heldOut'].some((key) => Object.hasOwn(Object(value), key));
  return isCalibration
    ? inFile(nameOf(file), 'calibration', () => validateCalibration(value))
    : inFile(nameOf(file), 'profile', () => validateProfile(value));
}

/**
 * The profile for each measurement, fitted without its model: that of its engine on its board or, where the pair
 * was never measured, that of the engine, of the board, or of all.
 *
 * @example heldOutProfiles(calibration())(measurements[0]).bandwidthShare < 1 // true
 */
export function heldOutProfiles({ profiles, heldOut }: Calibration): (measurement: Measurement) => Profile {
  return ({ model, engine, device }) => {
    const ids = [`${slug(engine)}/${device.id}`, slug(engine), device.id, 'pooled'];
    const { id, profile } = ids
      .map((wanted) => profiles.find((each) => each.id === wanted))
      .find((each) => each !== undefined)!;
    return heldOut.find((each) => each.model === model && each.id === id)?.profile ?? profile;
  };
}

function profileOf(from: Calibration, deviceId: string, file: string): Profile {
  return fittedOn(from, deviceId, file).profile;
}

function fittedOn(from: Calibration, deviceId: string, file: string): FittedProfile {
  return (
    from.profiles.find(({ id }) => id === deviceId) ??
    refuse(
      `${file} has no measurement of "${deviceId}", so no profile for it; name another instead: ${idsOf(from)}`,
    )
  );
}

const idsOf = ({ profiles }: Calibration) => profiles.map(({ id }) => id).join(', ');

/** Checks a calibration, as far as it is used; throws an `InputError` naming field, value and rule. */
function validateCalibration(value: unknown): Calibration {
  const read = check(calibrationSchema, value, 'calibration') as Calibration;
  const twice =
    repeated(read.profiles.map(({ id }) => id)) ??
    repeated(read.heldOut.map(({ model, id }) => JSON.stringify([model, id])));
  if (twice !== undefined) refuse(`calibration has two profiles for ${show(twice)}`);
  if (!read.profiles.some(({ id }) => id === 'pooled')) refuse('calibration has no profile "pooled"');
  return read;
}

/**
 * The fitted profile of a board, and the same with its overhead moved from steps onto operators as far as the
 * resampled models allow: the 5 % quantile of the step, the 95 % quantile of the operator.
 *
 * @example boardProfiles('jetson-agx-orin-64gb').profile.bandwidthShare < 1 // true
 */
export function boardProfiles(deviceId: string): { profile: Profile; onOperators: Profile } {
  const { profile, low, high } = fittedOn(calibration(), deviceId, 'data/profiles.json');
  const { stepOverheadSeconds } = low;
  const { operatorOverheadSeconds } = high;
  return { profile, onOperators: { ...profile, stepOverheadSeconds, operatorOverheadSeconds } };
}
