/**
 * Bad input: the message names the value, the rule and, where there is one, the way out.
 * The command line prints it on one line and exits with 2; anything else that is thrown is a bug.
 */
export class InputError extends Error {
  override name = 'InputError';
}

/** Throws an `InputError`. An expression, so that it can stand where a value is missing. */
export function refuse(message: string): never {
  throw new InputError(message);
}

/** The positive integer `value` of at most `most`, or an error that says `name`. */
export function positiveInteger(value: unknown, name: string, most = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isInteger(value) || (value as number) < 1)
    refuse(`${name} ${show(value)} is not a positive integer`);
  return atMost(value as number, name, most);
}

/** The positive finite number `value` of at most `most`, or an error that says `name`. */
export function positiveNumber(value: unknown, name: string, most = Number.MAX_VALUE): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0)
    refuse(`${name} ${show(value)} is not a positive number`);
  return atMost(value as number, name, most);
}

function atMost(value: number, name: string, most: number): number {
  return value <= most ? value : refuse(`${name} ${value} exceeds ${most}, the most that is taken`);
}

/** Refuses `value` unless it is one of `known`. */
export function oneOf<T extends string>(value: unknown, known: readonly T[], name: string): T {
  if (!known.includes(value as T)) refuse(`unknown ${name} ${show(value)}; known: ${known.join(', ')}`);
  return value as T;
}

/** Refuses what is not a JSON object, and keys outside `known`. */
export function plainObject(value: unknown, known: readonly string[], name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    refuse(`${name} ${show(value)} is not an object`);
  for (const key of Object.keys(value))
    if (!known.includes(key)) refuse(`${name} has an unknown key "${key}"; known: ${known.join(', ')}`);
  return value as Record<string, unknown>;
}

/** `value` as it may stand in a message: on one line and not longer than that. */
export function show(value: unknown): string {
  const text =
    typeof value === 'number' || value === undefined
      ? String(value)
      : String(JSON.stringify(shorten(value, { left: MOST_SHOWN })));
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

/** Names with commas between, as many as a message may hold. */
export function listed(names: readonly string[]): string {
  const named = names.slice(0, 40).join(', ').slice(0, 1000);
  return names.length > 40 ? `${named} and ${names.length - 40} more` : named;
}

/** Characters of a value that stand in a message. */
const MOST_SHOWN = 80;

/** As much of a value as may be seen of it, so that a large or deep one costs no time or stack. */
function shorten(value: unknown, budget: { left: number }): unknown {
  budget.left--;
  if (typeof value === 'string') return value.slice(0, MOST_SHOWN + 1);
  if (typeof value !== 'object' || value === null) return value;
  if (budget.left < 0) return '…';
  if (Array.isArray(value)) return value.slice(0, MOST_SHOWN).map((each) => shorten(each, budget));
  const kept: Record<string, unknown> = Object.create(null);
  for (const key in value) {
    if (budget.left < 0) break;
    kept[key] = shorten((value as Record<string, unknown>)[key], budget);
  }
  return kept;
}
