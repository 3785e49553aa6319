import { validateArchitecture } from '../architecture';
import { completeBoards, type Device, validateDevice } from '../device';
import { refuse } from '../errors';
import { fromHuggingFace } from '../huggingface';
import { type Law, validateLaw } from '../law/law';
import { inFile } from '../schema/check';
import { parseConfig } from '../schema/json-text';
import { boardTexts, type Texts } from './inputs';

/** What a dropped file means: the controls that it sets, or an architecture to pin. */
export type FileMeaning = { texts: Partial<Texts> } | { pin: string; warnings: string[] };

/**
 * Reads a file that was dropped on the page: a law, a board, an architecture, or the config.json of a Hugging
 * Face model, told apart by their keys.
 */
export function readFile(name: string, content: string): FileMeaning {
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
    };
  if (has('bandwidthBytesPerSecond') || has('peakFlopsPerSecond'))
    return { texts: boardOf(inFile(name, 'device', () => validateDevice(value))) };
  if (has('depth')) {
    const architecture = inFile(name, 'architecture', () => validateArchitecture(value));
    return { pin: JSON.stringify(architecture), warnings: [] };
  }
  const { warnings, approximations } = fromHuggingFace(value);
  const ofLoss = approximations.map((sentence) => `for the loss, ${sentence}`);
  return { pin: JSON.stringify(value), warnings: [...warnings, ...ofLoss] };
}

/** A board as the controls say it, under its own name. */
function boardOf(device: Device): Partial<Texts> {
  const [board] = completeBoards([device]);
  if (board === undefined)
    refuse(`device "${device.id}" lacks a memory or a vector rate; write them into the file`);
  return { ...boardTexts(board), device: 'custom', boardName: device.name };
}

/** A law as the address carries it: without its errors and sources. */
function compactLaw({ formula, variables, parameters, terms, ranges, name }: Law, file: string): string {
  return JSON.stringify({ name: name ?? file, formula, variables, parameters, terms, ranges });
}
