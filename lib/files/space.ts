/** Node only: spaces in files. */
import { validateSpace } from '../schema/space';
import type { Space } from '../space';
import { readJson } from './data';

/** The space in a JSON file: lists or ranges, see `validateSpace`. */
export function readSpace(file: string): Space {
  return validateSpace(readJson(file));
}
