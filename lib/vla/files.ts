/** Node only: vision-language-action models, those that ship and a user's own. */
import { dataFile, find, isJsonFile, readAs, readJson } from '../files/data';
import { type Vla, validateVla } from './vla';

/**
 * All vision-language-action models in `data/vla.json`.
 *
 * @example vlas().some(({ id }) => id === 'openvla-7b') // true
 */
export function vlas(): Vla[] {
  return (readJson(dataFile('vla.json')) as unknown[]).map(validateVla);
}

/**
 * The vision-language-action model with this id, or the one described in a JSON file of that name.
 *
 * @example vla('openvla-7b').id // 'openvla-7b'
 */
export function vla(id: string): Vla {
  if (isJsonFile(id)) return readAs('vla', id, validateVla);
  return find(vlas(), id, 'vla');
}
