/** What is asked of a fit, and of the rows behind it, is checked before it begins. */
import { extent } from 'simple-statistics';
import { positiveInteger, refuse } from '../../errors';
import { groupsOf } from '../formula/formula';
import { groupColumn } from '../formula/tree';
import type { Problem } from './problem';

/** Starts, refits and starts × rows beyond which a fit takes hours or more memory than there is. */
const MOST_STARTS = 10_000;
export const MOST_REFITS = 100_000;
const MOST_PREDICTIONS = 4e6;
/** The least difference of losses whose square, over any number of rows, keeps all its digits. */
const LEAST_SPREAD = 1e-140;
/** A parameter of this size has run off: the rows do not hold it. */
const RUN_OFF = 1e100;

/** The number of random starts, if it can be computed. */
export function checkStarts(starts: number): number {
  return positiveInteger(starts, 'starts', MOST_STARTS);
}

/** Refuses more starts than there is memory for on so many rows. */
export function checkSize(starts: number, rows: number): void {
  const most = Math.floor(MOST_PREDICTIONS / rows);
  if (starts > most) refuse(`starts ${starts} exceeds ${most}, the most that is taken with ${rows} rows`);
}

/** Refuses rows from which nothing can be known of the law: with one loss for all, or fewer settings than parameters. */
export function checkSettings(name: string, { model, loss }: Problem): void {
  const { formula, columns, rows, parameters } = model;
  const [least, most] = extent(Array.from(loss));
  if (most - least <= 1e-12 * Math.abs(most))
    refuse(`${name}: the loss is ${most} in all ${rows} training rows, so nothing can be known of a law`);
  // Squares of less than this are 0, or have lost digits.
  if (most - least < LEAST_SPREAD)
    refuse(
      `${name}: the losses differ by ${most - least}, whose square is too small; give them in a larger unit`,
    );
  const varied = [...formula.variables, ...groupsOf(formula)];
  const values = [...formula.variables, ...groupsOf(formula).map(groupColumn)].map((each) => columns[each]);
  const settings = new Set<string>();
  for (let row = 0; row < rows && settings.size < parameters.length; row++)
    settings.add(values.map((each) => each[row]).join());
  if (settings.size < parameters.length)
    refuse(
      `${name}: its ${rows} training rows have ${settings.size} different values of ${varied.join(', ')}, ` +
        `too few to know the law's ${parameters.length} parameters; fix some, or add runs`,
    );
}

/** Refuses a fit whose parameters the rows do not hold. */
export function checkParameters(name: string, parameters: Readonly<Record<string, number>>): void {
  for (const [parameter, value] of Object.entries(parameters))
    if (!(Math.abs(value) < RUN_OFF))
      refuse(
        `${name}: the rows do not hold parameter ${parameter}, which ran off to ${value.toPrecision(3)}; fix it, or give it bounds`,
      );
}
