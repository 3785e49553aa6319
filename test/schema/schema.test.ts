import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { validateArchitecture } from '../../lib/architecture';
import { validateDevice } from '../../lib/device';
import { InputError } from '../../lib/errors';
import { readFile } from '../../lib/explorer/files';
import { devices, models, projectFolder } from '../../lib/files/data';
import { law } from '../../lib/files/law';
import { jsonSchemaText } from '../../lib/files/write-schemas';
import { validateLaw } from '../../lib/law/law';
import { calibration } from '../../lib/measured/profiles';
import { validateProfile } from '../../lib/roofline/profile';
import { check, type SchemaName, schemaFile } from '../../lib/schema/check';
import { parseJson } from '../../lib/schema/json-text';
import { schemas } from '../../lib/schema/schemas';
import { paperSpace } from '../../lib/space';
import { validateSpace } from '../../lib/written-space';
import { architectureDocument, documents, makeFolder } from '../cli/documents';
import { wrongDocuments, wrongTexts } from '../cli/hostile';

makeFolder();

describe('the schemas', () => {
  it.each(Object.keys(schemas) as SchemaName[])('of %s for editors is the one that is checked', (name) => {
    // Written anew by `npm run schemas`.
    const text = readFileSync(join(projectFolder, schemaFile(name)), 'utf8');
    expect(text).toBe(jsonSchemaText(name));
    expect(JSON.parse(text)).toMatchObject({ type: 'object', additionalProperties: false });
  });

  it('take everything that ships', () => {
    for (const device of devices()) expect(validateDevice(device)).toEqual(device);
    for (const { architecture } of models()) expect(validateArchitecture(architecture)).toEqual(architecture);
    expect(validateLaw(law())).toEqual(law());
    expect(validateSpace(paperSpace)).toEqual(paperSpace);
    const shipped = calibration();
    expect(check(schemas.calibration as never, shipped, 'calibration')).toEqual(shipped);
    for (const { profile } of shipped.profiles) expect(validateProfile(profile)).toEqual(profile);
  });
});

describe('a wrong document is refused with one line', () => {
  const { device, law: laws, profile, space } = documents;
  const validators = [
    ['device', device, validateDevice],
    ['law', laws, validateLaw],
    ['profile', profile, validateProfile],
    ['architecture', architectureDocument, validateArchitecture],
    ['space', space, validateSpace],
  ] as const;

  it.each(validators)('as a %s', (_, { right, fields, optional }, validate) => {
    for (const { what, text } of [...wrongDocuments(right, fields, optional), ...wrongTexts])
      expect(
        refusal(() => validate(parseJson(text, 'mine.json'))),
        what,
      ).toMatch(/^[^\n]{1,2000}$/);
  });

  it.each(
    validators.filter(([kind]) => ['device', 'law', 'architecture', 'profile', 'calibration'].includes(kind)),
  )(
    'as a %s that is dropped on the explorer, with the name of the file',
    (_, { right, fields, optional }) => {
      for (const { what, text } of [...wrongDocuments(right, fields, optional), ...wrongTexts]) {
        const message = refusal(() => readFile('mine.json', text, 'custom'));
        expect(message, what).toMatch(/^[^\n]{1,2000}$/);
        // Without the field that tells its kind, a document is taken for a config.
        if (!/has no|config/.test(message)) expect(message, what).toMatch(/^mine\.json/);
      }
    },
  );

  /** The message with which something is refused; anything else that is thrown is a bug. */
  function refusal(attempt: () => unknown): string {
    try {
      attempt();
    } catch (error) {
      if (error instanceof InputError) return error.message;
      throw error;
    }
    return 'accepted\n';
  }
});

describe('a message names', () => {
  const deviceWith = (changes: object) => () => validateDevice({ ...devices()[0], ...changes });
  it.each([
    [
      deviceWith({ bandwidthBytesPerSecond: 1e-300 }),
      'bandwidthBytesPerSecond of device "jetson-agx-orin-64gb" 1e-300 is less than 1000000',
    ],
    [deviceWith({ name: {} }), 'name of device "jetson-agx-orin-64gb" {} is not text'],
    [deviceWith({ sources: ['a', 7] }), 'sources[1] of device "jetson-agx-orin-64gb" 7 is not text'],
    [() => validateLaw({ ...law(), variables: true }), 'variables of the law true is not a list'],
    [() => validateLaw({ ...law(), terms: ['a', 'a'] }), 'terms of the law names a twice'],
    [
      () => validateLaw({ ...law(), terms: ['a', 'b', 'c', 'd', 'e', 'f'] }),
      'terms of the law names 6 terms, and the formula has 5',
    ],
    [
      () => validateLaw({ ...law(), terms: ['toString'] }),
      'terms of the law names "toString", which is reserved',
    ],
    [
      () => validateLaw({ formula: 'a/depth + a/depth', parameters: { a: 1 } }),
      'two terms of the law are called "a / depth"',
    ],
    [
      () => validateLaw({ ...law(), standardErrors: { zz: 1 } }),
      'standardErrors of the law has an unknown key "zz"',
    ],
    [
      () => validateArchitecture({ ...models()[0].architecture, ffnRatio: 1e308 }),
      'ffnRatio 1e+308 exceeds 1000000',
    ],
    [() => parseJson('{"a":1,"\\u0061":2}', 'mine.json'), 'mine.json has the key "a" twice'],
  ])('%s', (attempt, message) => {
    expect(attempt).toThrow(message);
  });

  it('a law whose parameters have no known error', () => {
    expect(validateLaw({ ...law(), standardErrors: { kl: null } })).toEqual(law());
  });
});
