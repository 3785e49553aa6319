/** Node only: the profiles that ship with the project, and how one is chosen. */
import { refuse } from '../errors';
import { dataFile, isJsonFile, readAs, readJson } from '../files/data';
import { nameOf } from '../files/read';
import { idealProfile, type Profile, validateProfile } from '../roofline/profile';
import { inFile } from '../schema/check';
import type { Calibration } from './calibration';
import { fittedOn, validateCalibration } from './fitted';
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
 * The profile that `name` stands for on a device: `ideal`; `fitted`, that of the device (`fittedOn`) or, where it was
 * never measured, that of all boards; an identifier of `data/profiles.json`; or a file `*.json` with one
 * profile, or with a calibration, which is taken as `fitted` is.
 *
 * @example profileNamed('ideal', 'jetson-agx-orin-64gb').bandwidthShare // 1
 */
export function profileNamed(name: string, deviceId: string): Profile {
  if (name === 'ideal') return idealProfile;
  if (isJsonFile(name)) {
    const own = readOwn(name);
    return 'profiles' in own ? fittedOn(own.profiles, deviceId).profile : own;
  }
  const shipped = calibration();
  if (name === 'fitted') return fittedOn(shipped.profiles, deviceId).profile;
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
 * What is to be said of the profile that `name` stands for on a device: that the device was never measured.
 *
 * @example profileNote('fitted', 'jetson-agx-orin-64gb') // undefined
 */
export function profileNote(name: string, deviceId: string): string | undefined {
  const from = calibrationNamed(name);
  if (from === undefined || fittedOn(from.profiles, deviceId).id !== 'pooled') return undefined;
  const file = name === 'fitted' ? 'data/profiles.json' : nameOf(name);
  const devices = from.profiles.filter((each) => each.engine === undefined && each.device !== undefined);
  const engines = from.profiles.filter((each) => each.engine !== undefined && each.device === undefined);
  const alone =
    name === 'fitted' ? `; of one engine alone: --profile ${engines.map(({ id }) => id).join(', ')}` : '';
  return `${file} has no measurement of "${deviceId}": its profile is that of ${devices.length} other boards and all engines${alone}`;
}

/**
 * The profile for each measurement, fitted without its model: that of its engine on its board or, where the pair
 * was never measured, that of the engine, of the board, or of all. An engine may have more to its name, such as
 * `llama.cpp (llama-server)` or `vLLM 0.9`.
 *
 * @example heldOutProfiles(calibration())(measurements[0]).bandwidthShare < 1 // true
 */
export function heldOutProfiles({ profiles, heldOut }: Calibration): (measurement: Measurement) => Profile {
  const engines = [
    ...new Set(profiles.flatMap(({ engine }) => (engine === undefined ? [] : [slug(engine)]))),
  ];
  return ({ model, engine, device }) => {
    const known = knownEngine(slug(engine), engines);
    const ids = [`${known}/${device.id}`, known, device.id, 'pooled'];
    const { id, profile } = ids
      .map((wanted) => profiles.find((each) => each.id === wanted))
      .find((each) => each !== undefined)!;
    return heldOut.find((each) => each.model === model && each.id === id)?.profile ?? profile;
  };
}

/** The longest of `engines` with which a name begins, as a word of its own. */
function knownEngine(name: string, engines: readonly string[]): string {
  const begun = engines.filter((each) => name.startsWith(each) && !/^[a-z0-9]/.test(name.slice(each.length)));
  return begun.sort((a, b) => b.length - a.length)[0] ?? name;
}

const idsOf = ({ profiles }: Calibration) => profiles.map(({ id }) => id).join(', ');

/**
 * The fitted profile of a board, and the same with its overhead moved from steps onto operators as far as the
 * resampled models allow: the 5 % quantile of the step, the 95 % quantile of the operator.
 *
 * @example boardProfiles('jetson-agx-orin-64gb').profile.bandwidthShare < 1 // true
 */
export function boardProfiles(deviceId: string): { profile: Profile; onOperators: Profile } {
  const { profile, low, high } = fittedOn(calibration().profiles, deviceId);
  const { stepOverheadSeconds } = low;
  const { operatorOverheadSeconds } = high;
  return { profile, onOperators: { ...profile, stepOverheadSeconds, operatorOverheadSeconds } };
}
