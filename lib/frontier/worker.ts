/** A thread that searches units; it keeps the plan of the questions that it was asked last. */
import { InputError } from '../errors';
import type { Question } from './question';
import type { Answer } from './separate';
import { type Plan, planSearch, planStream } from './solve';

/** What a thread is asked: questions, by a number that stands for them, and one unit of their search. */
export interface Task {
  id: number;
  questions: readonly Question[];
  isStream: boolean;
  unit: number;
}

let known: { id: number; plan: Plan } | undefined;

/** What it answers; what it refuses comes as text, since errors lose their kind between threads. */
export type Reply = { answers: Answer[] } | { refused: string };

function search({ id, questions, isStream, unit }: Task): Reply {
  try {
    if (known?.id !== id) known = { id, plan: isStream ? planStream(questions) : planSearch(questions) };
    return { answers: known.plan.search(unit) };
  } catch (error) {
    if (error instanceof InputError) return { refused: error.message };
    throw error;
  }
}

export default search;
