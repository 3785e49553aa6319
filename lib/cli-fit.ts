/** Node only: the command `fit`. */
import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { json, number, type Values } from './cli-options';
import type { RunOptions } from './law/runs';
import { describeFit } from './report';

/** Adds `fit`. */
export function addFit(
  program: Command,
  print: (options: Values, value: object, describe: () => string) => void,
): void {
  program
    .command('fit')
    .description('fit a law to runs. The table is read in this order: columns, where, last-by, drop-worst')
    .requiredOption('--runs <file>', 'CSV with a column per variable, `loss`, and optionally `split`')
    .option('--formula <formula>', 'sum of products of powers; default Eq. 2')
    .option(
      '--columns <text>',
      `derived columns: 'N="Model Size", D="Training FLOP"/(6*N)'; a quote is a column of the file`,
    )
    .option('--where <test>', `rows to keep: 'k == 1 and router_type == "S-Base"'; a quote is text`)
    .option('--last-by <column>', 'of the rows that agree in this column, keep the one highest in --order')
    .option('--order <column>', 'what grows within a run, e.g. its step; goes with --last-by')
    .option('--drop-worst <n>', 'training rows of highest loss to leave out', number)
    .addOption(
      new Option('--objective <name>', 'what is minimised').choices(['squared', 'huber']).default('squared'),
    )
    .option('--delta <number>', 'δ of the Huber objective', number, 1e-3)
    .option('--starts <n>', 'random starting points', number, 64)
    .option('--seed <n>', 'seed of the starting points', number, 0)
    .option('--out <file>', 'write the fitted law here')
    .addOption(json())
    .action(async (options: Values) => {
      const { fit } = await import('./law/fit.js');
      const { readRuns } = await import('./law/read-runs.js');
      const { SingleBar } = await import('cli-progress');
      const formula = options.formula as string | undefined;
      const { columns, where, lastBy, order, dropWorst } = options as RunOptions;
      const runs = await readRuns(options.runs as string, formula, {
        columns,
        where,
        lastBy,
        order,
        dropWorst,
      });
      const bar = new SingleBar({ format: 'fitting {bar} {percentage} %', clearOnComplete: true });
      bar.start(100, 0);
      const result = await fit(runs, {
        formula,
        objective: options.objective as 'squared' | 'huber',
        delta: options.delta as number,
        starts: options.starts as number,
        seed: options.seed as number,
        onProgress: (share) => bar.update(Math.round(100 * share)),
      }).finally(() => bar.stop());
      const { law: fitted, covariance: _, ...report } = result;
      if (options.out !== undefined) {
        const content = {
          ...fitted,
          standardErrors: report.standardErrors,
          source: `fitted to ${options.runs}`,
        };
        writeFileSync(options.out as string, `${JSON.stringify(content, null, 1)}\n`);
      }
      print(options, report, () => describeFit(result));
    });
}
