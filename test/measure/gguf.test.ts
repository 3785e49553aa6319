import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gguf } from '@huggingface/gguf';
import { afterAll, describe, expect, it } from 'vitest';
import { type Architecture, parameters, weightGroups } from '../../lib/architecture';
import { model } from '../../lib/files/data';
import { type FormatName, weightFormats } from '../../lib/measure/formats';
import { runnable, weightBytes, writeGgufFile } from '../../lib/measure/gguf';
import { toHalf } from '../../lib/measure/random-weights';

const folder = mkdtempSync(join(tmpdir(), 'colaw-gguf-'));
afterAll(() => rmSync(folder, { recursive: true }));

const dense = {
  depth: 2,
  width: 128,
  heads: 4,
  headDim: 64,
  kvHeads: 2,
  ffnRatio: 1.5,
  experts: 1,
  activeExperts: 1,
};
const mixture = { ...dense, kvHeads: 1, ffnRatio: 0.5, experts: 4, activeExperts: 2 };
const untied = { ...dense, kvHeads: 4, headDim: 32, vocabulary: 1000, tiedEmbeddings: false };

/** A file as an independent reader sees it, with the bytes of a tensor. */
async function written(architecture: Architecture, format: FormatName) {
  const file = join(folder, `${format}.gguf`);
  writeGgufFile(file, runnable(architecture, format).architecture, format);
  const { metadata, tensorInfos, tensorDataOffset } = await gguf(file, { allowLocalFile: true });
  const bytes = readFileSync(file);
  const start = Number(tensorDataOffset);
  const tensor = (name: string) => {
    const info = tensorInfos.find((each) => each.name === name)!;
    const at = start + Number(info.offset);
    return { info, at, view: new DataView(bytes.buffer, bytes.byteOffset + at) };
  };
  return { metadata: metadata as Record<string, unknown>, tensorInfos, tensor, start, size: bytes.length };
}

const formats = Object.keys(weightFormats) as FormatName[];
const cases = [dense, mixture, untied].flatMap((each) => formats.map((format) => [each, format] as const));

describe('a GGUF file', () => {
  it.each(cases)('has its architecture in the head: %o as %s', async (architecture, format) => {
    const { metadata } = await written(architecture, format);
    const family = architecture.experts > 1 ? 'qwen3moe' : 'qwen3';
    const read = (key: string) => metadata[`${family}.${key}`];
    expect(metadata['general.architecture']).toBe(family);
    expect(read('block_count')).toBe(architecture.depth);
    expect(read('embedding_length')).toBe(architecture.width);
    expect(read('attention.head_count')).toBe(architecture.heads);
    expect(read('attention.head_count_kv')).toBe(architecture.kvHeads);
    expect(read('attention.key_length')).toBe(architecture.headDim);
    expect(read('feed_forward_length')).toBe(architecture.ffnRatio * architecture.width);
    const isMixture = architecture.experts > 1;
    expect(read('expert_count')).toBe(isMixture ? 4 : undefined);
    expect(read('expert_used_count')).toBe(isMixture ? 2 : undefined);
    const words = metadata['tokenizer.ggml.tokens'] as string[];
    expect(new Set(words).size).toBe(read('vocab_size'));
    expect(words.length).toBe((metadata['tokenizer.ggml.eos_token_id'] as number) + 1);
  });

  it.each(cases)(
    'holds each parameter once, tensors side by side to its end: %o as %s',
    async (architecture, format) => {
      const { tensorInfos, start, size } = await written(architecture, format);
      const { architecture: runs } = runnable(architecture, format);
      const elements = tensorInfos.map(({ shape }) => shape.reduce((n, d) => n * Number(d), 1));
      expect(elements.reduce((sum, n) => sum + n, 0)).toBe(parameters(runs).total);
      let end = 0;
      for (const [i, { offset, dtype }] of tensorInfos.entries()) {
        expect(Number(offset)).toBe(end);
        const { block, blockBytes } = Object.values(weightFormats).find(({ type }) => type === dtype)!;
        end = Math.ceil((Number(offset) + (elements[i] / block) * blockBytes) / 32) * 32;
      }
      expect(start + end).toBe(size);
      expect(weightBytes(runs, format)).toBe(end);
    },
  );

  it('spreads its weights as a trained model’s first step needs: mean 0, deviation 0.7 / √inputs', async () => {
    for (const format of formats) {
      const { tensor } = await written(dense, format);
      const { info, view } = tensor('blk.1.ffn_gate.weight');
      const [inputs, outputs] = info.shape.map(Number);
      const values = weightsOf(view, format, inputs * outputs);
      const mean = values.reduce((sum, w) => sum + w, 0) / values.length;
      const deviation = Math.sqrt(values.reduce((sum, w) => sum + w * w, 0) / values.length);
      // Nibbles reach from −8 to 7, so theirs is half a step below 0.
      expect(Math.abs(mean) / deviation, format).toBeLessThan(0.15);
      expect(deviation * Math.sqrt(inputs), format).toBeCloseTo(0.7, 1);
      expect(tensor('blk.0.attn_norm.weight').view.getFloat32(0, true)).toBe(1);
    }
  });

  it('gives each layer a router of its own, and is the same for the same seed', async () => {
    const { tensor } = await written(mixture, 'f16');
    const routers = [0, 1].map((layer) =>
      tensor(`blk.${layer}.ffn_gate_inp.weight`).view.getFloat32(0, true),
    );
    expect(routers[0]).not.toBe(routers[1]);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => join(folder, name));
    const { architecture } = runnable(mixture, 'q4_0');
    for (const [file, seed] of [
      [a, 1],
      [b, 1],
      [c, 2],
    ] as const)
      writeGgufFile(file, architecture, 'q4_0', { seed });
    expect(readFileSync(a).equals(readFileSync(b))).toBe(true);
    expect(readFileSync(a).equals(readFileSync(c))).toBe(false);
  });
});

/** Weights by their definition in ggml: a number, or a scale times signed bytes, or times nibbles less 8. */
function weightsOf(view: DataView, format: FormatName, count: number): number[] {
  if (format === 'f32') return Array.from({ length: count }, (_, i) => view.getFloat32(4 * i, true));
  if (format === 'f16') return Array.from({ length: count }, (_, i) => fromHalf(view.getUint16(2 * i, true)));
  const { blockBytes } = weightFormats[format];
  return Array.from({ length: count }, (_, i) => {
    const at = Math.floor(i / 32) * blockBytes;
    const within = i % 32;
    const scale = fromHalf(view.getUint16(at, true));
    if (format === 'q8_0') return scale * view.getInt8(at + 2 + within);
    const byte = view.getUint8(at + 2 + (within % 16));
    return scale * ((within < 16 ? byte & 15 : byte >> 4) - 8);
  });
}

function fromHalf(half: number): number {
  const size = ((half & 0x3ff) / 1024 + 1) * 2 ** (((half >> 10) & 31) - 15);
  return half === 0 || half === 0x8000 ? 0 : half & 0x8000 ? -size : size;
}

describe('a half-precision number', () => {
  it('is the next one towards zero, within a thousandth', () => {
    for (const value of [1, -1, 0.5, 1 / 3, -0.0123, 1e-4, 60000, 6.2e-5])
      expect(Math.abs(fromHalf(toHalf(value)) / value - 1)).toBeLessThan(1 / 1024);
    expect(fromHalf(toHalf(0))).toBe(0);
  });
});

describe('an architecture that can be run', () => {
  it('says what had to be changed', () => {
    const { architecture, changes } = runnable(model('qwen2.5-0.5b').architecture, 'q8_0');
    expect(changes).toEqual(['biases of queries, keys and values are left out']);
    expect(weightGroups(architecture).linear).toBe(weightGroups(model('qwen2.5-0.5b').architecture).linear);
    const odd = runnable({ ...mixture, ffnRatio: 0.3 }, 'f16');
    expect(odd.changes).toEqual(['FFN of an expert rounded to 32, a multiple of 32']);
    expect(odd.architecture.ffnRatio).toBe(0.5);
  });

  it.each([
    [{ ...dense, ffnMatrices: 2 as const }, 'f16', 'ffnMatrices 2 cannot be measured'],
    [{ ...dense, width: 100 }, 'q8_0', 'width 100 is not a multiple of 32, the block of q8_0; take f16'],
    [{ ...dense, headDim: 33, heads: 4 }, 'f16', 'headDim 33 is odd'],
    [{ ...dense, vocabulary: 50 }, 'f16', 'vocabulary 50 is less than 300'],
  ] as const)('refuses %o as %s', (architecture, format, message) => {
    expect(() => runnable(architecture, format)).toThrow(message);
  });
});
