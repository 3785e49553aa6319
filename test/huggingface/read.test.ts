import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Architecture, parameters } from '../../lib/architecture';
import { InputError } from '../../lib/errors';
import { models, projectFolder } from '../../lib/files/data';
import { fromHuggingFace } from '../../lib/huggingface';
import { kvBytesPerToken } from '../../lib/roofline/memory';

type Config = Record<string, unknown>;
interface Published {
  id: string;
  publishedTotal: number;
  publishedActive?: number;
  builtTotal: number;
  config: Config;
}

const file = join(projectFolder, 'test', 'huggingface', 'configs.json');
const {
  models: published,
  small,
}: { models: Published[]; small: Pick<Published, 'builtTotal' | 'config'>[] } = JSON.parse(
  readFileSync(file, 'utf8'),
);
/** Small configs with switches in every position, and configs that leave everything out, as transformers 5.18.0 builds them. */
const built: Pick<Published, 'builtTotal' | 'config'>[] = JSON.parse(
  readFileSync(join(projectFolder, 'test', 'huggingface', 'built.json'), 'utf8'),
);
const byId = published.map((entry) => [entry.id, entry] as const);
const mixtures = byId.filter(([, entry]) => entry.publishedActive !== undefined);
const configOf = (id: string) => published.find((entry) => entry.id === id)!.config;
/** A config with some keys changed, or left out where the change is undefined. */
const changed = (id: string, changes: Config): Config =>
  JSON.parse(JSON.stringify({ ...configOf(id), ...changes }));
const architectureOf = (config: Config) => fromHuggingFace(config).architecture;

describe('parameters of published models', () => {
  it('cover 37 models of 20 families, 9 of them mixtures', () => {
    expect(published).toHaveLength(37);
    expect(new Set(published.map(({ config }) => fromHuggingFace(config).family)).size).toBe(20);
    expect(mixtures).toHaveLength(9);
  });

  it.each(byId)('%s: within 1 %% of what is published, and exactly what is built', (_, entry) => {
    const { total } = fromHuggingFace(entry.config, { textOnly: true }).parameters;
    expect(Math.abs(total / entry.publishedTotal - 1)).toBeLessThan(0.01);
    expect(total).toBe(entry.builtTotal);
  });

  it.each(small)('of $config.model_type with unusual switches are what is built: $builtTotal', (entry) => {
    expect(fromHuggingFace(entry.config, { textOnly: true }).parameters.total).toBe(entry.builtTotal);
  });

  // Makers count the embedding or not, and round to two digits.
  it.each(mixtures)('%s: active ones agree, with the embedding or without', (_, entry) => {
    const { active, embedding } = fromHuggingFace(entry.config).parameters;
    expect(entry.publishedActive).toBeGreaterThan(0.98 * (active - embedding));
    expect(entry.publishedActive).toBeLessThan(1.02 * active);
  });

  it('are those of the nearest architecture, to 0.5 %, where nothing is said of it', () => {
    for (const { id, config } of published) {
      const { architecture, approximations, parameters: exact } = fromHuggingFace(config);
      if (approximations.length > 0) continue;
      expect([id, Math.abs(parameters(architecture).total / exact.total - 1) < 0.005]).toEqual([id, true]);
    }
  });

  it.each(built.map((entry) => [entry.config.model_type as string, entry] as const))(
    'of a small or silent config of %s are what transformers builds',
    (_, { config, builtTotal }) => {
      expect(fromHuggingFace(config).parameters.total).toBe(builtTotal);
    },
  );
});

describe('architectures', () => {
  const both = models().filter(({ id }) => published.some((entry) => entry.id === id));
  it.each(both.map((m) => [m.id, m.architecture] as const))('%s is that of data/models.json', (id, known) => {
    expect(architectureOf(configOf(id))).toEqual(known);
  });

  it('of Qwen2-MoE count the shared expert as four more experts', () => {
    expect(architectureOf(configOf('qwen1.5-moe-a2.7b'))).toMatchObject({
      experts: 64,
      activeExperts: 8,
      ffnRatio: (8 * 1408) / 2048,
    });
  });

  it('of layers that are all dense have no experts', () => {
    const layers = Array.from({ length: 24 }, (_, layer) => layer);
    const config = changed('qwen1.5-moe-a2.7b', { mlp_only_layers: layers });
    expect(architectureOf(config)).toMatchObject({ experts: 1, activeExperts: 1, ffnRatio: 5632 / 2048 });
  });
});

describe('KV cache per token', () => {
  it('is 2 · layers · KV heads · head dimension · 2 bytes', () => {
    expect(fromHuggingFace(configOf('qwen2.5-0.5b')).kvBytesPerToken).toBe(2 * 24 * 2 * 64 * 2);
  });

  it('of latent attention is the latent vector and the rotary key: 576 values a layer', () => {
    const { kvBytesPerToken: bytes, architecture } = fromHuggingFace(configOf('deepseek-v2-lite'));
    expect(bytes).toBe(27 * (512 + 64) * 2);
    expect(kvBytesPerToken(architecture) / bytes).toBeCloseTo(640 / 576, 12);
  });
});

describe('an absent key means what it means to transformers', () => {
  it.each<[string, string, Config, Partial<Architecture>]>([
    ['as many KV heads as heads', 'llama-2-7b', { num_key_value_heads: undefined }, { kvHeads: 32 }],
    ['in Mistral, 8 KV heads', 'mistral-7b-v0.1', { num_key_value_heads: undefined }, { kvHeads: 8 }],
    ['but null as many as heads', 'mistral-7b-v0.1', { num_key_value_heads: null }, { kvHeads: 32 }],
    ['in Qwen3, heads of 128', 'qwen3-0.6b', { head_dim: undefined }, { headDim: 128 }],
    ['in Qwen3-MoE, hidden size over heads', 'qwen3-30b-a3b', { head_dim: undefined }, { headDim: 64 }],
    ['in Gemma, heads of 256', 'gemma-2-2b', { head_dim: undefined }, { headDim: 256 }],
    ['in Llama, two tables', 'llama-3.2-1b', { tie_word_embeddings: undefined }, { tiedEmbeddings: false }],
    ['in Gemma, one table', 'gemma-2-2b', {}, { tiedEmbeddings: true }],
    ['in GPT-2, an FFN of four widths', 'gpt2', { n_inner: null }, { ffnRatio: 4 }],
    [
      'in a text_config of Gemma 3, the sizes of the class',
      'gemma-3-4b',
      {},
      { heads: 8, vocabulary: 262208 },
    ],
    ['in Qwen2, biases on q, k and v', 'qwen2.5-7b', {}, { qkvBias: true }],
  ])('%s', (_, id, changes, expected) => {
    expect(architectureOf(changed(id, changes))).toMatchObject(expected);
  });

  it('in DeepSeek-V2, queries through a rank of 1536, but null straight', () => {
    const total = (changes: Config) => fromHuggingFace(changed('deepseek-v2-lite', changes)).parameters.total;
    const straight = 2048 * 16 * 192;
    const squeezed = 2048 * 1536 + 1536 + 1536 * 16 * 192;
    expect(total({ q_lora_rank: undefined }) - total({ q_lora_rank: null })).toBe(27 * (squeezed - straight));
  });

  it('every second layer is a mixture with decoder_sparse_step 2', () => {
    const moe = fromHuggingFace(configOf('qwen3-30b-a3b')).parameters.total;
    const half = fromHuggingFace(changed('qwen3-30b-a3b', { decoder_sparse_step: 2 })).parameters.total;
    const [mixture, dense] = [128 * (3 * 2048 * 768 + 2048), 3 * 2048 * 6144];
    expect(moe - half).toBe(24 * (mixture - dense));
    // Of layers 0 and 1, the second would be a mixture.
    const changes = { decoder_sparse_step: 2, mlp_only_layers: [0, 1, 1, 99] };
    const less = fromHuggingFace(changed('qwen3-30b-a3b', changes)).parameters.total;
    expect(half - less).toBe(mixture - dense);
  });
});

describe('what the nearest architecture approximates is said', () => {
  it.each([
    ['llama-3.1-8b', []],
    ['qwen3-30b-a3b', []],
    ['gemma-3-1b', ['22 layers with a window of 512 tokens']],
    ['mistral-7b-v0.1', ['32 layers with a window of 4096 tokens']],
    ['gpt2', ['0.7 % fewer parameters']],
    ['opt-350m', ['6.8 % more']],
    ['olmoe-1b-7b', []],
    ['qwen1.5-moe-a2.7b', ['shared expert of size 5632 is taken for 4 of 64 experts']],
    [
      'deepseek-v2-lite',
      [
        '16 heads of 160 with 2 KV heads',
        'shared expert',
        'mixtures are in 26 of 27 layers',
        '2.9 % more parameters and 1.9 % fewer active ones',
      ],
    ],
  ])('%s', (id, expected) => {
    const { approximations } = fromHuggingFace(configOf(id));
    expect(approximations).toHaveLength(expected.length);
    for (const [i, words] of expected.entries()) expect(approximations[i]).toContain(words);
  });
});

describe('layers', () => {
  const kinds = (config: Config) =>
    fromHuggingFace(config).model.groups.map(({ count, attention }) => `${count} ${attention.kind}`);

  it('have a window where the family says, unless it is null, switched off or longer than the context', () => {
    const mistral = (changes: Config) => kinds(changed('mistral-7b-v0.1', changes));
    expect(mistral({})).toEqual(['32 window']);
    expect(mistral({ sliding_window: undefined })).toEqual(['32 window']);
    expect(mistral({ sliding_window: null })).toEqual(['32 full']);
    expect(mistral({ max_position_embeddings: 4096 })).toEqual(['32 full']);
    const qwen = changed('qwen2.5-0.5b', { sliding_window: 1024, max_window_layers: 21 });
    expect(kinds(qwen)).toEqual(['24 full']);
    expect(kinds({ ...qwen, use_sliding_window: true })).toEqual(['21 full', '3 window']);
  });

  it('see everything in every sixth of Gemma 3, and where a list says it', () => {
    expect(kinds(configOf('gemma-3-1b'))).toEqual(['22 window', '4 full']);
    const types = Array.from({ length: 26 }, (_, i) => (i === 0 ? 'full_attention' : 'sliding_attention'));
    expect(kinds(changed('gemma-3-1b', { layer_types: types }))).toEqual(['1 full', '25 window']);
  });

  it('follow the letters of EXAONE 4, whose last layer sees all', () => {
    const config = { model_type: 'exaone4', num_hidden_layers: 6, max_position_embeddings: 65536 };
    expect(kinds({ ...config, sliding_window_pattern: 'LLLG' })).toEqual(['4 window', '2 full']);
    expect(kinds({ ...config, sliding_window_pattern: 'LG' })).toEqual(['3 window', '3 full']);
  });

  it('of Nemotron-H are those of its pattern', () => {
    const config = { model_type: 'nemotron_h', hybrid_override_pattern: 'MM-*E' };
    const { groups } = fromHuggingFace(config).model;
    expect(groups.map(({ count, attention, ffn }) => `${count} ${attention.kind} ${ffn.kind}`)).toEqual([
      '2 linear none',
      '1 none dense',
      '1 full none',
      '1 none experts',
    ]);
  });

  it('that share keys and values of others cache none', () => {
    const config = { model_type: 'gemma3n_text' };
    const own = fromHuggingFace({ ...config, num_kv_shared_layers: 0 }).kvBytesPerToken;
    expect(fromHuggingFace(config).kvBytesPerToken).toBe((own * 20) / 35);
  });
});

describe('wrappers', () => {
  const text = { ...configOf('qwen3-0.6b'), model_type: 'qwen3_vl_text' };
  const wrapped = { model_type: 'qwen3_vl', text_config: text };
  const total = (config: Config) => fromHuggingFace(config).parameters.total;
  const table = 151936 * 1024;

  it('tie the tables by the outer key, then by the inner one', () => {
    const ties = (outer: boolean | undefined, inner: boolean | undefined) =>
      total(
        JSON.parse(
          JSON.stringify({
            ...wrapped,
            tie_word_embeddings: outer,
            text_config: { ...text, tie_word_embeddings: inner },
          }),
        ),
      );
    expect(ties(false, true) - ties(true, false)).toBe(table);
    expect(ties(undefined, true)).toBe(ties(true, undefined));
    expect(ties(undefined, undefined)).toBe(ties(false, undefined));
  });

  it('count what sees and what leads to the text beside it, and --text-only leaves them out', () => {
    const config = { ...wrapped, vision_config: { depth: 2, hidden_size: 32, num_heads: 2 } };
    const { parameters: all, senses } = fromHuggingFace(config);
    expect(all.total).toBe(all.text! + all.vision! + all.projector!);
    expect(all.active).toBe(all.text);
    expect(senses.vision!.groups[0].attention).toMatchObject({ kind: 'full', cache: 'none' });
    const alone = fromHuggingFace(config, { textOnly: true });
    expect(alone.parameters).toEqual(fromHuggingFace(wrapped).parameters);
    expect(alone.warnings).toEqual([]);
  });

  it('say what they do not read', () => {
    const config = { ...wrapped, vision_config: { model_type: 'timm_wrapper' } };
    expect(fromHuggingFace(config).warnings[0]).toContain('what sees ("timm_wrapper") is not read');
    expect(fromHuggingFace(wrapped).warnings[0]).toContain('only the text part of Qwen3-VL is read');
  });

  it.each([
    ['phi3_v', 'img_processor'],
    ['qwen', 'visual'],
    ['chatglm', 'vision_config'],
    ['llama', 'mm_vision_tower'],
  ])('say so of a %s that sees by its %s, unless the text alone is asked for', (model_type, key) => {
    const config = { model_type, [key]: { width: 1664 } };
    const said = `what sees or hears ("${key}") is not read: it is missing from the counts`;
    expect(fromHuggingFace(config).warnings).toContain(said);
    expect(fromHuggingFace(config, { textOnly: true }).warnings).not.toContain(said);
  });

  it('with a text part of a known family need not be known themselves', () => {
    expect(total({ model_type: 'new_vl', llm_config: configOf('qwen3-0.6b') })).toBe(
      total(configOf('qwen3-0.6b')),
    );
  });
});

describe('quantised checkpoints', () => {
  const stored = (quantization_config: Config) =>
    fromHuggingFace(changed('llama-3.1-8b', { quantization_config })).model.stored;
  it.each<[string, Config, object]>([
    ['FP8', { quant_method: 'fp8' }, { attention: 'int8', ffnBytes: 1, headBytes: 2 }],
    ['GPTQ', { quant_method: 'gptq', bits: 4, group_size: 128 }, { ffn: 'int4', ffnBytes: 0.5 + 2.5 / 128 }],
    ['AWQ', { quant_method: 'awq', bits: 4, group_size: 64 }, { ffnBytes: 0.5 + 2.5 / 64 }],
    [
      'bitsandbytes, 8 bits',
      { quant_method: 'bitsandbytes', load_in_8bit: true },
      { ffn: 'int8', ffnBytes: 1 },
    ],
    ['bitsandbytes, 4 bits', { quant_method: 'bitsandbytes', load_in_4bit: true }, { ffnBytes: 0.5625 }],
    [
      'compressed-tensors, weights alone',
      {
        quant_method: 'compressed-tensors',
        config_groups: { group_0: { weights: { num_bits: 4, group_size: 128, type: 'int' } } },
      },
      { ffn: 'int4', ffnBytes: 0.5 + 2.5 / 128 },
    ],
    [
      'compressed-tensors, activations too',
      {
        quant_method: 'compressed-tensors',
        config_groups: {
          group_0: { weights: { num_bits: 8, type: 'float' }, input_activations: { num_bits: 8 } },
        },
      },
      { attention: 'int8', ffnBytes: 1 },
    ],
    ['MXFP4: experts alone', { quant_method: 'mxfp4' }, { attention: 'fp16', ffnBytes: 0.53125 }],
    [
      'attention left in 16 bits',
      { quant_method: 'awq', bits: 4, modules_to_not_convert: ['self_attn', 'lm_head'] },
      { attention: 'fp16', ffn: 'int4' },
    ],
    ['NVFP4', { quant_method: 'modelopt', quant_algo: 'NVFP4' }, { ffn: 'nvfp4', ffnBytes: 0.5625 }],
    [
      'NVFP4, weights alone',
      {
        quant_method: 'compressed-tensors',
        config_groups: { group_0: { weights: { num_bits: 4, group_size: 16, type: 'float' } } },
      },
      { ffn: 'int4', ffnBytes: 0.5625 },
    ],
  ])('%s', (_, config, expected) => {
    expect(stored(config)).toMatchObject(expected);
  });

  it('say in which precision they keep their cache', () => {
    const kv = (scheme: unknown) =>
      fromHuggingFace(
        changed('llama-3.1-8b', { quantization_config: { quant_method: 'fp8', kv_cache_scheme: scheme } }),
      ).model.kvPrecision;
    expect([kv('FP8'), kv({ num_bits: 8, type: 'float' }), kv(null)]).toEqual([8, 8, undefined]);
  });

  it('of an unknown kind are said to be read in 16 bits', () => {
    const config = changed('llama-3.1-8b', { quantization_config: { quant_method: 'magic' } });
    expect(fromHuggingFace(config).warnings).toEqual([expect.stringContaining('"magic" is not known')]);
  });
});

describe('bad configs are refused with key and rule', () => {
  const llama = (changes: Config) => changed('llama-3.1-8b', changes);
  it.each<[unknown, string]>([
    [null, 'config is not a JSON object'],
    [[], 'config is not a JSON object'],
    ['{}', 'config is not a JSON object'],
    [{}, 'config lacks "model_type"; --assume llama'],
    [{ model_type: 'llama5' }, 'unknown model_type "llama5"; nearest known: llama'],
    [{ model_type: 'constructor' }, 'unknown model_type "constructor"'],
    [{ model_type: ['llama'] }, 'unknown model_type ["llama"]'],
    [{ model_type: 't5', is_encoder_decoder: true }, 'model_type "t5" has an encoder'],
    [llama({ hidden_size: null }), 'config lacks "hidden_size"'],
    [llama({ hidden_size: '4096' }), 'hidden_size "4096" is not a positive integer'],
    [llama({ hidden_size: -4096 }), 'hidden_size -4096 is not a positive integer'],
    [llama({ num_hidden_layers: 2.5 }), 'num_hidden_layers 2.5 is not a positive integer'],
    [{ ...llama({}), vocab_size: Number.NaN }, 'vocab_size NaN is not a positive integer'],
    [llama({ vocab_size: 1e12 }), 'vocab_size 1000000000000 is larger than any model'],
    [llama({ num_attention_heads: 33 }), 'num_key_value_heads 8 does not divide num_attention_heads 33'],
    [llama({ hidden_size: 4100 }), 'num_attention_heads 32 does not divide hidden_size 4100'],
    [llama({ num_key_value_heads: 5 }), 'num_key_value_heads 5 does not divide num_attention_heads 32'],
    [llama({ tie_word_embeddings: 'yes' }), 'tie_word_embeddings "yes" is neither true nor false'],
    [changed('gpt2', { n_head: 7 }), 'n_head 7 does not divide n_embd 768'],
    [changed('gpt2', { n_embd: null }), 'config lacks "n_embd"'],
    [changed('opt-125m', { ffn_dim: null }), 'config lacks "ffn_dim"'],
    [changed('gemma-3-4b', { text_config: undefined }), 'config lacks "text_config"'],
    [changed('gemma-3-4b', { text_config: [] }), 'text_config is not a JSON object'],
    [llama({ num_hidden_layers: 20000 }), 'num_hidden_layers 20000 is larger than any model'],
    [
      changed('gemma-2-2b', { layer_types: ['full_attention'] }),
      'layer_types has 1 entries, but num_hidden_layers is 26',
    ],
    [
      changed('gemma-2-2b', { layer_types: Array(26).fill('magic') }),
      'layer_types has an unknown kind "magic"',
    ],
    [
      changed('mixtral-8x7b', { num_experts_per_tok: 9 }),
      'num_experts_per_tok 9 exceeds num_local_experts 8',
    ],
    [changed('qwen3-30b-a3b', { mlp_only_layers: [-1] }), 'mlp_only_layers [-1] is not a list of layers'],
    [llama({ quantization_config: { quant_method: 'gptq', bits: -4 } }), 'bits -4 is not a number of bits'],
    [
      llama({ quantization_config: { quant_method: 'gptq', bits: 65536 } }),
      'bits 65536 is not a number of bits',
    ],
    [
      llama({ quantization_config: { quant_method: 'awq', bits: 4, group_size: 1e-9 } }),
      'group_size 1e-9 is not a number of weights',
    ],
    [
      { model_type: 'gemma3n_text', num_kv_shared_layers: 35 },
      'num_kv_shared_layers 35 leaves no layer of 35',
    ],
    [
      { model_type: 'nemotron_h', hybrid_override_pattern: 'M'.repeat(10001) },
      'hybrid_override_pattern 10001',
    ],
    [
      { model_type: 'exaone4', sliding_window_pattern: 'LLX' },
      'sliding_window_pattern "LLX" is neither a number nor made of L and G',
    ],
  ])('%j', (config, message) => {
    expect(() => fromHuggingFace(config)).toThrow(InputError);
    expect(() => fromHuggingFace(config)).toThrow(message);
  });

  it('with one short line, whatever stands at any key; or read with finite counts', () => {
    const junk = [null, -1, 0, 1.5, 1e300, Number.NaN, true, 'x'.repeat(5000), [], [null], {}, { a: 1 }];
    let refused = 0;
    for (const { config } of published)
      for (const key of Object.keys(config))
        for (const value of junk)
          try {
            const { parameters: counts, kvBytesPerToken: bytes } = fromHuggingFace({
              ...config,
              [key]: value,
            });
            for (const count of [...Object.values(counts), bytes]) expect(count).toBeGreaterThan(0);
            for (const count of [...Object.values(counts), bytes]) expect(count).toBeLessThan(1e30);
          } catch (error) {
            expect(error).toBeInstanceOf(InputError);
            expect((error as Error).message).not.toContain('\n');
            expect((error as Error).message.length).toBeLessThan(400);
            refused++;
          }
    expect(refused).toBeGreaterThan(1000);
  });

  it('while keys that decide no size are not looked at', () => {
    const config = changed('llama-2-7b', { rope_scaling: 7, torch_dtype: [], __proto__: 1 });
    expect(fromHuggingFace(config)).toEqual(fromHuggingFace(configOf('llama-2-7b')));
  });
});
