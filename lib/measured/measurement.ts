import type { Architecture } from '../architecture';
import type { Device } from '../device';
import type { LayeredModel } from '../layers';
import type { Setting } from '../roofline/roofline';
import type { Packing, Precision, Workload } from '../workload';

/** One published or own measurement: what ran where, and how long it took. */
export interface Measurement {
  id: string;
  /** Place in the file, e.g. `measured.csv line 7`. */
  place: string;
  /** Model of `data/models.json` (the language part, where the source timed a vision-language model), or a path. */
  model: string;
  architecture: Architecture;
  /** The model as it is, where it was read from a config.json. */
  layers?: LayeredModel;
  device: Device;
  engine: string;
  /** As the source prints it; empty where it does not. */
  engineVersion: string;
  /** How the linear layers compute. */
  precision: Precision;
  packing: Packing;
  workload: Workload;
  /** The whole batch's prompt, up to its first token. */
  prefillSeconds?: number;
  /** Between two tokens of one sequence, the mean over the answer. */
  decodeSecondsPerToken?: number;
  /** Prefill and decode together, first request to last token. */
  totalSeconds?: number;
  /** What the row was measured for (`colaw measure`); rows `test` were kept from every fit. Empty where not said. */
  role: string;
  /** Address of the publication. */
  source: string;
  /** The model's name there, and its format. */
  label: string;
}

/** What of a measurement is compared: a decode step, the prefill, or both together as the source timed them. */
export type Quantity = 'prefill' | 'decode' | 'total';

/** A measured number, in seconds; for `total`, seconds per token of the answer, its share of the prefill included. */
export interface Observation {
  measurement: Measurement;
  quantity: Quantity;
  measuredSeconds: number;
}

/**
 * The numbers of measurements, one by one.
 *
 * @example observationsOf(measurements.slice(0, 1)).length > 0 // true
 */
export function observationsOf(measurements: readonly Measurement[]): Observation[] {
  return measurements.flatMap((measurement) => {
    const { prefillSeconds, decodeSecondsPerToken, totalSeconds, workload } = measurement;
    const observe = (quantity: Quantity, seconds: number | undefined): Observation[] =>
      seconds === undefined ? [] : [{ measurement, quantity, measuredSeconds: seconds }];
    return [
      ...observe('prefill', prefillSeconds),
      ...observe('decode', decodeSecondsPerToken),
      ...observe('total', totalSeconds === undefined ? undefined : totalSeconds / workload.outputTokens),
    ];
  });
}

/** The setting of a measurement; without a profile, the ideal roofline. */
export function settingOfMeasurement({ device, workload, precision, packing }: Measurement): Setting {
  return { device, workload, precision, packing };
}

/** An engine's name as an identifier. */
export function slug(engine: string): string {
  return engine.toLowerCase().replaceAll(' ', '-');
}

/** What ran: the layer groups of a config, or the architecture. */
export function modelOfMeasurement({ layers, architecture }: Measurement): Architecture | LayeredModel {
  return layers ?? architecture;
}
