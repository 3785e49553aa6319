/** Node only: the profiles that ship with the project, and how one is chosen. */
import { dataFile, readJson } from '../data';
import { refuse } from '../errors';
import { idealProfile, type Profile, validateProfile } from '../roofline/profile';
import type { Calibration } from './calibration';
import { type Measurement, slug } from './measurement';

/** The calibration in `data/profiles.json`, or in another file that `colaw calibrate` wrote. */
export function calibration(file = dataFile('profiles.json')): Calibration {
  return readJson(file) as Calibration;
}

/**
 * The profile that `name` stands for on a device: `ideal`; `fitted`, that of the device over all engines;
 * an identifier of `data/profiles.json`; or a JSON file.
 */
export function profileNamed(name: string, deviceId: string): Profile {
  if (name === 'ideal') return idealProfile;
  if (name.endsWith('.json')) return validateProfile(readJson(name));
  const { profiles } = calibration();
  const wanted = name === 'fitted' ? deviceId : name;
  const found = profiles.find(({ id }) => id === wanted);
  if (found !== undefined) return found.profile;
  const known = profiles.map(({ id }) => id).join(', ');
  if (name === 'fitted')
    refuse(`no measurement of "${deviceId}", so none to fit; name a profile instead: ${known}`);
  return refuse(`unknown profile "${name}"; known: ideal, fitted, ${known}`);
}

/**
 * The fitted profile for each measurement: that of its engine on its board, fitted without its model. Where the
 * pair was never measured, that of the engine, of the board, or of all.
 */
export function heldOutProfiles({ profiles, heldOut }: Calibration): (measurement: Measurement) => Profile {
  return ({ model, engine, device }) => {
    const unseen = heldOut.find((h) => h.model === model && h.engine === engine && h.device === device.id);
    if (unseen !== undefined) return unseen.profile;
    const ids = [`${slug(engine)}/${device.id}`, slug(engine), device.id, 'pooled'];
    return ids.map((id) => profiles.find((each) => each.id === id)).find((each) => each !== undefined)!
      .profile;
  };
}
