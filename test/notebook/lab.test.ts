import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { projectFolder } from '../../lib/files/data';
import { lab } from '../../lib/notebook/lab';
import { temporaryFolder } from './project';

const { folder, remove } = temporaryFolder();
afterAll(remove);
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

describe('lab', () => {
  it('says how to get a Jupyter where there is none, and returns 1', async () => {
    const say = vi.spyOn(console, 'error').mockImplementation(() => {});
    vi.stubEnv('PATH', join(folder, 'nothing-here'));
    expect(await lab()).toBe(1);
    for (const way of ['apt install', 'pip install', 'VS Code']) expect(say.mock.calls[0][0]).toContain(way);
  });

  it('starts the Jupyter that is there in notebooks/, with the kernel registered for it alone', async () => {
    const programs = join(folder, 'programs');
    mkdirSync(programs);
    const jupyter = join(programs, 'jupyter-notebook');
    writeFileSync(
      jupyter,
      `#!/bin/sh\n[ "$1" = --version ] || { pwd; echo "$JUPYTER_PATH"; } > '${folder}/said'; exit 0\n`,
    );
    chmodSync(jupyter, 0o755);
    vi.stubEnv('PATH', programs);
    vi.stubEnv('JUPYTER_PATH', '/elsewhere');
    expect(await lab()).toBe(0);
    const [where, path] = readFileSync(join(folder, 'said'), 'utf8').split('\n');
    expect(where).toBe(join(projectFolder, 'notebooks'));
    expect(path.split(delimiter)).toEqual([join(projectFolder, 'out', 'jupyter'), '/elsewhere']);
  });
});
