import { refuse } from './errors';

/** The value of JSON text, a byte-order mark before it or not, or an `InputError` that names where it is from. */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    return refuse(`${name} is not JSON: ${(error as Error).message}`);
  }
}

/** The same for text that Python wrote, which may hold NaN, Infinity and -Infinity where numbers stand. */
export function parseConfig(text: string, name: string): unknown {
  if (!/NaN|Infinity/.test(text)) return parseJson(text, name);
  // Strings are stepped over; what is left of the three words is marked, and the mark read back as the number.
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (part) =>
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
