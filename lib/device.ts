import { plainObject, positiveNumber, refuse } from './errors';

/** Hardware as the roofline sees it. Peaks are dense (not sparse) and published, not measured. */
export interface Device {
  id: string;
  name: string;
  /** DRAM bandwidth, β_H. */
  bandwidthBytesPerSecond: number;
  memoryCapacityBytes: number;
  /** Dense matrix peaks, π_H; null, or no fp4, where the maker gives no support for that precision. */
  peakFlopsPerSecond: { fp16: number; int8: number | null; fp4?: number };
  /** FP32 rate of the general (CUDA) cores: element-wise work, norms, softmax, router. */
  vectorFlopsPerSecond: number;
  /** Fields that were computed from published ones; `notes` has the arithmetic. */
  derived?: string[];
  notes?: string;
  sources?: string[];
}

const KEYS = [
  'id',
  'name',
  'bandwidthBytesPerSecond',
  'memoryCapacityBytes',
  'peakFlopsPerSecond',
  'vectorFlopsPerSecond',
  'derived',
  'notes',
  'sources',
];

/** Checks a device description, e.g. a user's own board; throws an `InputError` naming value and rule. */
export function validateDevice(value: unknown): Device {
  const device = plainObject(value, KEYS, 'device');
  if (typeof device.id !== 'string' || device.id === '') refuse('device lacks an "id"');
  const of = ` of device "${device.id}"`;
  for (const key of ['bandwidthBytesPerSecond', 'memoryCapacityBytes', 'vectorFlopsPerSecond'])
    positiveNumber(device[key], key + of);
  const peaks = plainObject(device.peakFlopsPerSecond, ['fp16', 'int8', 'fp4'], `peakFlopsPerSecond${of}`);
  positiveNumber(peaks.fp16, `peakFlopsPerSecond.fp16${of}`);
  if (peaks.int8 !== undefined && peaks.int8 !== null)
    positiveNumber(peaks.int8, `peakFlopsPerSecond.int8${of}`);
  if (peaks.fp4 !== undefined) positiveNumber(peaks.fp4, `peakFlopsPerSecond.fp4${of}`);
  const checked = { ...device, peakFlopsPerSecond: { ...peaks, int8: peaks.int8 ?? null } };
  return { name: device.id, ...checked } as unknown as Device;
}
