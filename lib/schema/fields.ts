/** Kinds of fields. A message is the rule alone: `check` writes the field's name and its value before it. */
import * as v from 'valibot';

/** What an editor is told to check the file against; it means nothing here. */
export const $schema = v.optional(v.pipe(v.string('is not text'), v.maxLength(2000)));

/** Text of at most `most` characters. */
export const text = (most: number) =>
  v.pipe(v.string('is not text'), v.maxLength(most, `is longer than ${most} characters`));

/** Text that is not empty. */
export const name = (most = 200) =>
  v.pipe(
    v.string('is not text'),
    v.minLength(1, 'is empty'),
    v.maxLength(most, `is longer than ${most} characters`),
  );

/** A list of at most `most` texts. */
export const texts = (most: number, each = text(4000)) =>
  v.pipe(v.array(each, 'is not a list of texts'), v.maxLength(most, `has more than ${most} entries`));

/** A number above 0, from `least` to `most`. */
export const positive = (most: number, least?: number) => {
  const number = v.pipe(
    v.number('is not a positive number'),
    v.gtValue(0, 'is not a positive number'),
    v.maxValue(most, ({ input }) =>
      input === Number.POSITIVE_INFINITY ? 'is not a positive number' : `exceeds ${most}`,
    ),
  );
  return least === undefined ? number : v.pipe(number, v.minValue(least, `is less than ${least}`));
};

/** An integer from 1 to `most`. */
export const count = (most: number) =>
  v.pipe(
    v.number('is not a positive integer'),
    v.integer('is not a positive integer'),
    v.minValue(1, 'is not a positive integer'),
    v.maxValue(most, `exceeds ${most}`),
  );

/** A number of any sign that is neither infinite nor NaN. */
export const finite = () => v.pipe(v.number('is not a finite number'), v.finite('is not a finite number'));

export const flag = () => v.boolean('is neither true nor false');

/** A list of 1 to `most` different values. */
export const choices = <T>(each: v.GenericSchema<unknown, T>, most: number) =>
  v.pipe(
    v.array(each, 'is not a list'),
    v.minLength(1, 'is an empty list'),
    v.maxLength(most, `has more than ${most} entries`),
    v.check(
      (items) => repeated(items) === undefined,
      ({ input }) => `names ${repeated(input)} twice`,
    ),
  );

/** The first value that a list holds twice, as text. */
export function repeated(items: readonly unknown[]): string | undefined {
  const seen = new Set<string>();
  for (const item of items) {
    const said = Array.isArray(item) ? item.join('/') : String(item);
    if (seen.has(said)) return said;
    seen.add(said);
  }
  return undefined;
}

/** An object with these fields and no others; `$schema` is one of them where it is given. */
export const object = <E extends v.ObjectEntries>(entries: E) =>
  v.strictObject(
    entries,
    Object.keys(entries)
      .filter((key) => key !== '$schema')
      .join(', '),
  );

/** An object of at most `most` names of one's own choice. */
export const byName = <T>(each: v.GenericSchema<unknown, T>, most: number) =>
  noList(
    v.pipe(
      v.record(v.string(), each, 'is not an object'),
      v.maxEntries(most, `has more than ${most} entries`),
    ),
  );

/** An object that may be empty: a validator would take an empty list for one. */
export const noList = <T>(object: v.GenericSchema<unknown, T>) =>
  v.pipe(
    v.unknown(),
    v.check((value) => !Array.isArray(value), 'is not an object'),
    object,
  );

/** A pair of ascending numbers. */
export const range = () =>
  v.pipe(
    v.unknown(),
    v.check(isAscendingPair, 'is not a pair of ascending numbers'),
    v.strictTuple([finite(), finite()]),
  );

function isAscendingPair(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite) && value[0] <= value[1];
}
