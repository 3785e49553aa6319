/** Random weights as the bytes of GGUF tensors. */
import type { Random } from '../random';
import type { FormatName } from './formats';

/** Half the width of a uniform distribution of standard deviation 1. */
const HALF_WIDTH = Math.sqrt(3);

/**
 * `blocks` blocks of a format, the weights uniform with standard deviation `deviation`: numbers for f32 and f16; a
 * scale and 32 signed bytes for q8_0; a scale and 32 nibbles for q4_0.
 */
export function randomBlocks(format: FormatName, blocks: number, deviation: number, random: Random): Buffer {
  const limit = HALF_WIDTH * deviation;
  const uniform = () => (2 * random() - 1) * limit;
  if (format === 'f32') return Buffer.from(Float32Array.from({ length: blocks }, uniform).buffer);
  if (format === 'f16')
    return Buffer.from(Uint16Array.from({ length: blocks }, () => toHalf(uniform())).buffer);
  const [largest, blockBytes] = format === 'q8_0' ? [127, 34] : [8, 18];
  const scale = toHalf(limit / largest);
  const bytes = Buffer.allocUnsafe(blocks * blockBytes);
  for (let i = 0; i < bytes.length; i++) bytes[i] = random() * 256;
  for (let at = 0; at < bytes.length; at += blockBytes) bytes.writeUInt16LE(scale, at);
  return bytes;
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Bits of the half-precision number next to `value` towards zero; what is too small for a normal one becomes 0. */
export function toHalf(value: number): number {
  float[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const exponent = ((bits[0] >>> 23) & 0xff) - 112;
  return exponent <= 0 ? sign : sign | (exponent << 10) | ((bits[0] >>> 13) & 0x3ff);
}
