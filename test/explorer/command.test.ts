import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../lib/files/data';
import { law } from '../../lib/files/law';
import { temporaryFolder } from '../notebook/project';

const { folder, remove } = temporaryFolder();
afterAll(remove);

function explore(...args: string[]) {
  const command = [join(projectFolder, 'lib', 'colaw.js'), 'explore', ...args];
  return spawnSync(process.execPath, command, { encoding: 'utf8' });
}

describe('colaw explore', () => {
  it('writes one page below 6 MB that names no server, and prints its address', () => {
    const file = join(folder, 'new', 'explorer.html');
    const { status, stdout, stderr } = explore('--out', file);
    expect([status, stdout, stderr]).toEqual([0, `Open ${pathToFileURL(file).href}\n`, '']);
    const page = readFileSync(file, 'utf8');
    expect(page.length).toBeLessThan(6e6);
    const markup = page.replaceAll(/<script>[\s\S]*?<\/script>/g, '');
    expect(markup).not.toMatch(/<(script|img|link|iframe)[^>]+(src|href)=/);
    expect(page).toContain(`default-src 'none'`);
    // The data that ships is in it.
    expect(page).toContain('"id":"jetson-orin-nano-8gb"');
    expect(page).toContain('"id":"qwen2.5-0.5b"');
  });

  it('takes a fitted law in place of the published one, if architectures have a loss by it', () => {
    const own = join(folder, 'law.json');
    const file = join(folder, 'own.html');
    writeFileSync(own, JSON.stringify({ ...law(), name: 'mine' }));
    expect(explore('--law', own, '--out', file).status).toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('"name":"mine"');
    for (const [formula, message] of [
      ['a/(width-1024)', 'the law gives no finite loss: its term "a / (width - 1024)" comes out as Infinity'],
      ['a/tokens', 'architectures have no "tokens"'],
    ]) {
      const [variable] = /width|tokens/.exec(formula)!;
      writeFileSync(own, JSON.stringify({ formula, variables: [variable], parameters: { a: 1 } }));
      const { status, stderr } = explore('--law', own, '--out', file);
      expect(status).toBe(2);
      expect(stderr).toContain(message);
    }
  });

  it('refuses a folder in one line', () => {
    const { status, stdout, stderr } = explore('--out', folder);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain('is a folder, not a file');
  });
});
