/** Node only: frontiers of spaces in files, finished or not, and merged from parts. */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { validateArchitecture } from '../architecture';
import { validateDevice } from '../device';
import { refuse, show } from '../errors';
import { readJson } from '../files/data';
import { nameOf } from '../files/read';
import { validateLaw } from '../law/law';
import { validateProfile } from '../roofline/profile';
import { answerSchema } from '../schema/answer';
import { check, inFile } from '../schema/check';
import { validateSpace } from '../written-space';
import type { Found, Question } from './question';
import { describeRanges, type Ranges, unite, without } from './ranges';
import { gather, judged, type Method } from './solve';

/** What a file of `frontier --out` holds. */
export interface SavedAnswer {
  question: Question;
  method: Method;
  reason?: string;
  /** How many architectures the space holds: a number, or decimal digits where numbers end. */
  space: number | string;
  evaluated: number;
  points: Found[];
  /** In an answer that is not finished: how many units there are, which are done, and which it was asked for. */
  units?: number;
  done?: Ranges;
  asked?: Ranges;
}

/** A count that JSON can hold: a number, or its digits where numbers end. */
export function jsonCount(count: bigint): number | string {
  return count <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(count) : String(count);
}

/** Writes an answer so that the file is never half written. What is finished says nothing of units. */
export function writeAnswer(file: string, answer: SavedAnswer): void {
  writeFileSync(`${file}.part`, `${JSON.stringify(settled(answer))}\n`);
  renameSync(`${file}.part`, file);
}

/** The answer without its units, if all of them are done. */
export function settled({ units, done, asked, ...answer }: SavedAnswer): SavedAnswer {
  if (units === undefined || missing({ ...answer, units, done, asked }).length === 0) return answer;
  return { ...answer, units, done, asked };
}

/** The units that are not done. */
export const missing = ({ units = 0, done = [] }: SavedAnswer): Ranges =>
  units === 0 ? [] : without([[0, units - 1]], done);

/** Reads an answer and checks it; its points must come out again to the same bits. */
export function readAnswer(file: string): SavedAnswer {
  const read = readJson(file);
  const value = inFile(nameOf(file), undefined, () => validateAnswer(read));
  for (const name of ['done', 'asked'] as const) {
    if (value[name] !== undefined && value.units === undefined)
      refuse(`${file} has "${name}" but no "units"`);
    if (value[name] !== undefined && !isRanges(value[name], value.units))
      refuse(
        `${file}: ${name} ${show(value[name])} are not ascending ranges of its ${show(value.units)} units`,
      );
  }
  let again: Found[];
  try {
    again = judged(value.question, value.points);
  } catch (error) {
    return refuse(`${file}: its points do not come out again (${(error as Error).message}); run it again`);
  }
  return { ...value, points: again };
}

/** Checks what a file of an answer holds, but for its points, which are computed again. */
function validateAnswer(value: unknown): SavedAnswer {
  const isAnswer = typeof value === 'object' && value !== null && 'question' in value && 'points' in value;
  if (!isAnswer) refuse('it was not written by frontier --space … --out');
  const answer = check(answerSchema, value, 'answer') as SavedAnswer;
  const { space, law, setting } = answer.question;
  validateSpace(space);
  validateLaw(law);
  validateDevice(setting.device);
  if (setting.profile !== undefined) validateProfile(setting.profile);
  for (const { architecture } of answer.points) validateArchitecture(architecture);
  return answer;
}

/**
 * The frontier of parts of one question. Merging is associative, and gives the same bits in any order. Refused
 * where parts answer different questions or hold the same unit twice.
 */
export function mergeAnswers(parts: readonly (readonly [file: string, answer: SavedAnswer])[]): SavedAnswer {
  const [[firstFile, first], ...others] = parts;
  for (const [file, { units }] of parts)
    if (units === undefined && others.length > 0)
      refuse(`${file} is finished: there is nothing to merge it with`);
  for (const [file, each] of others)
    if (each.units !== first.units || !isDeepStrictEqual(each.question, first.question))
      refuse(`${file} answers another question than ${firstFile}`);
  let done: Ranges = [];
  for (const [file, each] of parts) {
    const twice = without(each.done ?? [], without(each.done ?? [], done));
    if (twice.length > 0)
      refuse(`${file} holds units ${describeRanges(twice)}, which another part holds too`);
    done = unite(done, each.done ?? []);
  }
  const found = gather<Found>();
  for (const [, { points }] of parts) found.add(points);
  const evaluated = parts.reduce((sum, [, each]) => sum + each.evaluated, 0);
  const asked = parts.reduce((all, [, each]) => unite(all, each.asked ?? []), [] as Ranges);
  return settled({ ...first, evaluated, points: found.points(), done, asked });
}

/**
 * What is left to do for a question whose answer goes to `file`: an answer that was stopped there is gone on with.
 * Refused where an unfinished answer to another question lies there.
 */
export function unfinishedAnswer(file: string, asked: SavedAnswer): SavedAnswer | undefined {
  if (!existsSync(file) || !file.endsWith('.json')) return undefined;
  const value = readJson(file) as Partial<SavedAnswer> | null;
  if (value?.done === undefined || value.asked === undefined || value.question === undefined)
    return undefined;
  if (without(value.asked, value.done).length === 0) return undefined;
  const there = readAnswer(file);
  const plain = JSON.parse(JSON.stringify(asked)) as SavedAnswer;
  const isSame = isDeepStrictEqual(
    [there.question, there.units, there.asked],
    [plain.question, plain.units, plain.asked],
  );
  return isSame
    ? there
    : refuse(`${file} holds an unfinished answer to another question; name another file or remove it`);
}

function isRanges(value: unknown, units: unknown): boolean {
  if (!Array.isArray(value) || !Number.isSafeInteger(units)) return false;
  let least = 0;
  return value.every((range) => {
    const isOne =
      Array.isArray(range) &&
      range.length === 2 &&
      range.every(Number.isSafeInteger) &&
      range[0] >= least &&
      range[0] <= range[1] &&
      range[1] < (units as number);
    least = isOne ? range[1] + 2 : 0;
    return isOne;
  });
}
