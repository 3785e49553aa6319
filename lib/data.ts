/** Node only: the data that ships with the project. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Architecture, validateArchitecture } from './architecture';
import { type Device, validateDevice } from './device';
import { refuse } from './errors';
import { type Law, validateLaw } from './law/law';

/** The project's top folder: both `lib/` and `lib/dist/` lie below it. */
export const projectFolder = [join(__dirname, '..'), join(__dirname, '..', '..')].find((folder) =>
  existsSync(join(folder, 'data', 'devices.json')),
)!;

/** Path of a file in `data/`. */
export function dataFile(name: string): string {
  return join(projectFolder, 'data', name);
}

/** A published model: its architecture and where it was read. */
export interface Model {
  id: string;
  name: string;
  huggingFaceId: string;
  architecture: Architecture;
  /** As its makers state it, in all. */
  publishedParameters: number;
  notes?: string;
  sources: string[];
}

/** All devices in `data/devices.json`. */
export function devices(): Device[] {
  return (readJson(dataFile('devices.json')) as unknown[]).map(validateDevice);
}

/** The device with this id, or the one described in a JSON file of that name. */
export function device(id: string): Device {
  if (id.endsWith('.json')) return validateDevice(readJson(id));
  return find(devices(), id, 'device');
}

/** All models in `data/models.json`. */
export function models(): Model[] {
  const read = readJson(dataFile('models.json')) as Model[];
  return read.map((model) => ({ ...model, architecture: validateArchitecture(model.architecture) }));
}

/** The model with this id. */
export function model(id: string): Model {
  return find(models(), id, 'model');
}

/** The law of the paper (Eq. 15), or the one in a JSON file. */
export function law(file = dataFile('law.json')): Law {
  return validateLaw(readJson(file));
}

/** A JSON file's content, or an `InputError` that says what is wrong with it. */
export function readJson(file: string): unknown {
  if (!existsSync(file)) refuse(`no such file: ${file}`);
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    return refuse(`${file} is not JSON: ${(error as Error).message}`);
  }
}

function find<T extends { id: string }>(items: T[], id: string, kind: string): T {
  return (
    items.find((item) => item.id === id) ??
    refuse(`unknown ${kind} "${id}"; known: ${items.map((item) => item.id).join(', ')}`)
  );
}
