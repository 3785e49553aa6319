/** The plan of the house: imports point downwards, from the command to the nouns, and never in a circle. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFolder } from '../lib/files/data';

/** The rooms of `lib/` from top to bottom, those on a line beside one another; a file of `lib/` itself is one, too. */
const ORDER = `
cli index
notebook
explorer
report
figures
audit
measure vla
measured train
frontier theory
law/uncertainty
law/fit
files
law
written-space sample
count
space huggingface
huggingface/families roofline
layers
workload
architecture device
schema law/formula random
errors precision`;

const lib = join(projectFolder, 'lib');
const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter(
  (file) => /(?<!\.d)\.ts$/.test(file) && !/^(dist|node_modules)/.test(file),
);

/** Files of `lib/` that a file imports, types and imports on demand included. */
function importsOf(file: string): string[] {
  const source = readFileSync(join(lib, file), 'utf8');
  return [...source.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].flatMap(([, path]) => {
    const target = relative(lib, join(lib, dirname(file), path.replace(/\.js$/, '')));
    return [`${target}.ts`, join(target, 'index.ts')].filter((each) => existsSync(join(lib, each)));
  });
}

const roomOf = (file: string) => (dirname(file) === '.' ? file.replace(/\.ts$/, '') : dirname(file));
const floors = ORDER.trim()
  .split('\n')
  .map((line) => line.split(' '));
const floorOf = (file: string) => floors.findIndex((rooms) => rooms.includes(roomOf(file)));

describe('the house', () => {
  it('has a floor for every room, and no room that is gone', () => {
    expect([...new Set(files.map(roomOf))].sort()).toEqual(floors.flat().sort());
  });

  it.each(files)('%s imports from its own room and from those below', (file) => {
    const upwards = importsOf(file).filter(
      (each) => roomOf(each) !== roomOf(file) && floorOf(each) <= floorOf(file),
    );
    expect(upwards).toEqual([]);
  });

  it('has no circle among the files of a room', () => {
    const ended = new Set<string>();
    const visit = (file: string, path: string[]): void => {
      if (ended.has(file)) return;
      expect(path, 'a circle').not.toContain(file);
      for (const each of importsOf(file)) visit(each, [...path, file]);
      ended.add(file);
    };
    for (const file of files) visit(file, []);
  });
});
