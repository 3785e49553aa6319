/** Options that several commands share, and what they stand for. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Architecture, validateArchitecture } from '../architecture';
import { deviceNotes } from '../device';
import { refuse } from '../errors';
import { readModelConfig } from '../files/config';
import { device, model, readJson } from '../files/data';
import { STANDARD_INPUT } from '../files/read';
import type { HuggingFaceModel } from '../huggingface';
import { asLayers, type LayeredModel } from '../layers';
import { profileNamed, profileNote } from '../measured/profiles';
import { attentionForms } from '../roofline/costs';
import type { Setting } from '../roofline/roofline';
import { inFile } from '../schema/check';
import { parseJson } from '../schema/json-text';
import { type KvPrecision, kvPrecisions, paperWorkload, precisionNames, validateWorkload } from '../workload';
import { note } from './answer';

export { note, print } from './answer';

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
/** Adds the precision of the KV cache. */
export const onCache = (command: Command) =>
  command.addOption(
    new Option(
      '--kv-precision <bits>',
      'of the KV cache (default: 16, or that for which the checkpoint of --config has scales)',
    ).choices(kvPrecisions.map(String)),
  );
/** Adds the choice of a profile. */
export const onProfile = (command: Command) =>
  command.option(
    '--profile <name>',
    'what the board keeps up: ideal, fitted, a name in data/profiles.json or a file *.json',
    'ideal',
  );
/** How a config is read. */
export const assume = () =>
  new Option('--assume <model_type>', 'read a config of an unknown family as this one, e.g. llama');
export const textOnly = () => new Option('--text-only', 'leave out what of a config sees and hears');
/** Adds the three ways to name an architecture. */
export const onArchitecture = (command: Command) =>
  command
    .option('--model <id>', 'model of data/models.json')
    .option('--architecture <json>', 'e.g. {"depth":16,"width":2048,"heads":16,"headDim":128,"kvHeads":4,…}')
    .option('--config <file>', 'config.json of a Hugging Face model')
    .addOption(assume())
    .addOption(textOnly());

/** Adds the choice of a space of one's own. */
export const onSpace = (command: Command) =>
  command.option('--space <file>', 'JSON file of lists or ranges: see docs/spaces.md');

/** `--width-range`, where the width is searched. */
export const widthRange = () =>
  new Option('--width-range <low:high>', 'widths to search, e.g. 768:3072; default everywhere').argParser(
    (text: string) => {
      const ends = text.split(':').map((end) => number(end));
      if (ends.length !== 2) throw new InvalidArgumentError(`"${text}" is not low:high`);
      return ends;
    },
  );

/** Options as commander hands them over. */
export type Values = Record<string, string | number | boolean | undefined>;

/** The setting that `options` ask for. */
export function settingOf(options: Values): Setting {
  const { batch, inputTokens, outputTokens } = options;
  const chosen = device(options.device as string);
  const { profile } = options as { profile?: string };
  const said = profile === undefined ? undefined : profileNote(profile, chosen.id);
  for (const sentence of [...deviceNotes(chosen), ...(said === undefined ? [] : [said])]) note(sentence);
  return {
    device: chosen,
    workload: validateWorkload({ batch, inputTokens, outputTokens }),
    precision: options.precision as Setting['precision'],
    ...(options.kvPrecision === undefined ? {} : { kvPrecision: Number(options.kvPrecision) as KvPrecision }),
    attention: options.attention as Setting['attention'],
    ...(profile === undefined ? {} : { profile: profileNamed(profile, chosen.id) }),
  };
}

/** What `--config` names, read as `--assume` and `--text-only` say. */
export function readConfig(file: string, options: Values): HuggingFaceModel {
  const { assume, textOnly } = options;
  return readModelConfig(file, {
    ...(assume === undefined ? {} : { assume: assume as string }),
    textOnly: textOnly === true,
  });
}

/**
 * The model that `options` name, as it is: a config's layer groups, as its checkpoint stores them unless a precision
 * was given; or the one group of an architecture.
 */
export function modelOf(options: Values, isPrecisionGiven: boolean): LayeredModel {
  if (options.config === undefined) {
    const layers = asLayers(architectureOf(options));
    const positions = options.model === undefined ? undefined : model(options.model as string).positions;
    return positions === undefined ? layers : { ...layers, positions };
  }
  onlyWay(options);
  const { model: read, warnings } = readConfig(options.config as string, options);
  const { stored, kvPrecision, ...rest } = read;
  const isAsStored = stored !== undefined && !isPrecisionGiven;
  for (const warning of warnings) note(warning);
  if (stored && !isAsStored) note(`--precision ${options.precision} is taken in place of the checkpoint's`);
  return { ...rest, ...(isAsStored ? { stored } : {}), ...(kvPrecision ? { kvPrecision } : {}) };
}

/** The architecture that `options` name, or that comes nearest to a config. */
export function architectureOf(options: Values): Architecture {
  const named = namedArchitecture(options);
  if (options.architecture === undefined) return validateArchitecture(named);
  return inFile('--architecture', 'architecture', () => validateArchitecture(named));
}

/** The same, unchecked where it was given as JSON. What a config approximates is noted on standard error. */
export function namedArchitecture(options: Values): unknown {
  onlyWay(options);
  if (options.model !== undefined) return model(options.model as string).architecture;
  if (options.config !== undefined) {
    const { architecture, approximations } = readConfig(options.config as string, options);
    for (const sentence of approximations) note(sentence);
    return architecture;
  }
  const text = options.architecture as string;
  return text === STANDARD_INPUT ? readJson(text) : parseJson(text, '--architecture');
}

/** Refuses no way to name an architecture, and more than one. */
function onlyWay(options: Values): void {
  const ways = ['model', 'architecture', 'config'].filter((way) => options[way] !== undefined);
  if (ways.length !== 1) refuse('give exactly one of --model ID, --architecture JSON and --config FILE');
  if (options.config === undefined && (options.assume !== undefined || options.textOnly === true))
    refuse('--assume and --text-only say how a --config is read; give one');
}

/** `--memory-budget` in bytes on a board. */
export function memoryBudgetOf(options: Values, { device: board }: Setting): number | undefined {
  const { memoryBudget } = options;
  if (memoryBudget === undefined) return undefined;
  if (memoryBudget === 'fits')
    return (
      board.memoryCapacityBytes ??
      refuse(`the memory of "${board.id}" is not published; give --memory-budget BYTES`)
    );
  const bytes = Number(memoryBudget);
  return bytes > 0 && bytes < Number.POSITIVE_INFINITY
    ? bytes
    : refuse(`--memory-budget ${memoryBudget} is neither a positive number of bytes nor "fits"`);
}

/** Refuses options that were given though nothing depends on them; `where` says when that is. */
export function refuseIdle(command: Command, names: readonly string[], where: string): void {
  for (const { long, attributeName } of command.options.map((option) => ({
    long: option.long,
    attributeName: option.attributeName(),
  })))
    if (names.includes(attributeName) && command.getOptionValueSource(attributeName) === 'cli')
      refuse(`${long} does nothing ${where}; leave it out`);
}

/** Refuses options, by their attributes, that were given though they say nothing beside `other`. */
export function refuseBeside(command: Command, names: readonly string[], other: string): void {
  for (const name of names)
    if (command.getOptionValueSource(name) === 'cli') {
      const option = command.options.find((each) => each.attributeName() === name)!;
      refuse(`${option.long} says nothing beside ${other}`);
    }
}
