import { InputError } from '../errors';
import {
  boardFields,
  type Complaints,
  complaintsOf,
  type FieldName,
  fieldNames,
  type Shipped,
  type Texts,
} from './inputs';

/** What is shown: the texts that made it, and it. */
export interface Shown<V> {
  texts: Texts;
  view: V;
}

const BOARD: readonly FieldName[] = ['device', ...boardFields];

/**
 * What is to be shown when the controls say `said`, after a change of `changed`. A control that says nothing
 * valid keeps its last good text and gets its message. Where controls are wrong only together, such as widths
 * and headDim, the last change alone is tried, and the message goes to those that have to wait.
 */
export function settle<V>(
  said: Texts,
  last: Shown<V>,
  changed: FieldName,
  shipped: Shipped,
  compute: (texts: Texts) => V,
): Shown<V> & { complaints: Complaints } {
  const complaints = complaintsOf(said, shipped);
  const next = { ...said };
  for (const name of Object.keys(complaints) as FieldName[]) next[name] = last.texts[name];
  const all = attempt(next, compute);
  if (typeof all !== 'string') return { ...all, complaints };

  const group = BOARD.includes(changed) ? BOARD : [changed];
  const waiting = fieldNames.filter((name) => next[name] !== last.texts[name] && !group.includes(name));
  const alone = { ...next };
  for (const name of waiting) alone[name] = last.texts[name];
  const some = waiting.length === 0 ? all : attempt(alone, compute);
  if (typeof some === 'string') return { ...last, complaints: { [changed]: some, ...complaints } };
  const late = Object.fromEntries(waiting.map((name) => [name, all])) as Complaints;
  return { ...some, complaints: { ...late, ...complaints } };
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
