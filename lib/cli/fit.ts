import { accessSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { positiveInteger, refuse } from '../errors';
import type { Fit } from '../law/fit/fit';
import { DELTA } from '../law/fit/objective';
import type { ProblemOptions } from '../law/fit/problem';
import type { RunOptions, Runs } from '../law/fit/runs';
import { namedFormulas } from '../law/laws';
import { seededRandom } from '../random';
import { describeFit } from '../report/text';
import { json, number, print, type Values } from './options';
import { withProgress } from './progress';

const WORDS = `
Names in the formula are columns of the table where it has them, and else parameters. Coefficients of whole terms stay
positive, so that their term falls or rises with its powers alone, as do divisors and what stands alone in a base; a
lower bound below 0 (--bounds b=-5:5) sets them free. Of either sign are exponents, constants, coefficients of logarithms
(a + b*log(N)), and what is added inside a bracket, a logarithm or exp: c and a in k*(log(lr) - c - a*log(N))^2. The
output says which is which.
E[train] is a parameter E of each text in the column train; --fix and --bounds take E[train] for all or E[c4] for one.
A law must be told by the rows: a constant loss, or rows that leave a parameter open whatever it is, are refused.
Standard errors take the errors for independent and of one size, or of variances that fall as --weight rises, as does
--resample residual; --resample case does not.`;

/** Options and action of `fit`. */
export function define(command: Command): void {
  command
    .requiredOption(
      '--runs <file>',
      'CSV with a column per variable, `loss`, and optionally `split`; lines that begin with # are comments',
    )
    .option(
      '--formula <formula>',
      `numbers, names, + - * / ^, log, exp, min, max; or one of ${Object.keys(namedFormulas).join(', ')}; default Eq. 2`,
    )
    .option(
      '--columns <text>',
      `derived columns, of + - * / ^, log, exp, min, max: 'N="Model Size", loss=log(loss)'; a quote is a column of the file`,
    )
    .option('--where <test>', `rows to keep: 'k == 1 and router_type == "S-Base"'; a quote is text`)
    .option('--last-by <column>', 'of the rows that agree in this column, keep the one highest in --order')
    .option('--order <column>', 'what grows within a run, e.g. its step; goes with --last-by')
    .option(
      '--best-by <columns>',
      'of the rows that agree in these columns (N,D), keep the one of least loss',
    )
    .option('--weight <column>', 'how much each row counts; default all alike')
    .option('--drop-worst <n>', 'training rows of highest loss to leave out', number)
    .addOption(
      new Option('--objective <name>', 'what is minimised').choices(['squared', 'huber']).default('squared'),
    )
    .option('--delta <number>', 'δ of the Huber objective; default 0.001', number)
    .option('--fix <name=value...>', 'parameters that are given and not fitted', assignments, {})
    .option('--bounds <name=low:high...>', 'parameters that stay within bounds, ends included', ranges, {})
    .option('--bootstrap <n>', 'refits to resampled runs, for an interval of each parameter', number)
    .addOption(
      new Option(
        '--resample <kind>',
        'what the bootstrap draws: errors (the default), or whole rows',
      ).choices(['residual', 'case']),
    )
    .option('--level <share>', 'of these intervals; default 0.9', number)
    .option('--starts <n>', 'random starting points', number, 64)
    .option('--seed <n>', 'seed of the starting points', number, 0)
    .option('--out <file>', 'write the fitted law here')
    .addOption(json())
    .addHelpText('after', WORDS)
    .action(async (options: Values) => {
      await refuseWrong(options);
      const { fit } = await import('../law/fit/fit.js');
      const { readRuns } = await import('../law/fit/read-runs.js');
      const formula = options.formula as string | undefined;
      const { columns, where, lastBy, order, bestBy, dropWorst, weight } = options as RunOptions;
      const chosen = { columns, where, lastBy, order, bestBy, dropWorst, weight };
      const runs = await withProgress('reading', (onProgress) =>
        readRuns(options.runs as string, formula, chosen, onProgress),
      );
      const problem = {
        formula,
        objective: options.objective as 'squared' | 'huber',
        delta: options.delta as number | undefined,
        fixed: options.fix as unknown as Record<string, number>,
        bounds: options.bounds as unknown as Record<string, [number, number]>,
      };
      const { starts, seed } = options as Record<string, number>;
      const result = await withProgress('fitting', (onProgress) =>
        fit(runs, { ...problem, starts, seed, onProgress }),
      );
      const { law: fitted, covariance: _, ...found } = result;
      const { parameters, rmse, meanSquaredError, ...judged } = found;
      const report = {
        ...found,
        ...(unknownAsNull(judged) as typeof judged),
        ...(options.bootstrap === undefined
          ? {}
          : { intervals: await bootstrapIntervals(runs, result, problem, options) }),
      };
      if (options.out !== undefined) {
        const content = {
          ...fitted,
          standardErrors: report.standardErrors,
          source: `fitted to ${options.runs}${described(chosen, problem)}`,
        };
        writeFileSync(options.out as string, `${JSON.stringify(content, null, 1)}\n`);
      }
      print(options, report, () => describeFit(result, report.intervals));
    });
}

/** Intervals of the parameters by refits to resampled runs. */
async function bootstrapIntervals(runs: Runs, fitted: Fit, problem: ProblemOptions, options: Values) {
  const { bootstrap, parameterIntervals } = await import('../law/uncertainty/bootstrap.js');
  const draws = bootstrap(runs, fitted, {
    ...problem,
    kind: options.resample as 'residual' | 'case' | undefined,
    count: options.bootstrap as number,
    seed: options.seed as number,
  });
  return parameterIntervals(draws, options.level as number | undefined);
}

/** Options that say nothing without another one, and numbers that cannot be, are refused before anything is fitted. */
async function refuseWrong(options: Values): Promise<void> {
  if (options.delta !== undefined && options.objective !== 'huber')
    refuse('--delta goes with --objective huber');
  for (const name of ['resample', 'level'])
    if (options[name] !== undefined && options.bootstrap === undefined)
      refuse(`--${name} goes with --bootstrap`);
  if (options.out !== undefined) accessSync(dirname(options.out as string));
  const { checkStarts, MOST_REFITS } = await import('../law/fit/limits.js');
  checkStarts(options.starts as number);
  seededRandom(options.seed as number);
  if (options.bootstrap === undefined) return;
  positiveInteger(options.bootstrap, 'bootstrap', MOST_REFITS);
  const { checkLevel } = await import('../law/uncertainty/bootstrap.js');
  checkLevel((options.level as number | undefined) ?? 0.9);
}

/** What is infinite or undefined is not known of a fit: of a term that has vanished, or of a start that led nowhere. */
function unknownAsNull(value: unknown): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.map(unknownAsNull);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unknownAsNull(inner)]));
}

/** How the rows were chosen and what was minimised, for the law that is written. */
function described(chosen: RunOptions, { objective, delta, fixed, bounds }: ProblemOptions): string {
  const given = Object.entries(chosen).filter(([, value]) => value !== undefined);
  const parts = [
    ...given.map(([name, value]) => `${name} ${value}`),
    ...(objective === 'huber' ? [`Huber loss of δ ${delta ?? DELTA}`] : []),
    ...Object.entries(fixed ?? {}).map(([name, value]) => `${name} fixed at ${value}`),
    ...Object.entries(bounds ?? {}).map(([name, [low, high]]) => `${name} from ${low} to ${high}`),
  ];
  return parts.length === 0 ? '' : ` with ${parts.join(', ')}`;
}

/** Reads `name=value`, which may be given several times. */
function assignments(text: string, before: Record<string, number>): Record<string, number> {
  const [name, value] = split(text, before);
  return { ...before, [name]: number(value) };
}

/** Reads `name=low:high`; an end that is left out is open. */
function ranges(text: string, before: Record<string, [number, number]>): Record<string, [number, number]> {
  const [name, value] = split(text, before);
  const ends = value.split(':');
  if (ends.length !== 2) throw new InvalidArgumentError(`"${text}" is not name=low:high`);
  if (ends.every((part) => part.trim() === ''))
    throw new InvalidArgumentError(`"${text}" bounds nothing: give low, high or both`);
  const end = (part: string, open: number) => (part.trim() === '' ? open : number(part));
  return {
    ...before,
    [name]: [end(ends[0], Number.NEGATIVE_INFINITY), end(ends[1], Number.POSITIVE_INFINITY)],
  };
}

function split(text: string, before: object): [name: string, value: string] {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError(`"${text}" is not name=value`);
  const name = text.slice(0, at).trim();
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`"${name}" is given twice`);
  return [name, text.slice(at + 1)];
}
