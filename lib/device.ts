import { refuse, show } from './errors';
import { check } from './schema/check';
import { deviceSchema } from './schema/device';

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

/**
 * Checks a device description, e.g. a user's own board; throws an `InputError` naming field, value and rule. The
 * name is the id where none is given.
 *
 * @example validateDevice({ ...orin, bandwidthBytesPerSecond: 0 }) // refuses: bandwidthBytesPerSecond
 */
export function validateDevice(value: unknown): Device {
  const id = (value as { id?: unknown } | null)?.id;
  const of = typeof id === 'string' ? ` of device ${show(id)}` : ' of the device';
  const { peakFlopsPerSecond: peaks, ...device } = check(deviceSchema, value, 'device', of);
  if (peaks.fp16 === null && device.vectorFlopsPerSecond === null)
    refuse(`device "${device.id}" has neither peakFlopsPerSecond.fp16 nor vectorFlopsPerSecond`);
  return { name: device.id, ...device, peakFlopsPerSecond: { ...peaks, int8: peaks.int8 ?? null } };
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
