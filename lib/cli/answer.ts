/** What a command says in the end: its answer, every number of which is finite, and notes beside it. */
import { refuse } from '../errors';

/** Kept until there is an answer: a refusal is one line, whatever was to be noted before it. */
let notes: string[] = [];

/** A line on standard error, so that standard output stays the result alone. */
export function note(message: string): void {
  if (!notes.includes(message)) notes.push(message);
}

/** Drops what was noted and never said. */
export function forgetNotes(): void {
  notes = [];
}

/** Writes the notes. */
export function sayNotes(): void {
  for (const message of notes) console.error(`note: ${message}`);
  notes = [];
}

/**
 * Prints what a command found: as one JSON object with all notes as `warnings`, or as text for people. An answer that is not finite is refused,
 * naming the quantity and, of the numbers in `inputs`, the one that is most likely to drive it there.
 */
export function print(
  options: Record<string, unknown>,
  value: object,
  describe: () => string,
  inputs: object = {},
): void {
  const found = numbersIn(value).find(([, number]) => !Number.isFinite(number));
  if (found !== undefined) {
    const [quantity, number] = found;
    refuse(
      `${quantity} comes out as ${number}, beyond what can be computed${furthest({ ...options, ...inputs })}`,
    );
  }
  const { warnings: own = [] } = value as { warnings?: string[] };
  const warnings = [...own, ...notes];
  const said = options.json === true ? JSON.stringify({ ...value, warnings }) : describe();
  sayNotes();
  console.log(said);
}

/** The number in `inputs` that is furthest from ordinary size. */
function furthest(inputs: object): string {
  const size = (value: number) => (value === 0 ? 0 : Math.abs(Math.log10(Math.abs(value))));
  const [most] = numbersIn(inputs).sort(([, a], [, b]) => size(b) - size(a));
  return most === undefined
    ? ''
    : `; of what was given, ${most[0]} ${most[1]} is furthest from ordinary size`;
}

/** Every number in a value with its place, e.g. `prefill.flops`. */
function numbersIn(value: unknown, place = ''): [place: string, number: number][] {
  if (typeof value === 'number') return [[place, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const step = Array.isArray(value) ? `[${key}]` : `${place === '' ? '' : '.'}${key}`;
    return numbersIn(inner, place + step);
  });
}
