import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { at, documents, makeFolder } from './documents';
import { failures, notFinite, runHere } from './in-process';

makeFolder();

/** Every place of a value, but for the law and the space, whose files are tested as such. */
function placesOf(value: unknown, place: readonly string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.keys(value).flatMap((key) => {
    const inner = [...place, key];
    const isTestedAlone = ['law', 'space'].includes(key) && place.length > 0;
    return [inner, ...(isTestedAlone ? [] : placesOf((value as Record<string, unknown>)[key], inner))];
  });
}

/** A copy with another value at a place; undefined removes it. */
function changed(value: unknown, [key, ...rest]: readonly string[], inner: unknown): unknown {
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = rest.length === 0 ? inner : changed(copy[key], rest, inner);
  return copy;
}

describe('a part of a frontier in which one value is wrong', () => {
  it('is refused in one line, or merged to a finite answer', async () => {
    writeFileSync(at('space.json'), JSON.stringify(documents.space.right));
    const args = ['frontier', '--threads', '1', '--space', at('space.json'), '--out', at('part.json')];
    expect((await runHere(...args, '--block', '1/2', '--json')).code).toBe(0);
    const right = JSON.parse(readFileSync(at('part.json'), 'utf8'));
    expect((await runHere('merge', at('part.json'), '--json')).code).toBe(0);
    const some = { ...right, points: right.points.slice(0, 1) };
    const found: string[] = [];
    for (const place of placesOf(some))
      for (const value of [undefined, null, 'x', -1, 1.5, true, [], {}, [[]]]) {
        writeFileSync(at('wrong.json'), JSON.stringify(changed(some, place, value)));
        // What no source states of a board is null in the answer, too, and a part may hold no point.
        if (place.at(-1) === 'points' && JSON.stringify(value) === '[]') continue;
        if (value === null && ['fits', 'memoryCapacityBytes', 'vectorFlopsPerSecond'].includes(place.at(-1)!))
          continue;
        const what = `${place.join('.')} = ${JSON.stringify(value)}`;
        found.push(...(await failures([{ what, args: ['merge', at('wrong.json'), '--json'] }], notFinite)));
      }
    expect(found).toEqual([]);
  });
});
