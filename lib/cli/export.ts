import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { type Architecture, parameters } from '../architecture';
import { refuse } from '../errors';
import { toHuggingFace } from '../huggingface';
import { columns, describeArchitecture } from '../report/text';
import { json, namedArchitecture, onArchitecture, print, type Values } from './options';

/** Options and action of `export`. */
export function define(command: Command): void {
  onArchitecture(command)
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
          ...columns(describeArchitecture(architecture, value.parameters)),
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
