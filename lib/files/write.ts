/** Node only: where a user wants something written. */
import { statSync } from 'node:fs';
import { devNull } from 'node:os';
import { refuse } from '../errors';
import { STANDARD_INPUT } from './read';

/**
 * Refuses what cannot be the file that `option` names, before anything is computed for it: no name, a folder, and
 * what is neither a regular file nor new: a device may never end where it is read again. What discards is let pass.
 */
export function checkOutput(file: string, option = '--out'): void {
  if (file === STANDARD_INPUT)
    refuse(`${option} ${file} is not the name of a file; what is printed goes to standard output anyway`);
  if (file === '') refuse(`${option} "" is not the name of a file`);
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat?.isDirectory()) refuse(`${option} ${file} is a folder, not a file`);
  if (stat && !stat.isFile() && file !== devNull) refuse(`${option} ${file} is not a regular file`);
}
