import { validateArchitecture } from '../architecture';
import { completeBoards, type Device, validateDevice } from '../device';
import { refuse } from '../errors';
import { fromHuggingFace } from '../huggingface';
import { type Law, validateLaw } from '../law/law';
import type { Calibration, FittedProfile } from '../measured/calibration';
import { fittedOn, validateCalibration } from '../measured/fitted';
import { validateProfile } from '../roofline/profile';
import { inFile } from '../schema/check';
import { parseConfig } from '../schema/json-text';
import { boardTexts, type Texts } from './inputs';

/** What a dropped file means: the controls that it sets, or an architecture to pin. */
export type FileMeaning = { warnings: string[] } & ({ texts: Partial<Texts> } | { pin: string });

/**
 * Reads a file that was dropped on the page: a law, a board, a profile, a calibration, an architecture, or the
 * config.json of a Hugging Face model, told apart by their keys. Of a calibration the profile of `device` is taken.
 */
export function readFile(name: string, content: string, device: string): FileMeaning {
  const value = parseConfig(content, name);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse(`${name} holds no JSON object`);
  const has = (key: string) => Object.hasOwn(value as object, key);
  if (has('formula') || has('parameters'))
    return {
      texts: {
        law: compactLaw(
          inFile(name, 'law', () => validateLaw(value)),
          name,
        ),
      },
      warnings: [],
    };
  if (has('bandwidthBytesPerSecond') || has('peakFlopsPerSecond'))
    return { texts: boardOf(inFile(name, 'device', () => validateDevice(value))), warnings: [] };
  if (has('bandwidthShare')) {
    const profile = inFile(name, 'profile', () => validateProfile(value));
    return { texts: { profile: JSON.stringify(profile) }, warnings: [] };
  }
  if (has('profiles')) {
    const { id, profile } = profileIn(
      inFile(name, 'calibration', () => validateCalibration(value)),
      device,
    );
    return { texts: { profile: JSON.stringify(profile) }, warnings: [`its profile "${id}" is taken`] };
  }
  if (has('depth')) {
    const architecture = inFile(name, 'architecture', () => validateArchitecture(value));
    return { pin: JSON.stringify(architecture), warnings: [] };
  }
  const { warnings, approximations } = fromHuggingFace(value);
  const ofLoss = approximations.map((sentence) => `for the loss, ${sentence}`);
  return { pin: JSON.stringify(value), warnings: [...warnings, ...ofLoss] };
}

/** The profile of the device, of the only board, or of all boards. */
function profileIn({ profiles }: Calibration, device: string): FittedProfile {
  const boards = profiles.filter((each) => each.device !== undefined && each.engine === undefined);
  const isOnly = boards.length === 1 && profiles.every(({ id }) => id !== device);
  return fittedOn(profiles, isOnly ? boards[0].id : device);
}

/** A board as the controls say it, under its own name. */
export function boardOf(device: Device): Partial<Texts> {
  const [board] = completeBoards([device]);
  if (board === undefined)
    refuse(`device "${device.id}" lacks a memory or a vector rate; write them into the file`);
  return { ...boardTexts(board), device: 'custom', boardName: device.name };
}

/** A law as the address carries it: without its errors and sources. */
function compactLaw({ formula, variables, parameters, terms, ranges, name }: Law, file: string): string {
  return JSON.stringify({ name: name ?? file, formula, variables, parameters, terms, ranges });
}
