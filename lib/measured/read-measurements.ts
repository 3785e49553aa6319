/** Node only: measurements from CSV files. */
import { basename } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Architecture, architectureColumns, validateArchitecture } from '../architecture';
import type { Device } from '../device';
import { InputError, oneOf, positiveNumber, refuse } from '../errors';
import { readModelConfig } from '../files/config';
import { dataFile, device, isJsonFile, model, models } from '../files/data';
import { readTable } from '../files/table';
import type { LayeredModel } from '../layers';
import { precisionNames, precisions, validateWorkload } from '../workload';
import { type Measurement, observationsOf } from './measurement';
import { checkPlausible } from './plausible';

const REQUIRED = ['id', 'model', 'device', 'precision', 'batch', 'inputTokens', 'outputTokens'] as const;
const TIMES = ['prefillSeconds', 'decodeSecondsPerToken', 'totalSeconds'] as const;

/** A month, and twice as many bits as the widest number has. */
const MOST: Record<string, number> = {
  ...Object.fromEntries(TIMES.map((name) => [name, 3e6])),
  weightBits: 128,
  headBits: 128,
};

/**
 * Measurements from a CSV file: the columns of `data/measured.csv` (the default), in any order; `engine`,
 * `weightBits`, `headBits`, `source`, `reportedModel`, `format` and all times but one may be missing. A model is
 * one of `data/models.json` or the path of a Hugging Face config.json or, where the row has the columns of an
 * architecture, any name. A device is `own`, by its id, or one of `data/devices.json`, or a JSON file. A row that
 * cannot be true is refused with its line and id.
 *
 * @example (await readMeasurements(dataFile('measured.csv'))).length > 0 // true
 */
export async function readMeasurements(
  file = dataFile('measured.csv'),
  own?: Device,
): Promise<Measurement[]> {
  const { name, header, cells, lines } = await readTable(file, REQUIRED);
  if (!TIMES.some((name) => header.includes(name))) refuse(`${name} has none of ${TIMES.join(', ')}`);
  const seen = new Set<string>();
  const known = {
    model: remember(knownModel),
    device: remember((id: string) => (id === own?.id ? own : device(id))),
  };
  return cells.map((row, r) => {
    const cell = (name: string) => (row[header.indexOf(name)] ?? '').trim();
    const place = `${basename(name)} line ${lines[r]}`;
    try {
      const measurement = readRow(cell, place, known);
      if (seen.has(measurement.id)) refuse(`id "${measurement.id}" is not unique`);
      seen.add(measurement.id);
      observationsOf([measurement]).forEach(checkPlausible);
      return measurement;
    } catch (error) {
      if (error instanceof InputError && !error.message.startsWith(place))
        refuse(`${place} (${cell('id')}): ${error.message}`);
      throw error;
    }
  });
}

/** The tables of published measurements that ship: of Jetson boards, and of others. */
const SHIPPED = ['measured.csv', 'measured-more.csv'] as const;

/** The files of published measurements, which `data/profiles.json` is fitted to, as one argument. */
export const shippedTables = SHIPPED.map((name) => dataFile(name)).join(',');

/**
 * All published measurements that ship, which `data/profiles.json` is fitted to.
 *
 * @example (await publishedMeasurements()).length > (await readMeasurements()).length // true
 */
export async function publishedMeasurements(): Promise<Measurement[]> {
  return readOn(shippedTables);
}

/** Measurements of some files, with commas between, on one device, named by its id or its JSON file, or on all. */
export async function readOn(files: string, named?: string): Promise<Measurement[]> {
  const own = named?.endsWith('.json') ? device(named) : undefined;
  const wanted = own?.id ?? named;
  const all: Measurement[] = [];
  for (const file of files.split(',')) all.push(...(await readMeasurements(file.trim(), own)));
  const measurements = all.filter((each) => wanted === undefined || each.device.id === wanted);
  if (measurements.length === 0) {
    const known = [...new Set(all.map((each) => each.device.id))].sort().join(', ');
    refuse(`${files} has no measurement on "${wanted}"; it has ${known}`);
  }
  return measurements;
}

interface KnownModel {
  id: string;
  architecture: Architecture;
  layers?: LayeredModel;
}

interface Known {
  model: (id: string) => KnownModel;
  device: (id: string) => Device;
}

/** A model by its id or its config.json; a config like that of a known model, a fine-tuned one, has its id. */
function knownModel(id: string): KnownModel {
  if (!isJsonFile(id)) return model(id);
  // The row says in which precision it ran, whatever the checkpoint stores.
  const { architecture, approximations, model: read } = readModelConfig(id);
  const { stored, kvPrecision, ...layers } = read;
  const like = models().find((each) => isDeepStrictEqual(each.architecture, architecture));
  // Where the architecture says all that matters, it is the model.
  return { id: like?.id ?? id, architecture, ...(approximations.length > 0 ? { layers } : {}) };
}

function readRow(cell: (name: string) => string, place: string, known: Known): Measurement {
  const optional = (name: string) => {
    const text = cell(name);
    return text === '' ? undefined : positiveNumber(numberOf(text, name), name, MOST[name]);
  };
  const precision = oneOf(cell('precision'), precisionNames, 'precision');
  const bytes = (name: string, otherwise: number) => (optional(name) ?? 8 * otherwise) / 8;
  const times = Object.fromEntries(TIMES.map((name) => [name, optional(name)]));
  if (TIMES.every((name) => times[name] === undefined)) refuse(`none of ${TIMES.join(', ')} is given`);
  const [batch, inputTokens, outputTokens] = ['batch', 'inputTokens', 'outputTokens'].map((name) =>
    numberOf(cell(name), name),
  );
  const workload = validateWorkload({ batch, inputTokens, outputTokens });
  if (outputTokens === 0 && (times.decodeSecondsPerToken ?? times.totalSeconds) !== undefined)
    refuse('outputTokens 0 leaves no decode to measure');
  const architecture = statedArchitecture(cell);
  const ran = architecture === undefined ? known.model(cell('model')) : { id: cell('model'), architecture };
  const id = cell('id');
  if (id === '') refuse('id is empty');
  return {
    id,
    place,
    model: ran.id,
    architecture: ran.architecture,
    ...(ran.layers ? { layers: ran.layers } : {}),
    device: known.device(cell('device')),
    engine: cell('engine') || 'unnamed',
    engineVersion: cell('engineVersion'),
    precision,
    packing: {
      weight: bytes('weightBits', precisions[precision].weight),
      head: bytes('headBits', precisions[precision].head),
    },
    workload,
    ...times,
    role: cell('role'),
    source: cell('source'),
    label: `${cell('reportedModel') || cell('model')}, ${cell('format') || precision}`,
  };
}

/** The architecture in the row's own columns, if it has them. */
function statedArchitecture(cell: (name: string) => string): Architecture | undefined {
  if (cell('depth') === '') return undefined;
  const given = [...architectureColumns, 'vocabulary'].filter((name) => cell(name) !== '');
  return validateArchitecture(Object.fromEntries(given.map((name) => [name, numberOf(cell(name), name)])));
}

function numberOf(text: string, name: string): number {
  const value = text === '' ? Number.NaN : Number(text);
  return Number.isNaN(value) ? refuse(`${name} ${JSON.stringify(text)} is not a number`) : value;
}

/** `read`, asked only once for each id: the data files are parsed anew by every look-up. */
function remember<T>(read: (id: string) => T): (id: string) => T {
  const found = new Map<string, T>();
  return (id) => {
    if (!found.has(id)) found.set(id, read(id));
    return found.get(id)!;
  };
}
