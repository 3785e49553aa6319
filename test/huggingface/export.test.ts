import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Architecture, parameters } from '../../lib/architecture';
import { InputError } from '../../lib/errors';
import { model, projectFolder } from '../../lib/files/data';
import { fromHuggingFace, toHuggingFace } from '../../lib/huggingface';
import { seededRandom } from '../../lib/random';

const file = join(projectFolder, 'test', 'huggingface', 'configs.json');
const published: { id: string; config: Record<string, unknown> }[] = JSON.parse(
  readFileSync(file, 'utf8'),
).models;
const configOf = (id: string) => published.find((entry) => entry.id === id)!.config;

describe('export', () => {
  const plain: Architecture = {
    depth: 12,
    width: 1024,
    heads: 8,
    headDim: 128,
    kvHeads: 2,
    ffnRatio: 1,
    experts: 1,
    activeExperts: 1,
    vocabulary: 32000,
    tiedEmbeddings: true,
    qkNorm: true,
  };

  it.each(['qwen3-0.6b', 'qwen3-4b', 'qwen3-8b', 'qwen3-30b-a3b'])(
    'of %s has the published values at the published keys',
    (id) => {
      const { config, changes } = toHuggingFace(model(id).architecture);
      expect(changes).toEqual([]);
      const { sliding_window, max_position_embeddings, intermediate_size, ...decisive } = configOf(id);
      expect(config).toMatchObject(decisive);
      expect(fromHuggingFace(config).parameters).toEqual(fromHuggingFace(configOf(id)).parameters);
    },
  );

  it('reads back as the same architecture with the same parameters, for 500 random ones', () => {
    const random = seededRandom(7);
    const upTo = (most: number) => 1 + Math.floor(most * random());
    for (let i = 0; i < 500; i++) {
      const [kvHeads, width, experts] = [upTo(16), 8 * upTo(500), random() < 0.5 ? 1 : 1 + upTo(63)];
      const activeExperts = upTo(experts);
      const architecture: Architecture = {
        depth: upTo(96),
        width,
        heads: kvHeads * upTo(8),
        headDim: 2 * upTo(128),
        kvHeads,
        ffnRatio: (activeExperts * upTo(20000)) / width,
        experts,
        activeExperts,
        vocabulary: upTo(300000),
        tiedEmbeddings: random() < 0.5,
        qkNorm: true,
      };
      const { config, architecture: built, changes } = toHuggingFace(architecture);
      expect(changes).toEqual([]);
      expect(built).toEqual(architecture);
      const read = fromHuggingFace(JSON.parse(JSON.stringify(config)));
      expect(read.architecture).toEqual(architecture);
      expect(read.parameters).toEqual(parameters(architecture));
      expect(read.warnings).toEqual([]);
    }
  });

  it('rounds what is not whole, and says so', () => {
    const given = {
      ...plain,
      depth: 12.4,
      width: 1000.3,
      heads: 8.6,
      headDim: 127,
      kvHeads: 2.7,
      ffnRatio: 8 / 3,
    };
    const { architecture, changes } = toHuggingFace(given);
    expect(architecture).toEqual({
      ...plain,
      depth: 12,
      width: 1000,
      heads: 9,
      headDim: 128,
      kvHeads: 3,
      ffnRatio: 2.664,
    });
    expect(changes).toEqual([
      'depth 12.4 → 12',
      'width 1000.3 → 1000, a multiple of 8',
      'heads 8.6 → 9',
      'headDim 127 → 128, which is even: rotary positions turn pairs',
      'kvHeads 2.7 → 3, which divides the heads',
      'FFN size 2666.67 → 2664, a multiple of 8: ffnRatio 2.664',
    ]);
  });

  it('says what Qwen3 has that the architecture has not, and the other way round', () => {
    const { vocabulary, qkNorm, tiedEmbeddings, ...bare } = plain;
    const { architecture, changes } = toHuggingFace({ ...bare, qkvBias: true });
    expect(architecture).toEqual({ ...plain, vocabulary: 151936 });
    expect(changes).toHaveLength(3);
    for (const [i, word] of ['qkNorm added', 'qkvBias removed', 'vocabulary 151936 added'].entries())
      expect(changes[i]).toContain(word);
  });

  it('can train its router: one expert keeps its probability, and the loss has the balancing term', () => {
    const mixture = (activeExperts: number) => toHuggingFace({ ...plain, experts: 8, activeExperts }).config;
    expect(mixture(1)).toMatchObject({ norm_topk_prob: false, output_router_logits: true });
    expect(mixture(2)).toMatchObject({ norm_topk_prob: true, output_router_logits: true });
    expect(toHuggingFace(plain).config).not.toHaveProperty('num_experts');
  });

  it.each<[unknown, string]>([
    [{ ...plain, ffnMatrices: 2 }, 'ffnMatrices 2 cannot be exported'],
    [{ ...plain, kvHeads: 3 }, 'kvHeads 3 does not divide heads 8'],
    [{ ...plain, activeExperts: 2 }, 'activeExperts 2 exceeds experts 1'],
    [{ ...plain, depth: -1 }, 'depth -1 is not a positive number'],
    [{ ...plain, width: '1024' }, 'width "1024" is not a positive number'],
    [{ ...plain, heads: Number.POSITIVE_INFINITY }, 'heads Infinity is not a positive number'],
    [{ ...plain, ffnRatio: 0 }, 'ffnRatio 0 is not a positive number'],
    [{ ...plain, width: 1e9 }, 'width 1000000000 is larger than any model'],
    [{ ...plain, heads: 1e15, kvHeads: 0.5 }, 'heads 1000000000000000 is larger than any model'],
    [{ ...plain, ffnRatio: 1e9 }, 'ffnRatio 1000000000 exceeds 1000000'],
    [{ ...plain, colour: 1 }, 'unknown key "colour"'],
    [{ depth: 1 }, 'architecture lacks "heads"'],
    [null, 'architecture null is not an object'],
  ])('refuses %j', (architecture, message) => {
    expect(() => toHuggingFace(architecture as Architecture)).toThrow(InputError);
    expect(() => toHuggingFace(architecture as Architecture)).toThrow(message);
  });
});
