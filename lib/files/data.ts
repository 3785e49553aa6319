/** Node only: the data that ships with the project. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Architecture, validateArchitecture } from '../architecture';
import { type Device, validateDevice } from '../device';
import { refuse } from '../errors';
import { inFile, type SchemaName } from '../schema/check';
import { MOST_BYTES, parseConfig, parseJson } from '../schema/json-text';
import { nameOf, readText, STANDARD_INPUT } from './read';

/** The package's folder: `lib/` in a checkout, above `lib/dist/`; `node_modules/colaw/` where it is installed. */
export const packageFolder = [join(__dirname, '..'), join(__dirname, '..', '..')].find((folder) =>
  existsSync(join(folder, 'colaw.js')),
)!;

/** The folder with `data/` and `notebooks/`: the top of a checkout; where it is installed, the package itself. */
export const projectFolder = [join(packageFolder, '..'), packageFolder].find((folder) =>
  existsSync(join(folder, 'data', 'devices.json')),
)!;

/** Where results are written: `out/` at the top of a checkout; of the working directory where it is installed. */
export const outFolder = join(projectFolder === packageFolder ? process.cwd() : projectFolder, 'out');

/**
 * Path of a file in `data/`.
 *
 * @example dataFile('law.json').split('/').at(-1) // 'law.json'
 */
export function dataFile(name: string): string {
  return join(projectFolder, 'data', name);
}

/** A public table of real runs that does not ship with the project. */
export interface ExternalTable {
  file: string;
  what: string;
  /** The public repository (owner/name) and the file in it. */
  repository: string;
  licence: string;
}

/** The tables of real runs that notebooks and tests use where they are present; see `externalData`. */
export const externalTables: readonly ExternalTable[] = [
  {
    file: 'chinchilla-replication.csv',
    what: '245 models read off Figure 4 of the Chinchilla paper: parameters, training FLOPs, loss (Besiroglu et al. 2024, arXiv 2404.10102)',
    repository: 'epoch-research/analyzing-chinchilla, data/svg_extracted_data.csv',
    licence: 'none stated: for local use only',
  },
  {
    file: 'routed-language-models.csv.gz',
    what: 'learning curves of 223 dense and mixture-of-experts models (Clark et al. 2022, arXiv 2202.01169)',
    repository: 'deepmind/scaling_laws_for_routing, data/curves.csv.gz',
    licence: 'CC-BY 4.0',
  },
];

/**
 * Path of one of the `externalTables`, by its file name, in the folder that the environment variable COLAW_DATA
 * names, or else in `data/external/`; undefined where it is in neither.
 *
 * @example externalData('mine.csv') // refuses: unknown table "mine.csv"
 */
export function externalData(name: string): string | undefined {
  const known = externalTables.map(({ file }) => file);
  if (!known.includes(name)) refuse(`unknown table "${name}"; known: ${known.join(', ')}`);
  const named = process.env.COLAW_DATA;
  const folders = [...(named ? [resolve(named)] : []), dataFile('external')];
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** A published model: its architecture and where it was read. */
export interface Model {
  id: string;
  name: string;
  huggingFaceId: string;
  architecture: Architecture;
  /** As its makers state it, in all. */
  publishedParameters: number;
  /** The longest context, where the published config that was read names it. */
  positions?: number;
  notes?: string;
  sources: string[];
}

/**
 * All devices in `data/devices.json`.
 *
 * @example devices().some(({ id }) => id === 'jetson-agx-orin-64gb') // true
 */
export function devices(): Device[] {
  return (readJson(dataFile('devices.json')) as unknown[]).map(validateDevice);
}

/**
 * The device with this id, or the one described in a JSON file of that name.
 *
 * @example device('jetson-agx-orin-64gb').bandwidthBytesPerSecond // 204800000000
 */
export function device(id: string): Device {
  if (isJsonFile(id)) return readAs('device', id, validateDevice);
  return find(devices(), id, 'device');
}

/**
 * All models in `data/models.json`.
 *
 * @example models().some(({ id }) => id === 'qwen2.5-0.5b') // true
 */
export function models(): Model[] {
  const read = readJson(dataFile('models.json')) as Model[];
  return read.map((model) => ({ ...model, architecture: validateArchitecture(model.architecture) }));
}

/**
 * The model with this id.
 *
 * @example model('qwen2.5-0.5b').architecture.depth // 24
 */
export function model(id: string): Model {
  return find(models(), id, 'model');
}

/** A JSON file's content, or an `InputError` that says what is wrong with it. */
export function readJson(file: string): unknown {
  return parseJson(textOf(file), nameOf(file));
}

/** The content of a JSON file as Python writes it, with NaN and Infinity. */
export function readConfigFile(file: string): unknown {
  return parseConfig(textOf(file), nameOf(file));
}

/** The text of a JSON file, without its byte-order mark. */
function textOf(file: string): string {
  const bytes = readText(file, MOST_BYTES, 'JSON file');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return refuse(`${nameOf(file)} is not text in UTF-8, as JSON is`);
  }
}

/** What `validate` makes of a JSON file of a kind; complaints name the file and the schema. */
export function readAs<T>(schema: SchemaName, file: string, validate: (value: unknown) => T): T {
  const value = readJson(file);
  return inFile(nameOf(file), schema, () => validate(value));
}

/** Whether a name stands for a file, not for something that ships: `*.json`, or `-` for standard input. */
export function isJsonFile(name: string): boolean {
  return name === STANDARD_INPUT || name.endsWith('.json');
}

/** The item of this id, or the only one whose id begins with it: `jetson-agx-thor` is `jetson-agx-thor-t5000`. */
export function find<T extends { id: string }>(items: T[], id: string, kind: string): T {
  const begun = items.filter((item) => item.id.startsWith(`${id}-`));
  return (
    items.find((item) => item.id === id) ??
    (begun.length === 1 ? begun[0] : undefined) ??
    refuse(`unknown ${kind} "${id}"; known: ${items.map((item) => item.id).join(', ')}`)
  );
}
