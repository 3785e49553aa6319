/** Node only: predicted against published latencies of vision-language-action models. */
import { basename } from 'node:path';
import type { Device } from '../device';
import { InputError, oneOf, positiveInteger, positiveNumber, refuse } from '../errors';
import { dataFile, device } from '../files/data';
import { readTable } from '../files/table';
import type { Compared } from '../measured/compare';
import { idealProfile, type Profile } from '../roofline/profile';
import { type Precision, precisionNames } from '../workload';
import { vla } from './files';
import { vlaLatency } from './stages';
import type { Vla } from './vla';

/** What is timed: everything before the action head, the head, or all. */
export const vlaQuantities = ['perception', 'action', 'total'] as const;
export type VlaQuantity = (typeof vlaQuantities)[number];

/** A published latency of a vision-language-action model. */
export interface VlaMeasurement {
  id: string;
  vla: Vla;
  device: Device;
  engine: string;
  precision: Precision;
  cameras?: number;
  promptTokens?: number;
  horizon?: number;
  steps?: number;
  /** Seconds of each quantity that the source gives; without loading and preparing images. */
  seconds: Partial<Record<VlaQuantity, number>>;
  /** What VLA-Perf (arXiv 2602.18397) predicts for the whole, where it does. */
  vlaPerfSeconds?: number;
  source: string;
}

/** A measured number beside its prediction. */
export interface VlaComparison extends Compared {
  measurement: VlaMeasurement;
  quantity: VlaQuantity;
}

const REQUIRED = ['id', 'device', 'model', 'precision', 'totalSeconds'] as const;
const COUNTS = ['cameras', 'promptTokens', 'horizon', 'steps'] as const;

/**
 * Measurements from a CSV file with the columns of `data/vla-measured.csv` (the default), in any order; all but
 * `id`, `device`, `model`, `precision` and `totalSeconds` may be missing or empty, and are then the model's own.
 *
 * @example (await readVlaMeasurements()).length > 0 // true
 */
export async function readVlaMeasurements(file = dataFile('vla-measured.csv')): Promise<VlaMeasurement[]> {
  const { header, cells, lines } = await readTable(file, REQUIRED);
  return cells.map((row, r) => {
    const cell = (name: string) => (row[header.indexOf(name)] ?? '').trim();
    try {
      return readRow(cell);
    } catch (error) {
      if (error instanceof InputError)
        refuse(`${basename(file)} line ${lines[r]} (${cell('id')}): ${error.message}`);
      throw error;
    }
  });
}

function readRow(cell: (name: string) => string): VlaMeasurement {
  const counts = COUNTS.flatMap((name) => {
    if (cell(name) === '') return [];
    const value = Number(cell(name));
    return [[name, name === 'promptTokens' && value === 0 ? 0 : positiveInteger(value, name)]];
  });
  const seconds = vlaQuantities.flatMap((name) =>
    cell(`${name}Seconds`) === '' ? [] : [[name, secondsOf(cell, `${name}Seconds`)]],
  );
  const others = cell('vlaPerfSeconds');
  return {
    id: cell('id'),
    vla: vla(cell('model')),
    device: device(cell('device')),
    engine: cell('engine'),
    precision: oneOf(cell('precision'), precisionNames, 'precision'),
    ...Object.fromEntries(counts),
    seconds: Object.fromEntries(seconds),
    ...(others === '' ? {} : { vlaPerfSeconds: secondsOf(cell, 'vlaPerfSeconds') }),
    source: cell('source'),
  };
}

/** The time in a cell: no stage of a robot takes less than a microsecond or more than an hour. */
function secondsOf(cell: (name: string) => string, name: string): number {
  const seconds = positiveNumber(Number(cell(name)), name, 3600);
  return seconds >= 1e-6 ? seconds : refuse(`${name} ${seconds} is less than a microsecond; check its unit`);
}

/**
 * Predictions for every number of `measurements`, by the ideal roofline or by the profile that `choose` gives.
 *
 * @example compareVlas(await readVlaMeasurements()).length > 0 // true
 */
export function compareVlas(
  measurements: readonly VlaMeasurement[],
  choose: (measurement: VlaMeasurement) => Profile = () => idealProfile,
): VlaComparison[] {
  return measurements.flatMap((measurement) => {
    const profile = choose(measurement);
    const { stages, secondsPerChunk } = vlaLatency(measurement.vla, { ...measurement, profile });
    const action = stages.find(({ name }) => name === 'action')?.seconds ?? 0;
    const predicted = { perception: secondsPerChunk - action, action, total: secondsPerChunk };
    return vlaQuantities.flatMap((quantity) => {
      const measuredSeconds = measurement.seconds[quantity];
      if (measuredSeconds === undefined) return [];
      return [{ measurement, quantity, measuredSeconds, predictedSeconds: predicted[quantity] }];
    });
  });
}

/**
 * Whether an engine is compiled or captured as a whole, or launches its kernels one by one.
 *
 * @example engineKind('pytorch') // 'eager'
 */
export function engineKind(engine: string): 'compiled' | 'eager' {
  return /eager|naive|^PyTorch$|JAX/i.test(engine) ? 'eager' : 'compiled';
}
