/** Node only: laws in files. Apart from `data`, since a law brings the algebra, which takes long to load. */
import { type Law, validateLaw } from '../law/law';
import { dataFile, readAs } from './data';

/**
 * The law of the paper (Eq. 15), or the one in a JSON file.
 *
 * @example law().parameters.ar // 1.09
 */
export function law(file = dataFile('law.json')): Law {
  return readAs('law', file, validateLaw);
}
