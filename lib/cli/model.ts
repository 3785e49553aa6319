import type { Command } from 'commander';
import { dataFile, readJson } from '../files/data';
import { law } from '../files/law';
import { fromHuggingFace, type HuggingFaceModel } from '../huggingface';
import { type Law, outsideRanges, predictLoss } from '../law/law';
import { columns, describeArchitecture, describeLoss } from '../report/text';
import { json, print, type Values } from './options';

/** Options and action of `model`. */
export function define(command: Command): void {
  command
    .argument('<config>', 'config.json of a decoder-only model')
    .option('--law <file>', 'law as JSON', dataFile('law.json'))
    .addOption(json())
    .action((file: string, options: Values) => {
      const chosen = law(options.law as string);
      const read = fromHuggingFace(readJson(file));
      const warnings = [...read.warnings, ...outsideRanges(chosen, read.architecture)];
      const { architecture, parameters, kvBytesPerToken, family } = read;
      const value = { architecture, parameters, kvBytesPerToken, family, warnings };
      print(options, value, () => describeModel(value, chosen));
    });
}

function describeModel(model: HuggingFaceModel, law: Law): string {
  const { architecture, family, kvBytesPerToken, warnings } = model;
  return [
    ...columns([
      ['family', family],
      ...describeArchitecture(architecture, model.parameters),
      ['KV cache', `${kvBytesPerToken} bytes per token of context, in 16 bits`],
    ]),
    '',
    describeLoss(predictLoss(law, architecture), law),
    ...warnings.map((warning) => `note: ${warning}`),
  ].join('\n');
}
