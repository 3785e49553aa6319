/** Options that several commands share, and what they stand for. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Architecture, validateArchitecture } from './architecture';
import { device, model } from './data';
import { refuse } from './errors';
import { profileNamed } from './measured/profiles';
import { attentionForms } from './roofline/costs';
import type { Setting } from './roofline/roofline';
import { paperWorkload, precisionNames, validateWorkload } from './workload';

/** `--json`. */
export const json = () => new Option('--json', 'print one JSON object and nothing else');
/** Reads a number given on the command line. */
export const number = (text: string) => {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError(`"${text}" is not a number`);
  return value;
};
/** Adds the options that make a `Setting`. */
export const onSetting = (command: Command) =>
  command
    .option('--device <id>', 'device of data/devices.json, or a JSON file', 'jetson-agx-orin-64gb')
    .addOption(
      new Option('--precision <name>', 'of the linear layers').choices(precisionNames).default('fp16'),
    )
    .option('--batch <n>', 'sequences at once', number, paperWorkload.batch)
    .option('--input-tokens <n>', 'prompt length', number, paperWorkload.inputTokens)
    .option('--output-tokens <n>', 'tokens generated', number, paperWorkload.outputTokens)
    .addOption(
      new Option('--attention <form>', 'attention operators').choices(attentionForms).default('fused'),
    );
/** Adds the choice of a profile. */
export const onProfile = (command: Command) =>
  command.option(
    '--profile <name>',
    'what the board keeps up: ideal, fitted, a name in data/profiles.json or a JSON file',
    'ideal',
  );
/** Adds the two ways to name an architecture. */
export const onArchitecture = (command: Command) =>
  command
    .option('--model <id>', 'model of data/models.json')
    .option('--architecture <json>', 'e.g. {"depth":16,"width":2048,"heads":16,"headDim":128,"kvHeads":4,…}');

/** Options as commander hands them over. */
export type Values = Record<string, string | number | boolean | undefined>;

/** The setting that `options` ask for. */
export function settingOf(options: Values): Setting {
  const { batch, inputTokens, outputTokens } = options;
  const chosen = device(options.device as string);
  return {
    device: chosen,
    workload: validateWorkload({ batch, inputTokens, outputTokens }),
    precision: options.precision as Setting['precision'],
    attention: options.attention as Setting['attention'],
    ...(options.profile === undefined ? {} : { profile: profileNamed(options.profile as string, chosen.id) }),
  };
}

/** The architecture that `options` name. */
export function architectureOf(options: Values): Architecture {
  if ((options.model === undefined) === (options.architecture === undefined))
    refuse('give either --model ID or --architecture JSON');
  if (options.model !== undefined) return model(options.model as string).architecture;
  let parsed: unknown;
  try {
    parsed = JSON.parse(options.architecture as string);
  } catch (error) {
    refuse(`--architecture is not JSON: ${(error as Error).message}`);
  }
  return validateArchitecture(parsed);
}
