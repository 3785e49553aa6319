import { InputError } from '../errors';
import { boardFields, type Complaints, complaintsOf, type FieldName, fieldNames, type Texts } from './inputs';
import type { Shipped } from './readers';

/** What is shown: the texts that made it, and it. */
export interface Shown<V> {
  texts: Texts;
  view: V;
}

const BOARD: readonly FieldName[] = ['device', 'boardName', ...boardFields];

/**
 * What is to be shown when the controls say `said`, after a change of `changed`. A control that says nothing
 * valid keeps its last good text and gets its message. Where controls are wrong only together, such as widths
 * and headDim, those of `changed` are tried first and as one, then the others one after the other: each is
 * applied where it can be, and the message goes to those that cannot.
 */
export function settle<V>(
  said: Texts,
  last: Shown<V>,
  changed: readonly FieldName[],
  shipped: Shipped,
  compute: (texts: Texts) => V,
): Shown<V> & { complaints: Complaints } {
  const complaints = complaintsOf(said, shipped);
  const next = { ...said };
  for (const name of Object.keys(complaints) as FieldName[]) next[name] = last.texts[name];
  const all = attempt(next, compute);
  if (typeof all !== 'string') return { ...all, complaints };

  const first = changed.some((name) => BOARD.includes(name)) ? [...BOARD, ...changed] : changed;
  const others = fieldNames.filter((name) => !first.includes(name));
  const isBoard = (name: FieldName) => BOARD.includes(name);
  const groups = [
    first,
    others.filter(isBoard),
    ...others.filter((name) => !isBoard(name)).map((name) => [name]),
  ];
  let shown = last;
  for (const group of groups) {
    const names = group.filter((name) => next[name] !== shown.texts[name]);
    if (names.length === 0) continue;
    const found = attempt(
      { ...shown.texts, ...Object.fromEntries(names.map((name) => [name, next[name]])) },
      compute,
    );
    if (typeof found === 'string') complaints[names[0]] ??= found;
    else shown = found;
  }
  return { ...shown, complaints };
}

/** What `texts` make, or the message that says why they make nothing. */
function attempt<V>(texts: Texts, compute: (texts: Texts) => V): Shown<V> | string {
  try {
    return { texts, view: compute(texts) };
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
}
