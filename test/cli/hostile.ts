/** Wrong documents, made from right ones: every field with everything that its type does not allow. */

/** A JSON value that may be wrong in any way; text stands for JSON that no value can express. */
export interface Wrong {
  what: string;
  text: string;
}

type Kind =
  | (
      | 'positive'
      | 'positiveOrNull'
      | 'count'
      | 'countOrList'
      | 'countOrCounts'
      | 'share'
      | 'seconds'
      | 'finite'
      | 'finiteOrNull'
      | 'range'
    )
  | ('text' | 'texts' | 'names' | 'numbers' | 'object' | 'flag' | 'twoOrThree');

const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** What no field takes. */
const NEVER = [
  '[[[]]]',
  nested(101),
  nested(3000),
  '{"__proto__":1}',
  '{"constructor":{}}',
  '[null]',
  '[{}]',
];
const NUMBERS = ['-1', '1e308', '1e999', '-1e999'];
const NO_NUMBERS = ['"1"', '""', 'true', 'null', '[]', '[1]', '{}'];
const NO_POSITIVES = [...NEVER, ...NUMBERS, ...NO_NUMBERS, '0', '-0', '1e-300', '5e-324'];
const NOT_FINITE = [...NEVER, ...NO_NUMBERS, '1e999', '-1e999'];
const isNoNull = (text: string) => text !== 'null';
const COUNTS = [...NEVER, ...NUMBERS, ...NO_NUMBERS, '0', '1.5', '9007199254740991', '1e-300'];
/** By the kind of a field, what is wrong there. */
const wrongFor: Record<Kind, string[]> = {
  positive: NO_POSITIVES,
  positiveOrNull: NO_POSITIVES.filter(isNoNull),
  count: COUNTS,
  countOrList: COUNTS.filter((text) => text !== '[1]'),
  countOrCounts: [...NEVER, ...NUMBERS, ...NO_NUMBERS, '0', '1.5', '9007199254740991', '[0]', '[1,1]'].filter(
    (text) => text !== '[1]',
  ),
  share: [...NEVER, ...NUMBERS, ...NO_NUMBERS, '0', '1.0001', '1e-300'],
  seconds: [...NEVER, ...NUMBERS, ...NO_NUMBERS, '1', '-1e-300'],
  finite: NOT_FINITE,
  finiteOrNull: NOT_FINITE.filter(isNoNull),
  text: [...NEVER, '1', '0', 'true', '[]', '{}', '["x"]', JSON.stringify('x'.repeat(20_000))],
  texts: [...NEVER, '1', '"x"', '""', 'true', '{}', '{"0":"x"}', '[1]'],
  names: [...NEVER, '1', '"x"', '""', 'true', '{}', '{"0":"x"}', '[1]', '["x","x"]', '[]', '[""]'],
  numbers: [...NEVER, '1', '"x"', '""', 'true', '{}', '{"0":1}', '["x"]', '[1,1]', '[]', '[1e999]', '[0]'],
  range: [...NEVER, '1', '"x"', 'null', '{}', '[1]', '[2,1]', '[1,2,3]', '["1",2]', '[1,1e999]'],
  object: [...NEVER, '1', '"x"', 'true', '[]', '["x"]'],
  twoOrThree: [...NEVER, ...NO_NUMBERS, '1', '4', '2.5', '1e999'],
  flag: [...NEVER, '0', '1', '"true"', '[]', '{}'],
};

/** The fields of a document: the kind of each, by its place. */
export type Fields = Readonly<Record<string, Kind>>;

/** Documents that are wrong in one place: each of `fields` with each wrong value, without it, and with keys added. */
export function wrongDocuments(right: object, fields: Fields, optional: readonly string[] = []): Wrong[] {
  const mark = '"@here@"';
  const withText = (place: string, text: string) =>
    JSON.stringify(changed(right, place.split('.'), JSON.parse(mark))).replace(mark, () => text);
  const values = Object.entries(fields).flatMap(([place, kind]) => [
    ...wrongFor[kind].map((text) => ({
      what: `${place} = ${text.slice(0, 40)}`,
      text: withText(place, text),
    })),
    ...(optional.includes(place)
      ? []
      : [{ what: `no ${place}`, text: JSON.stringify(changed(right, place.split('.'), undefined)) }]),
  ]);
  const whole = JSON.stringify(right);
  const added = ['"unknown":1', '"__proto__":{"x":1}', '"constructor":1', '"":0', '"toString":"x"'].map(
    (text) => ({ what: `with ${text}`, text: `${whole.slice(0, -1)},${text}}` }),
  );
  const [first] = Object.keys(right);
  const twice = { what: `${first} twice`, text: `${whole.slice(0, -1)},"${first}":1}` };
  const spelled = {
    what: `${first} twice, once with an escape`,
    text: `${whole.slice(0, -1)},"\\u${first.charCodeAt(0).toString(16).padStart(4, '0')}${first.slice(1)}":1}`,
  };
  return [...values, ...added, twice, spelled];
}

/** A copy of `value` with another one at a place; undefined removes it. */
function changed(value: unknown, [key, ...rest]: string[], inner: unknown): unknown {
  const copy = structuredClone(value) as Record<string, unknown>;
  copy[key] = rest.length === 0 ? inner : changed(copy[key], rest, inner);
  return copy;
}

/** Files that hold no document at all. */
export const wrongTexts: readonly Wrong[] = [
  { what: 'nothing', text: '' },
  { what: 'a space', text: ' ' },
  { what: 'a bracket', text: '{' },
  { what: 'null', text: 'null' },
  { what: 'a number', text: '3' },
  { what: 'a text', text: '"x"' },
  { what: 'a list', text: '[]' },
  { what: 'an empty object', text: '{}' },
  { what: 'two documents', text: '{}{}' },
  { what: 'NaN', text: '{"x":NaN}' },
  { what: 'a comment', text: '// x\n{}' },
  { what: '600,000 open brackets', text: '['.repeat(600_000) },
  { what: '600,000 brackets', text: nested(600_000) },
  { what: '101 objects', text: `${'{"a":'.repeat(101)}1${'}'.repeat(101)}` },
  { what: 'an open string', text: `{"${'x'.repeat(100_000)}` },
  { what: 'backslashes', text: `"${'\\'.repeat(1_000_001)}` },
  { what: 'many quotes', text: '"'.repeat(1_000_001) },
  { what: '200,000 keys', text: `{${Array.from({ length: 200_000 }, (_, i) => `"k${i}":1`).join()}}` },
  { what: 'NUL', text: '\0\0\0\0' },
  { what: 'HTML', text: '<!doctype html><title>404</title>' },
];
