import type { Command } from 'commander';
import { mergeAnswers, readAnswer, writeAnswer } from '../frontier/answer';
import { json, type Values } from './options';
import { printAnswer } from './space';

/** Options and action of `merge`. */
export function define(command: Command): void {
  command
    .argument('<parts...>', 'files of frontier --space … --block I/N --out FILE')
    .option('--out <file>', 'write the merged answer here')
    .addOption(json())
    .action((files: string[], options: Values) => {
      const answer = mergeAnswers(files.map((file) => [file, readAnswer(file)] as const));
      if (options.out !== undefined) writeAnswer(options.out as string, answer);
      printAnswer(options, answer);
    });
}
