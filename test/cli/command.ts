import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import { projectFolder } from '../../lib/files/data';

/** Runs the real command in a process of its own. */
export function colaw(...args: string[]) {
  const command = [join(projectFolder, 'lib', 'colaw.js'), ...args];
  return spawnSync(process.execPath, command, { encoding: 'utf8' });
}

/** The one JSON object that a command prints; on standard error there may be notes and nothing else. */
export function json(...args: string[]) {
  const { status, stdout, stderr } = colaw(...args, '--json');
  expect([status, stderr.replace(/^note: .*\n/gm, '')]).toEqual([0, '']);
  return JSON.parse(stdout);
}
