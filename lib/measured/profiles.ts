/** Node only: the profiles that ship with the project, and how one is chosen. */

import { refuse } from '../errors';
import { dataFile, readJson } from '../files/data';
import { idealProfile, type Profile, validateProfile } from '../roofline/profile';
import type { Calibration } from './calibration';
import { type Measurement, slug } from './measurement';

/**
 * The calibration in `data/profiles.json`, or in another file that `colaw calibrate` wrote.
 *
 * @example calibration().profiles[0].id // 'pooled'
 */
export function calibration(file = dataFile('profiles.json')): Calibration {
  return validateCalibration(readJson(file), file);
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
  if (name.endsWith('.json')) {
    const own = readJson(name);
    return isCalibration(own)
      ? profileOf(validateCalibration(own, name), deviceId, name)
      : validateProfile(own);
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
  if (!name.endsWith('.json')) return undefined;
  const own = readJson(name);
  return isCalibration(own) ? validateCalibration(own, name) : undefined;
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
  const found = from.profiles.find(({ id }) => id === deviceId);
  return (
    found?.profile ??
    refuse(
      `${file} has no measurement of "${deviceId}", so no profile for it; name another instead: ${idsOf(from)}`,
    )
  );
}

const idsOf = ({ profiles }: Calibration) => profiles.map(({ id }) => id).join(', ');

const isCalibration = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && 'profiles' in value;

/** Checks what is read of a calibration; throws an `InputError` naming file, entry and rule. */
function validateCalibration(value: unknown, file: string): Calibration {
  const read = value as Calibration;
  for (const list of ['profiles', 'heldOut'] as const) {
    if (!Array.isArray(read?.[list]))
      refuse(`${file} has no list "${list}"; write it with \`colaw calibrate\``);
    for (const [i, each] of read[list].entries())
      try {
        validateProfile(each?.profile);
      } catch (error) {
        refuse(`${file}, ${list}[${i}]: ${(error as Error).message}`);
      }
  }
  if (!read.profiles.some(({ id }) => id === 'pooled')) refuse(`${file} has no profile "pooled"`);
  return read;
}
