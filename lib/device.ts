import { plainObject, positiveNumber, refuse } from './errors';

/** Hardware as the roofline sees it. Peaks are dense (not sparse) and published, not measured. */
export interface Device {
  id: string;
  name: string;
  /** DRAM bandwidth, β_H. */
  bandwidthBytesPerSecond: number;
  /** Null where no source states it: then nothing is said of what fits. */
  memoryCapacityBytes: number | null;
  /**
   * Dense matrix peaks, π_H; null, or no fp4, where no source supports one. Without fp16, products of 16 bits run at
   * `vectorFlopsPerSecond`.
   */
  peakFlopsPerSecond: { fp16: number | null; int8: number | null; fp4?: number };
  /**
   * FP32 rate of the general (CUDA) cores: element-wise work, norms, softmax, router. Null where no source states
   * it: such work then waits for memory alone.
   */
  vectorFlopsPerSecond: number | null;
  /** Fields that were computed from published ones; `notes` has the arithmetic. */
  derived?: string[];
  /** The figures are what an engine sustained on it, not what its maker states (`colaw measure --board`). */
  measured?: boolean;
  /** Median absolute deviation of each measured figure, as a share of it. */
  spread?: Record<string, number>;
  notes?: string;
  sources?: string[];
}

/** A device of which everything that the roofline counts is known. */
export interface Board extends Device {
  memoryCapacityBytes: number;
  peakFlopsPerSecond: { fp16: number; int8: number | null; fp4?: number };
  vectorFlopsPerSecond: number;
}

const KEYS = [
  'id',
  'name',
  'bandwidthBytesPerSecond',
  'memoryCapacityBytes',
  'peakFlopsPerSecond',
  'vectorFlopsPerSecond',
  'derived',
  'measured',
  'spread',
  'notes',
  'sources',
];

/** Checks a device description, e.g. a user's own board; throws an `InputError` naming value and rule. */
export function validateDevice(value: unknown): Device {
  const device = plainObject(value, KEYS, 'device');
  if (typeof device.id !== 'string' || device.id === '') refuse('device lacks an "id"');
  const of = ` of device "${device.id}"`;
  positiveNumber(device.bandwidthBytesPerSecond, `bandwidthBytesPerSecond${of}`);
  for (const key of ['memoryCapacityBytes', 'vectorFlopsPerSecond'])
    if (device[key] !== null) positiveNumber(device[key], key + of);
  const peaks = plainObject(device.peakFlopsPerSecond, ['fp16', 'int8', 'fp4'], `peakFlopsPerSecond${of}`);
  if (peaks.fp16 !== null) positiveNumber(peaks.fp16, `peakFlopsPerSecond.fp16${of}`);
  else if (device.vectorFlopsPerSecond === null)
    refuse(`device "${device.id}" has neither peakFlopsPerSecond.fp16 nor vectorFlopsPerSecond`);
  if (peaks.int8 !== undefined && peaks.int8 !== null)
    positiveNumber(peaks.int8, `peakFlopsPerSecond.int8${of}`);
  if (peaks.fp4 !== undefined) positiveNumber(peaks.fp4, `peakFlopsPerSecond.fp4${of}`);
  const checked = { ...device, peakFlopsPerSecond: { ...peaks, int8: peaks.int8 ?? null } };
  return { name: device.id, ...checked } as unknown as Device;
}

/** FLOP/s of products of 16 bits: the matrix peak or, on a board without one, the FP32 rate of its general cores. */
export function halfPeak({ peakFlopsPerSecond: { fp16 }, vectorFlopsPerSecond }: Device): number {
  return fp16 ?? vectorFlopsPerSecond!;
}

/** FLOP/s of element-wise work; infinite where no source states it, since memory is then all that is known. */
export function vectorRate({ vectorFlopsPerSecond }: Device): number {
  return vectorFlopsPerSecond ?? Number.POSITIVE_INFINITY;
}

/** What no source states of a device, and what is assumed for it, a sentence each. */
export function deviceNotes({
  id,
  memoryCapacityBytes,
  peakFlopsPerSecond,
  vectorFlopsPerSecond,
}: Device): string[] {
  return [
    ...(peakFlopsPerSecond.fp16 === null
      ? [`device "${id}" has no fp16 matrix peak: products of 16 bits run at its FP32 rate`]
      : []),
    ...(vectorFlopsPerSecond === null
      ? [`device "${id}" has no published FP32 rate: element-wise work waits for memory alone`]
      : []),
    ...(memoryCapacityBytes === null
      ? [`device "${id}" has no published memory: what fits is not known`]
      : []),
  ];
}

/** The devices of which all is known; one without an fp16 peak has its FP32 rate there. */
export function completeBoards(devices: readonly Device[]): Board[] {
  return devices.flatMap((device) => {
    const { memoryCapacityBytes, vectorFlopsPerSecond, peakFlopsPerSecond } = device;
    if (memoryCapacityBytes === null || vectorFlopsPerSecond === null) return [];
    const peaks = { ...peakFlopsPerSecond, fp16: halfPeak(device) };
    return [{ ...device, memoryCapacityBytes, vectorFlopsPerSecond, peakFlopsPerSecond: peaks }];
  });
}
