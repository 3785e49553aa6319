/** Node only: claims for notebooks. One run of all notebooks checks each once; a notebook alone, what it asks for. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { refuse } from '../errors';
import { packageFolder } from '../files/data';
import { type AuditedClaim, selectClaims } from './audit';

/** Names the file of a run of all notebooks, to which a process of its own adds each claim when it is checked. */
const SHARED = 'COLAW_AUDIT';
/** A file beside it says that no more will come. */
const ENDED = '.ended';
const PROGRAM = join(packageFolder, 'dist', 'audit', 'program.js');

const known = new Map<string, AuditedClaim>();

/**
 * The claims at these places (`§4.3.4`, `Table 6`), of these parts (`theory`) or with these ids, checked; all of
 * them where nothing is named. Each is checked once; the first call takes as long as its checks do.
 *
 * @example claims('gpu-hours').length // 1
 */
export function claims(...where: string[]): AuditedClaim[] {
  const ids = selectClaims(where).map(({ id }) => id);
  const missing = () => ids.filter((id) => !known.has(id));
  const shared = process.env[SHARED];
  if (shared !== undefined) waitFor(missing, shared);
  else if (missing().length > 0) keep(check(missing()));
  return ids.map((id) => known.get(id)!);
}

function keep(lines: string): void {
  for (const line of lines.split('\n').slice(0, -1)) {
    const claim = JSON.parse(line) as AuditedClaim;
    known.set(claim.id, claim);
  }
}

/** Checks in a process of its own, so that the notebook need not wait for promises. */
function check(ids: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...ids], { encoding: 'utf8' });
  if (status !== 0) refuse(`the claims could not be checked: ${stderr.trim()}`);
  return stdout;
}

/** Waits until the shared file has all that is missing. */
function waitFor(missing: () => string[], file: string): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  while (missing().length > 0) {
    // First the mark and then the file, so that nothing comes between.
    const isOver = existsSync(file + ENDED);
    keep(readFileSync(file, 'utf8').replace(/[^\n]*$/, ''));
    if (missing().length === 0) return;
    if (isOver) refuse(`the claims ${missing().join(', ')} could not be checked; see the end of the run`);
    Atomics.wait(clock, 0, 0, 100);
  }
}

/**
 * Starts checking all claims for kernels that are started after this. `finish` waits for the end and returns what
 * went wrong, if anything did; `stop` ends it.
 */
export function shareClaims(file: string): { finish: () => Promise<string | undefined>; stop: () => void } {
  rmSync(file + ENDED, { force: true });
  const output = openSync(file, 'w');
  const child = spawn(process.execPath, [PROGRAM], { stdio: ['ignore', output, 'pipe'] });
  closeSync(output);
  let said = '';
  child.stderr!.on('data', (data: Buffer) => {
    said += data.toString();
  });
  const ended = new Promise<string | undefined>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code) => resolve(code === 0 ? undefined : said.trim() || `exit code ${code}`));
  });
  const finish = ended.then((failure) => {
    closeSync(openSync(file + ENDED, 'w'));
    return failure;
  });
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  process.env[SHARED] = file;
  return {
    finish: () => finish,
    stop: () => {
      delete process.env[SHARED];
      process.off('exit', kill);
      kill();
    },
  };
}
