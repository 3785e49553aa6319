import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from '@tslab/typescript-for-tslab';
import { describe, expect, it } from 'vitest';
import { projectFolder } from '../lib/files/data';

const dist = join(projectFolder, 'lib', 'dist');
const files = (ending: string) =>
  readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(ending));

describe('the built package', () => {
  it('has types that TypeScript 5.0, which tslab carries, can read', () => {
    const types = files('.d.ts').filter((file) =>
      /^(index|architecture|space|frontier\/evaluate)/.test(file),
    );
    const program = ts.createProgram(
      types.map((file) => join(dist, file)),
      {
        noEmit: true,
        target: ts.ScriptTarget.ES2022,
        moduleResolution: ts.ModuleResolutionKind.Node10,
        types: ['node'],
      },
    );
    const ours = program.getSourceFiles().filter(({ fileName }) => fileName.includes('lib/dist'));
    expect(ours.length).toBeGreaterThan(types.length);
    const complaints = ours.flatMap((file) => [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]);
    expect(complaints.map(({ messageText }) => messageText)).toEqual([]);
  });

  it('says in the file what needs Node; the rest runs in a browser', () => {
    for (const file of files('.js')) {
      if (/^(notebook|cli|report)\/|^index|\.min\.js$/.test(file)) continue;
      const source = readFileSync(join(projectFolder, 'lib', file.replace(/js$/, 'ts')), 'utf8');
      if (/from 'node:|require\(/.test(source)) expect(source, file).toMatch(/Node only/);
    }
  });
});

describe('the lock file', () => {
  it('names no registry', () => {
    expect(readFileSync(join(projectFolder, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "http/);
  });
});
