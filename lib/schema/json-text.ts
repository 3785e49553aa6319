import { refuse, show } from '../errors';

/** The largest JSON text that is read, in bytes of a file. */
export const MOST_BYTES = 64e6;
/** How deep lists and objects may nest. */
export const DEEPEST = 100;
/** How many keys an object may have. */
const MOST_KEYS = 100_000;

const [QUOTE, BACKSLASH, COLON] = ['"', '\\', ':'].map((mark) => mark.charCodeAt(0));
const OPENING = ['{', '['].map((mark) => mark.charCodeAt(0));
const CLOSING = ['}', ']'].map((mark) => mark.charCodeAt(0));

/**
 * JSON text as a value. Nesting over `DEEPEST`, and a key that an object has twice, are refused before anything is
 * made of the text; so is what is no JSON. Messages begin with `name`.
 *
 * @example parseJson('{"depth":4}', 'mine.json') // { depth: 4 }
 */
export function parseJson(text: string, name: string): unknown {
  if (text.length > MOST_BYTES) refuse(`${name} holds more than ${MOST_BYTES / 1e6} MB`);
  scan(text, name);
  try {
    return JSON.parse(text);
  } catch (error) {
    // The message may quote the text, line ends and all.
    return refuse(`${name} is not JSON: ${(error as Error).message.replaceAll(/\p{Cc}+/gu, ' ')}`);
  }
}

/** The same for text that Python wrote, which may hold NaN, Infinity and -Infinity where numbers stand, and a byte-order mark. */
export function parseConfig(text: string, name: string): unknown {
  const plain = text.replace(/^\uFEFF/, '');
  if (!/NaN|Infinity/.test(plain)) return parseJson(plain, name);
  // Strings are stepped over; what is left of the three words is marked, and the mark read back as the number.
  const marked = plain.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (part) =>
    part.startsWith('"') ? part : `"${MARK}${part}"`,
  );
  return withNumbers(parseJson(marked, name));
}

/** Begins what stands for a number that JSON lacks: a letter of private use, which no config has. */
const MARK = '\uE000';

function withNumbers(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith(MARK) ? Number(value.slice(1)) : value;
  if (Array.isArray(value)) return value.map(withNumbers);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withNumbers(each)]));
}

/** Walks the text once, without recursion; what is not JSON is left for the parser to find. */
function scan(text: string, name: string): void {
  /** The keys of each object that is open. */
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      const start = at;
      at = endOfString(text, start);
      const keys = open[open.length - 1];
      if (keys !== undefined && isKey(text, at)) remember(keys, text.slice(start, at + 1), name);
    } else if (OPENING.includes(code)) {
      open.push(new Set());
      if (open.length > DEEPEST) refuse(`${name} nests deeper than ${DEEPEST} lists and objects`);
    } else if (CLOSING.includes(code)) open.pop();
  }
}

/** The place of the quote that ends the string beginning at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}

function isKey(text: string, end: number): boolean {
  let next = end + 1;
  while (text.charCodeAt(next) <= 32) next++;
  return text.charCodeAt(next) === COLON;
}

function remember(keys: Set<string>, quoted: string, name: string): void {
  const key = quoted.includes('\\') ? withoutEscapes(quoted) : quoted;
  if (keys.has(key)) refuse(`${name} has the key ${show(key.slice(1, -1))} twice in one object`);
  keys.add(key);
  if (keys.size > MOST_KEYS) refuse(`${name} has an object with more than ${MOST_KEYS} keys`);
}

/** The string as it is written without needless escapes; as it stands where it is no JSON. */
function withoutEscapes(quoted: string): string {
  try {
    return JSON.stringify(JSON.parse(quoted));
  } catch {
    return quoted;
  }
}
