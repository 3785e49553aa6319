import { validateArchitecture } from '../architecture';
import { type Device, validateDevice } from '../device';
import { refuse } from '../errors';
import { type Law, validateLaw } from '../law/law';
import { boardTexts, type Texts } from './inputs';
import { json } from './readers';

/** What a dropped file means: the controls that it sets, or an architecture to pin. */
export type FileMeaning = { texts: Partial<Texts> } | { pin: string };

/** Reads a file that was dropped on the page: a law, a board or an architecture, told apart by their keys. */
export function readFile(name: string, content: string): FileMeaning {
  const value = json(content, name);
  if (typeof value !== 'object' || value === null) refuse(`${name} holds no JSON object`);
  const has = (key: string) => key in (value as object);
  if (has('formula') || has('parameters')) return { texts: { law: compactLaw(validateLaw(value), name) } };
  if (has('bandwidthBytesPerSecond') || has('peakFlopsPerSecond'))
    return { texts: { device: 'custom', ...boardTexts(validateDevice(value)) } };
  return { pin: JSON.stringify(validateArchitecture(value)) };
}

/** A law as the address carries it: without its errors and sources. */
function compactLaw({ formula, variables, parameters, terms, name }: Law, file: string): string {
  return JSON.stringify({ name: name ?? file, formula, variables, parameters, terms });
}

/** A board as a file that `--device` reads. */
export function boardFile(device: Device): string {
  return `${JSON.stringify(device, null, 1)}\n`;
}
