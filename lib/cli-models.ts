/** Node only: the commands that read and write the configs of Hugging Face models. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { type Architecture, type Parameters, parameters } from './architecture';
import { json, namedArchitecture, onArchitecture, type Values } from './cli-options';
import { dataFile, law, readJson } from './data';
import { refuse } from './errors';
import { millions } from './figures/theme';
import { fromHuggingFace, type HuggingFaceModel, toHuggingFace } from './huggingface';
import { type Law, outsideRanges, predictLoss } from './law/law';
import { columns, describeLoss } from './report';

/** Adds `model` and `export`. */
export function addModels(
  program: Command,
  print: (options: Values, value: object, describe: () => string) => void,
): void {
  program
    .command('model')
    .description('what a Hugging Face config.json says: parameters, KV cache, and its loss by the law')
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

  onArchitecture(program.command('export').description('write a config.json to train an architecture from'))
    .addOption(
      new Option('--as <format>', 'hf: Qwen3 or Qwen3-MoE for transformers')
        .choices(['hf'])
        .makeOptionMandatory(),
    )
    .requiredOption('--out <folder>', 'folder for config.json, made if it is not there')
    .addOption(json())
    .action((options: Values) => {
      const { config, architecture, changes } = toHuggingFace(namedArchitecture(options) as Architecture);
      const file = writeConfig(options.out as string, config);
      const value = { out: file, architecture, parameters: parameters(architecture), changes };
      print(options, value, () =>
        [
          `${file}: ${(config.architectures as string[])[0]}`,
          ...columns(architectureRows(architecture, value.parameters)),
          ...changes.map((change) => `changed: ${change}`),
        ].join('\n'),
      );
    });
}

/** Writes config.json into `folder`, unless another one is there: it may belong to trained weights. */
function writeConfig(folder: string, config: Record<string, unknown>): string {
  if (existsSync(folder) && !statSync(folder).isDirectory()) refuse(`${folder} is a file, not a folder`);
  const file = join(folder, 'config.json');
  const text = `${JSON.stringify(config, null, 2)}\n`;
  if (existsSync(file) && readFileSync(file, 'utf8') !== text)
    refuse(`${file} is there already, with another content; remove it or choose another folder`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, text);
  return file;
}

function describeModel(model: HuggingFaceModel, law: Law): string {
  const { architecture, family, kvBytesPerToken, warnings } = model;
  return [
    ...columns([
      ['family', family],
      ...architectureRows(architecture, model.parameters),
      ['KV cache', `${kvBytesPerToken} bytes per token of context, in 16 bits`],
    ]),
    '',
    describeLoss(predictLoss(law, architecture), law),
    ...warnings.map((warning) => `note: ${warning}`),
  ].join('\n');
}

function architectureRows(architecture: Architecture, counts: Parameters): string[][] {
  const { depth, width, heads, headDim, kvHeads, ffnRatio, experts, activeExperts } = architecture;
  const { total, active, embedding } = counts;
  return [
    ['depth', `${depth}`],
    ['width', `${width}`],
    ['heads', `${heads} of ${headDim}, ${kvHeads} for keys and values`],
    ['FFN ratio', `${Number(ffnRatio.toPrecision(4))}`],
    ...(experts > 1 ? [['experts', `${experts}, ${activeExperts} active`]] : []),
    ['parameters', `${millions(total)}, ${millions(active)} active, ${millions(embedding)} embedding`],
  ];
}
