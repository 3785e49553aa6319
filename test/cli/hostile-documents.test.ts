import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { architectureDocument, at, documents, makeFolder } from './documents';
import { wrongDocuments, wrongTexts } from './hostile';
import { asJson, failures, notRefused, type Outcome, runHere } from './in-process';

makeFolder();

const readers = Object.entries(documents).flatMap(([kind, { commands }]) =>
  commands(at(`${kind}.json`)).map((args) => [kind, args[0], args] as const),
);
/** Refused with the name of the file. */
const named = (kind: string) => (outcome: Outcome) =>
  notRefused(outcome) ?? (outcome.err.includes(`${kind}.json`) ? undefined : `names no file: ${outcome.err}`);

describe('a document that is wrong in one place is refused by every command that reads it', () => {
  it.each(readers)('%s by %s', async (kind, _, args) => {
    const { right, fields, optional } = documents[kind];
    const file = at(`${kind}.json`);
    writeFileSync(file, JSON.stringify({ ...right, $schema: 'data/schema/x.json' }));
    // The whole audit takes half a minute.
    if (args[0] !== 'audit')
      expect((await runHere(...asJson(args))).err.replace(/^note: .*\n/gm, '')).toBe('');
    const found: string[] = [];
    for (const { what, text } of [...wrongDocuments(right, fields, optional), ...wrongTexts]) {
      writeFileSync(file, text);
      found.push(...(await failures([{ what, args: asJson(args) }], named(kind))));
    }
    expect(found).toEqual([]);
  });

  const { right, fields, optional, commands } = architectureDocument;
  it.each(commands('').map((args) => args[0]))('architecture by %s', async (name) => {
    const args = (text: string) => asJson(commands(text).find(([each]) => each === name)!);
    expect((await runHere(...args(JSON.stringify(right)))).code).toBe(0);
    const wrong = [...wrongDocuments(right, fields, optional), ...wrongTexts].filter(
      // What is exported is rounded, and may be fractional.
      ({ what }) => name !== 'export' || !what.endsWith('1.5'),
    );
    expect(await failures(wrong.map(({ what, text }) => ({ what, args: args(text) })))).toEqual([]);
  });
});
