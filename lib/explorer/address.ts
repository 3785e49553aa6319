import { boardFields, boardTexts, defaultTexts, type FieldName, fieldNames, type Texts } from './inputs';
import type { Shipped } from './readers';

/**
 * The part of an address after `#`: every control that does not say what it says by default. The numbers of a
 * board that ships are left out; its name stands for them.
 */
export function writeAddress(texts: Texts, shipped: Shipped): string {
  const defaults = defaultTexts(shipped);
  const isImplied = (name: FieldName) =>
    texts.device !== 'custom' && (boardFields as readonly FieldName[]).includes(name);
  const named = fieldNames.filter((name) => texts[name] !== defaults[name] && !isImplied(name));
  return new URLSearchParams(named.map((name) => [name, texts[name]])).toString();
}

/** The controls that an address names; what it does not name keeps its default. `unknown` lists other names. */
export function readAddress(hash: string, shipped: Shipped): { texts: Texts; unknown: string[] } {
  const said = [...new URLSearchParams(hash.replace(/^#/, ''))];
  const isKnown = ([name]: [string, string]) => (fieldNames as readonly string[]).includes(name);
  const unknown = said.filter((each) => !isKnown(each)).map(([name]) => name);
  const known: Partial<Texts> = Object.fromEntries(said.filter(isKnown));
  const defaults = defaultTexts(shipped);
  const device = shipped.devices.find(({ id }) => id === (known.device ?? defaults.device));
  const isOwn = ['boardName', ...boardFields].some((name) => name in known);
  const board = device === undefined ? {} : boardTexts(device);
  // Numbers of its own make any board a custom one.
  return { texts: { ...defaults, ...board, ...known, ...(isOwn ? { device: 'custom' } : {}) }, unknown };
}
