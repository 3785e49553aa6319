import {
  boardFields,
  boardTexts,
  defaultTexts,
  type FieldName,
  fieldNames,
  type Shipped,
  type Texts,
} from './inputs';

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
  const texts = defaultTexts(shipped);
  const unknown: string[] = [];
  for (const [name, text] of new URLSearchParams(hash.replace(/^#/, '')))
    if ((fieldNames as readonly string[]).includes(name)) texts[name as FieldName] = text;
    else unknown.push(name);
  const device = shipped.devices.find(({ id }) => id === texts.device);
  return { texts: device === undefined ? texts : { ...texts, ...boardTexts(device) }, unknown };
}
