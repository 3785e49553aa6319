import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { architecturesCsv } from '../files/architectures';
import { enumerateSpace, paperSpace, sampleSpace } from '../space';
import { json, number, print, refuseIdle, type Values } from './options';

/** Options and action of `enumerate`. */
export function define(command: Command): void {
  command
    .option('--count <n>', 'size of the sample; without it the whole space', number)
    .option('--seed <n>', 'seed of the sample', number, 0)
    .requiredOption('--out <file>', 'CSV file to write')
    .addOption(json())
    .action((options: Values) => {
      if (options.count === undefined) refuseIdle(command, ['seed'], 'without --count');
      const all = enumerateSpace(paperSpace);
      const chosen =
        options.count === undefined ? all : sampleSpace(all, options.count as number, options.seed as number);
      writeFileSync(options.out as string, architecturesCsv(chosen));
      print(
        options,
        { count: chosen.length, space: all.length, out: options.out },
        () => `${chosen.length} of ${all.length} architectures written to ${options.out}`,
      );
    });
}
