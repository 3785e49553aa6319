import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import { projectFolder } from '../../lib/files/data';
import { runHere } from './in-process';

/** What a command line printed, and its exit code. */
interface Said {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command line in this process, which spares the start of Node and of what the command loads. */
export async function colaw(...args: string[]): Promise<Said> {
  const { code, out, err } = await runHere(...args);
  return { status: code, stdout: out, stderr: err };
}

/** Runs the real command in a process of its own. */
export function colawProcess(...args: string[]): Said {
  const command = [join(projectFolder, 'lib', 'colaw.js'), ...args];
  return spawnSync(process.execPath, command, { encoding: 'utf8' });
}

/** The one JSON object in what a command printed; on standard error there may be notes and nothing else. */
export function objectIn({ status, stdout, stderr }: Said) {
  expect([status, stderr.replace(/^note: .*\n/gm, '')]).toEqual([0, '']);
  return JSON.parse(stdout);
}

/** The object that a command prints, run in this process. */
export async function json(...args: string[]) {
  return objectIn(await colaw(...args, '--json'));
}
