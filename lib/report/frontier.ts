/** What a search of a space found, as text for people. */
import type { SavedAnswer } from '../frontier/answer';
import { columns, describeFrontier } from './text';

/** The frontier and how it was found. */
export function describeSolution(answer: SavedAnswer): string {
  const { points, question, method, reason, space, evaluated } = answer;
  const how =
    method === 'separation'
      ? `exact by separation: ${grouped(evaluated)} parts and architectures evaluated`
      : `every architecture looked at, since ${reason}: ${grouped(evaluated)} evaluated`;
  return [
    describeFrontier(points, grouped(space), question.objective, 'architectures'),
    `${how}, of ${grouped(space)}`,
  ].join('\n');
}

/** One line a board: how fast and how good its frontier is. */
export function describeBoards(answers: readonly SavedAnswer[]): string {
  const milliseconds = (seconds: number) => `${(1000 * seconds).toPrecision(4)} ms`;
  const rows = answers.map(({ question, points }) => {
    const [first, last] = [points[0], points[points.length - 1]];
    const ends = first === undefined ? [] : [first, last];
    return [
      question.setting.device.id,
      String(points.length),
      ...ends.flatMap(({ latencySeconds, loss }) => [milliseconds(latencySeconds), loss.toFixed(4)]),
    ];
  });
  const { space, evaluated, method } = answers[0];
  return [
    ...columns([['board', 'points', 'fastest', 'loss', 'best', 'loss'], ...rows]),
    `${method}: ${grouped(evaluated)} evaluated for each, of ${grouped(space)}`,
  ].join('\n');
}

const grouped = (count: number | string) => BigInt(count).toLocaleString('en');
