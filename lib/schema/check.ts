/**
 * The files that users write: one schema each, checked where they enter, in the command line and in the explorer
 * alike. This room knows what a field may hold; what the fields mean together is checked by the types' own files.
 * Data flows from JSON text (`json-text`) through a schema to them.
 */
import * as v from 'valibot';
import { InputError, refuse, show } from '../errors';
import { DEEPEST } from './json-text';

/** The kinds of files, and the names of their schemas in data/schema/. */
export type SchemaName = 'architecture' | 'calibration' | 'device' | 'law' | 'profile' | 'space' | 'vla';

/** Where the fields of such a file are described, for people and for editors. */
export const schemaFile = (name: SchemaName) => `data/schema/${name}.json`;

/**
 * `value` if it follows `schema`, without its `$schema`; otherwise an `InputError` that names the first field that
 * does not, its value and the rule. `what` names the whole, `of` follows the names of fields.
 *
 * @example check(deviceSchema, { id: 'x' }, 'device') // throws: device lacks "name"
 */
export function check<T extends object>(
  schema: v.GenericSchema<unknown, T>,
  value: unknown,
  what: string,
  of = '',
): Omit<T, '$schema'> {
  if (value === undefined) refuse(`${what} is missing`);
  refuseReserved(value, what, 0);
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (!result.success) return refuse(describe(result.issues[0], what, of));
  const { $schema: _, ...rest } = result.output as T & { $schema?: string };
  return rest as Omit<T, '$schema'>;
}

/** Runs `read`; its complaints then name the file and, where there is one, the schema of its kind. */
export function inFile<T>(file: string, schema: SchemaName | undefined, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return refuse(
      `${file}: ${error.message}${schema === undefined ? '' : ` (fields: ${schemaFile(schema)})`}`,
    );
  }
}

function describe(issue: v.BaseIssue<unknown>, what: string, of: string): string {
  const { kind, type, input, message, expected } = issue;
  const path: readonly v.IssuePathItem[] = issue.path ?? [];
  const named = (steps: typeof path) => (steps.length === 0 ? what : `${steps.reduce(placeOf, '')}${of}`);
  const list = path.findIndex((step) => step.type === 'object' && Array.isArray(step.input));
  if (list >= 0) return `${named(path.slice(0, list))} ${show(path[list].input)} is not an object`;
  const last = path[path.length - 1];
  if (type === 'strict_object' && expected === 'never')
    return `${named(path.slice(0, -1))} has an unknown key ${show(last?.key)}; known: ${message}`;
  if (type === 'strict_object' && last !== undefined && expected === JSON.stringify(last.key))
    return `${named(path.slice(0, -1))} lacks "${last.key}"`;
  if (type === 'strict_object') return `${named(path)} ${show(input)} is not an object`;
  // What is wrong with a list as a whole (`is an empty list`, `names 4 twice`) needs no copy of it.
  const isOfWhole = kind === 'validation' && typeof input === 'object' && !message.startsWith('is not');
  return `${named(path)}${isOfWhole ? '' : ` ${show(input)}`} ${message}`;
}

/** The place `said`, and one step further. */
function placeOf(said: string, { key }: v.IssuePathItem): string {
  if (typeof key === 'number') return `${said}[${key}]`;
  return said === '' ? String(key) : `${said}.${key}`;
}

/** Refuses keys that mean something to JavaScript itself, which a validator would pass over in silence. */
function refuseReserved(value: unknown, what: string, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > DEEPEST) refuse(`${what} nests deeper than ${DEEPEST} lists and objects`);
  if (Array.isArray(value)) {
    for (const inner of value) refuseReserved(inner, what, depth + 1);
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    if (isReserved(key)) refuse(`${what} has the key "${key}", which is reserved`);
    refuseReserved(inner, what, depth + 1);
  }
}

/** Whether JavaScript gives every object something of this name. */
export function isReserved(key: string): boolean {
  return key in Object.prototype || key === 'prototype';
}
