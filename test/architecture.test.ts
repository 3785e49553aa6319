import { describe, expect, it } from 'vitest';
import {
  type Architecture,
  activationRate,
  gqa,
  kvDimension,
  parameters,
  validateArchitecture,
} from '../lib/architecture';
import { model, models } from '../lib/files/data';

const valid: Architecture = {
  depth: 16,
  width: 2048,
  heads: 16,
  headDim: 128,
  kvHeads: 4,
  ffnRatio: 1,
  experts: 8,
  activeExperts: 2,
};

describe('derived quantities', () => {
  it('follow the definitions of §3.1', () => {
    expect(gqa(valid)).toBe(4);
    expect(kvDimension(valid)).toBe(512);
    expect(activationRate(valid)).toBe(0.25);
  });

  it('count a tiny mixture as by hand', () => {
    const tiny = {
      depth: 2,
      width: 4,
      heads: 2,
      headDim: 2,
      kvHeads: 1,
      ffnRatio: 2,
      experts: 2,
      activeExperts: 1,
      vocabulary: 10,
      tiedEmbeddings: false,
    };
    // A layer: q 4·4 + k 4·2 + v 4·2 + o 4·4 = 48; an expert 3·4·8 = 96, two of them; router 4·2; two norms of 4.
    // The model: final norm 4, embedding 40, head 40.
    expect(parameters(tiny)).toEqual({
      total: 2 * (48 + 192 + 8 + 8) + 4 + 80,
      active: 2 * (48 + 96 + 8 + 8) + 4 + 80,
      embedding: 80,
    });
  });
});

describe('published models', () => {
  it('Qwen2.5-0.5B has 494.0 M parameters', () => {
    expect(parameters(model('qwen2.5-0.5b').architecture).total).toBe(494032768);
  });

  it.each(models().map((m) => [m.id, m] as const))('%s: published total within 3 %%', (_, m) => {
    expect(Math.abs(parameters(m.architecture).total / m.publishedParameters - 1)).toBeLessThan(0.03);
  });
});

describe('bad architectures are refused with value and rule', () => {
  it.each([
    [{ ...valid, kvHeads: 3 }, 'kvHeads 3 does not divide heads 16'],
    [{ ...valid, experts: 2, activeExperts: 4 }, 'activeExperts 4 exceeds experts 2'],
    [{ ...valid, depth: 2.5 }, 'depth 2.5 is not a positive integer'],
    [{ ...valid, width: 0 }, 'width 0 is not a positive integer'],
    [{ ...valid, heads: Number.POSITIVE_INFINITY }, 'heads Infinity is not a positive integer'],
    [{ ...valid, ffnRatio: -1 }, 'ffnRatio -1 is not a positive number'],
    [{ ...valid, ffnRatio: Number.NaN }, 'ffnRatio NaN is not a positive number'],
    [{ ...valid, width: '2048' }, 'width "2048" is not a positive integer'],
    [{ ...valid, deep: 3 }, 'unknown key "deep"'],
    [{ ...valid, vocabulary: -1 }, 'vocabulary -1'],
    [{ depth: 1 }, 'lacks "width"'],
    [null, 'architecture null is not an object'],
    [[], 'architecture [] is not an object'],
  ])('%j', (value, message) => {
    expect(() => validateArchitecture(value)).toThrow(message);
  });
});
