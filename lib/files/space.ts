/** Node only: spaces in files. */
import type { Space } from '../space';
import { validateSpace } from '../written-space';
import { readAs } from './data';

/** The space in a JSON file: lists or ranges, see `validateSpace`. */
export function readSpace(file: string): Space {
  return readAs('space', file, validateSpace);
}
