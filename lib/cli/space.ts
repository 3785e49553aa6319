/** `frontier --space`: the exact frontier of a space, on all cores, in parts, and on several boards. */
import { countSpace } from '../count';
import { positiveInteger, refuse } from '../errors';
import { law } from '../files/law';
import { readSpace } from '../files/space';
import {
  jsonCount,
  missing,
  type SavedAnswer,
  settled,
  unfinishedAnswer,
  writeAnswer,
} from '../frontier/answer';
import type { LatencyObjective } from '../frontier/evaluate';
import type { Numbered, Question } from '../frontier/question';
import { blockRange, describeRanges, type Ranges, sizeOf, unite, without } from '../frontier/ranges';
import { gather, judged, planSearch } from '../frontier/solve';
import { searchUnits } from '../frontier/threads';
import { describeBoards, describeSolution } from '../report/frontier';
import type { Setting } from '../roofline/roofline';
import { memoryBudgetOf, note, print, type Values } from './options';

/** What a finished unit is saved after, at the latest: a machine that fails costs no more than this. */
const SAVE_SECONDS = 20;

/** Searches the space that the options name, on each setting, and prints what was found. */
export async function searchSpace(
  options: Values,
  settings: readonly Setting[],
  objective: LatencyObjective,
): Promise<void> {
  const space = readSpace(options.space as string);
  const chosen = law(options.law as string);
  const questions = settings.map((setting): Question => {
    const memoryBudget = memoryBudgetOf(options, setting);
    return {
      space,
      law: chosen,
      setting,
      objective,
      ...(memoryBudget === undefined ? {} : { memoryBudget }),
    };
  });
  const isTable = options.devices !== undefined;
  if (isTable && (options.out ?? options.block) !== undefined)
    refuse('--devices prints one table; --out and --block take one --device');
  const answers = await search(options, questions);
  if (isTable) {
    const boards = answers.map(({ question, points, evaluated }) => ({
      device: question.setting.device.id,
      evaluated,
      points,
    }));
    const { method, reason, space: count } = answers[0];
    const answer = {
      method,
      ...(reason === undefined ? {} : { reason }),
      space: count,
      devices: boards,
    };
    print(options, answer, () => describeBoards(answers));
    return;
  }
  printAnswer(options, answers[0]);
}

/** Prints an answer, and says what is missing of it. */
export function printAnswer(options: Values, answer: SavedAnswer): void {
  const { question: _, ...said } = settled(answer);
  const left = missing(said as SavedAnswer);
  if (left.length > 0)
    note(`units ${describeRanges(left)} of ${answer.units} are missing: this is the frontier of the others`);
  print(options, { ...said, ...(left.length === 0 ? {} : { missing: left }) }, () =>
    describeSolution(answer),
  );
}

/** Searches until all is done or the process is asked to stop, and writes what is done where a file is asked for. */
export async function search(options: Values, questions: readonly Question[]): Promise<SavedAnswer[]> {
  const count = countSpace(questions[0].space);
  if (count === 0n) refuse('the rules of the space leave no architecture');
  const plan = planSearch(questions);
  const asked = blockOf(options, plan.units);
  const found = questions.map(() => gather<Numbered>());
  const { method, reason } = plan;
  const empty = questions.map(
    (question): SavedAnswer => ({
      ...{ question, method, ...(reason === undefined ? {} : { reason }) },
      ...{ space: jsonCount(count), evaluated: 0, points: [], units: plan.units, done: [], asked },
    }),
  );
  const file = options.out as string | undefined;
  const before = file === undefined ? undefined : unfinishedAnswer(file, empty[0]);
  let done: Ranges = before?.done ?? [];
  const evaluated = questions.map(() => before?.evaluated ?? 0);
  if (before !== undefined) {
    found[0].add(before.points);
    note(`${file}: going on, ${sizeOf(done)} of ${sizeOf(asked)} units are done`);
  }
  const answersNow = () =>
    empty.map((each, q) => ({
      ...each,
      ...{ evaluated: evaluated[q], points: judged(questions[q], found[q].points()), done },
    }));
  const save = () => file !== undefined && writeAnswer(file, answersNow()[0]);

  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  const { SingleBar } = await import('cli-progress');
  const bar = new SingleBar({
    format: `${method} {bar} {percentage} %, {eta_formatted} left`,
    clearOnComplete: true,
    etaBuffer: 100,
  });
  bar.start(sizeOf(asked), sizeOf(done));
  let saved = Date.now();
  try {
    await searchUnits(questions, plan, without(asked, done), {
      signal: stop.signal,
      ...(options.threads === undefined ? {} : { threads: positiveInteger(options.threads, '--threads') }),
      onUnit(unit, answers) {
        answers.forEach((answer, q) => {
          found[q].add(answer.points);
          evaluated[q] += answer.evaluated;
        });
        done = unite(done, [[unit, unit]]);
        bar.increment();
        if (Date.now() - saved < 1000 * SAVE_SECONDS) return;
        save();
        saved = Date.now();
      },
    });
  } finally {
    bar.stop();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
  save();
  const left = without(asked, done);
  if (left.length > 0) {
    process.exitCode = 130;
    note(
      `stopped: ${sizeOf(done)} of ${sizeOf(asked)} units are done` +
        (file === undefined ? '' : `, and written; the same command goes on from ${file}`),
    );
  }
  return answersNow();
}

/** The units that `--block I/N` means; without it, all. */
function blockOf({ block }: Values, units: number): Ranges {
  if (block === undefined) return blockRange(1, 1, units);
  const match = /^(\d{1,9})\/(\d{1,9})$/.exec(block as string);
  const [i, n] = match === null ? [0, 0] : [Number(match[1]), Number(match[2])];
  if (i < 1 || i > n) refuse(`--block ${block} is not I/N with I from 1 to N, e.g. 3/8`);
  return blockRange(i, n, units);
}
