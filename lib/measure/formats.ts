import type { Packing, Precision } from '../workload';

/** How weights are stored in a file, and what that is in the words of the roofline. */
export interface WeightFormat {
  /** Number of the tensor type, and of the file type, in GGUF. */
  type: number;
  fileType: number;
  /** Weights that are stored together, and the bytes they take. */
  block: number;
  blockBytes: number;
  /** llama.cpp multiplies quantised weights in 8 bits. */
  precision: Precision;
}

/** The formats that are written; f32 is for norms, routers and the probe of the general cores. */
export const weightFormats = {
  f32: { type: 0, fileType: 0, block: 1, blockBytes: 4, precision: 'fp16' },
  f16: { type: 1, fileType: 1, block: 1, blockBytes: 2, precision: 'fp16' },
  q8_0: { type: 8, fileType: 7, block: 32, blockBytes: 34, precision: 'int8' },
  q4_0: { type: 2, fileType: 2, block: 32, blockBytes: 18, precision: 'int8' },
} as const satisfies Record<string, WeightFormat>;

export type FormatName = keyof typeof weightFormats;

/** Bytes per weight of a format, block scales included. */
export function packingOf(format: FormatName): Packing {
  const { block, blockBytes } = weightFormats[format];
  return { weight: blockBytes / block, head: blockBytes / block };
}
