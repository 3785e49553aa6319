import type { Command } from 'commander';
import { dataFile } from '../files/data';
import { law } from '../files/law';
import { outsideRanges, predictLoss } from '../law/law';
import { describeLoss } from '../report/text';
import { architectureOf, json, note, onArchitecture, print, type Values } from './options';

/** Options and action of `loss`. */
export function define(command: Command): void {
  onArchitecture(command)
    .option('--law <file>', 'law as JSON', dataFile('law.json'))
    .addOption(json())
    .action((options: Values) => {
      const chosen = law(options.law as string);
      const architecture = architectureOf(options);
      for (const sentence of outsideRanges(chosen, architecture)) note(sentence);
      const loss = predictLoss(chosen, architecture);
      print(options, loss, () => describeLoss(loss, chosen), chosen.parameters);
    });
}
