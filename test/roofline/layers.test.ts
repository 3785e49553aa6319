import { describe, expect, it } from 'vitest';
import { parameters, toTable } from '../../lib/architecture';
import { device, models } from '../../lib/files/data';
import { type Attention, asLayers, countParameters, type Ffn, type LayeredModel } from '../../lib/layers';
import { seededRandom } from '../../lib/random';
import { attentionForms } from '../../lib/roofline/costs';
import { memory } from '../../lib/roofline/memory';
import { rooflineLatencies, rooflineLatency, type Setting } from '../../lib/roofline/roofline';
import { enumerateSpace, paperSpace } from '../../lib/space';
import { kvPrecisions, precisionNames } from '../../lib/workload';

const orin = device('jetson-agx-orin-64gb');
const thor = { ...orin, peakFlopsPerSecond: { ...orin.peakFlopsPerSecond, fp4: 400e12 } };
const setting: Setting = {
  device: orin,
  workload: { batch: 2, inputTokens: 100, outputTokens: 7 },
  precision: 'fp16',
};
const close = (actual: number, expected: number) =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-12 * Math.abs(expected));

describe('an architecture is the model of one group', () => {
  const some = [
    ...enumerateSpace(paperSpace).filter((_, i) => i % 83 === 0),
    ...models().map((m) => m.architecture),
  ];

  it('with the same latency to the last bit, batch by batch', () => {
    for (const precision of ['fp16', 'int8', 'int4'] as const)
      for (const attention of attentionForms) {
        const at = { ...setting, precision, attention };
        const batch = rooflineLatencies(toTable(some), at);
        some.forEach((architecture, i) => {
          const { prefillSeconds, decodeSeconds } = rooflineLatency(asLayers(architecture), at);
          expect([prefillSeconds, decodeSeconds]).toEqual([batch.prefillSeconds[i], batch.decodeSeconds[i]]);
        });
      }
  });

  it('with the same parameters, and the same memory', () => {
    for (const architecture of some) {
      expect(countParameters(asLayers(architecture))).toEqual(parameters(architecture));
      const [group, plain] = [memory(asLayers(architecture), setting), memory(architecture, setting)];
      close(group.totalBytes, plain.totalBytes);
      expect(group.kvCacheBytes).toBe(plain.kvCacheBytes);
    }
  });
});

/** A random model of up to four groups of every kind. */
function randomModel(random: () => number): LayeredModel {
  const upTo = (most: number) => 1 + Math.floor(most * random());
  const maybe = <T>(value: T) => (random() < 0.5 ? value : undefined);
  const attention = (): Attention => {
    const [kvHeads, headDim] = [upTo(4), 8 * upTo(16)];
    const grouped = { kvHeads, headDim, heads: kvHeads * upTo(4), gated: maybe(true as const) };
    const cache = (['own', 'shared', 'none'] as const)[Math.floor(3 * random())];
    const kinds: Attention[] = [
      { kind: 'full', ...grouped, valuesAreKeys: maybe(true as const), cache },
      { kind: 'window', window: upTo(300), ...grouped, cache },
      {
        kind: 'latent',
        heads: upTo(8),
        queryRank: maybe(upTo(64)) ?? 0,
        rank: upTo(64),
        rotary: upTo(32),
        key: upTo(64),
        value: upTo(64),
      },
      {
        kind: 'linear',
        inputs: upTo(500),
        outputs: upTo(500),
        state: maybe(upTo(5000)) ?? 0,
        channels: upTo(500),
        taps: upTo(4),
      },
      { kind: 'none' },
    ];
    return kinds[Math.floor(5 * random())];
  };
  const ffn = (): Ffn => {
    const [experts, matrices] = [upTo(16), random() < 0.5 ? (2 as const) : (3 as const)];
    const activeExperts = upTo(experts);
    const kinds: Ffn[] = [
      { kind: 'dense', size: upTo(900), matrices },
      {
        kind: 'experts',
        experts,
        activeExperts,
        size: activeExperts * upTo(90),
        matrices,
        shared: maybe(upTo(300)),
        width: maybe(upTo(100)),
      },
      { kind: 'none' },
    ];
    return kinds[Math.floor(3 * random())];
  };
  return {
    width: 16 * upTo(32),
    groups: Array.from({ length: upTo(4) }, () => ({
      count: upTo(20),
      attention: attention(),
      ffn: ffn(),
      other: upTo(99),
    })),
    vocabulary: maybe(upTo(9999)) ?? 0,
    lookups: 0,
    once: 7,
  };
}

describe('random layer groups', () => {
  const random = seededRandom(15);
  const trials = Array.from({ length: 60 }, (_, i) => ({
    model: randomModel(random),
    // Bandwidths at which attention crosses from one roof to the other during the answer, and others.
    at: {
      device: { ...thor, bandwidthBytesPerSecond: [204.8e9, 3e12, 5e12, 2e13][i % 4] },
      workload: { batch: 1 + (i % 3), inputTokens: 1 + Math.floor(300 * random()), outputTokens: 250 },
      precision: precisionNames[i % precisionNames.length],
      attention: attentionForms[i % 2],
      kvPrecision: kvPrecisions[i % 3],
    } satisfies Setting,
  }));

  it('decode in closed form as in a sum over steps, to 1e-12', () => {
    for (const { model, at } of trials) {
      const sum = { seconds: 0, flops: 0, weightBytes: 0, activationBytes: 0, kvBytes: 0 };
      for (let t = 0; t < at.workload.outputTokens; t++) {
        const workload = { ...at.workload, inputTokens: at.workload.inputTokens + t, outputTokens: 1 };
        const { decode } = rooflineLatency(model, { ...at, workload });
        for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += decode[key];
      }
      const { decode } = rooflineLatency(model, at);
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) close(decode[key], sum[key]);
    }
  });

  it('hold a cache that never shrinks with context and stops growing at the widest window', () => {
    for (const { model, at } of trials) {
      const cache = (inputTokens: number) =>
        memory(model, { ...at, workload: { ...at.workload, inputTokens } }).kvCacheBytes;
      for (let tokens = 1; tokens < 1000; tokens += 37)
        expect(cache(tokens + 37)).toBeGreaterThanOrEqual(cache(tokens));
      const windowed = {
        ...model,
        groups: model.groups.filter(({ attention }) => attention.kind === 'window'),
      };
      const at300 = (inputTokens: number) =>
        memory(windowed, { ...at, workload: { batch: 1, inputTokens, outputTokens: 0 } }).kvCacheBytes;
      expect(at300(1e6)).toBe(at300(300));
    }
  });

  it('are no slower with a shorter window, and read each weight that is not an idle expert once a step', () => {
    for (const { model, at } of trials) {
      const half = model.groups.map((group) =>
        group.attention.kind === 'window'
          ? { ...group, attention: { ...group.attention, window: Math.ceil(group.attention.window! / 2) } }
          : group,
      );
      const seconds = rooflineLatency(model, at).totalSeconds;
      expect(rooflineLatency({ ...model, groups: half }, at).totalSeconds).toBeLessThanOrEqual(
        seconds * (1 + 1e-12),
      );
    }
  });
});

describe('one step of decode reads', () => {
  const model = (attention: Attention, ffn: Ffn): LayeredModel => ({
    width: 512,
    groups: [{ count: 3, attention, ffn, other: 0 }],
    vocabulary: 0,
    lookups: 0,
    once: 0,
  });
  const step = (of: LayeredModel, batch = 1) =>
    rooflineLatency(of, { ...setting, workload: { batch, inputTokens: 99, outputTokens: 1 } }).decode;

  it('a window of keys and values, and writes one token', () => {
    const window: Attention = { kind: 'window', window: 64, heads: 8, kvHeads: 2, headDim: 64 };
    close(step(model(window, { kind: 'none' })).kvBytes, 3 * (64 + 1) * 2 * 2 * 64 * 2);
  });

  it('one latent vector a token, and every matrix of latent attention once', () => {
    const latent: Attention = {
      kind: 'latent',
      heads: 4,
      queryRank: 0,
      rank: 32,
      rotary: 16,
      key: 24,
      value: 20,
    };
    const read = step(model(latent, { kind: 'none' }));
    close(read.kvBytes, 3 * (100 + 1) * (32 + 16) * 2);
    const matrices = 512 * 4 * (24 + 16) + 512 * (32 + 16) + 32 * 4 * (24 + 20) + 4 * 20 * 512;
    close(read.weightBytes, 3 * 2 * (matrices + 512));
  });

  it('a state, and writes it again, whatever the context', () => {
    const linear: Attention = {
      kind: 'linear',
      inputs: 700,
      outputs: 256,
      state: 4096,
      channels: 300,
      taps: 4,
    };
    close(step(model(linear, { kind: 'none' })).kvBytes, 3 * 2 * (4096 * 4 + 300 * 3 * 2));
  });

  it('shared experts whole at any batch, and of the others those that are touched', () => {
    const ffn: Ffn = {
      kind: 'experts',
      experts: 8,
      activeExperts: 2,
      size: 2 * 96,
      matrices: 3,
      shared: 128,
    };
    const touched = 8 * (1 - (6 / 8) ** 5);
    const norm = 512;
    close(
      step(model({ kind: 'none' }, ffn), 5).weightBytes,
      3 * 2 * (touched * 3 * 512 * 96 + 3 * 512 * 128 + 512 * 8 + norm),
    );
  });
});
