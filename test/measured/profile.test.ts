import { describe, expect, it } from 'vitest';
import { toTable } from '../../lib/architecture';
import { device, model, models } from '../../lib/files/data';
import { permutation, seededRandom } from '../../lib/random';
import { memory } from '../../lib/roofline/memory';
import { idealProfile, type Profile, validateProfile } from '../../lib/roofline/profile';
import { rooflineLatencies, rooflineLatency, type Setting } from '../../lib/roofline/roofline';
import { enumerateSpace, paperSpace } from '../../lib/space';
import { precisionNames } from '../../lib/workload';

const thor = device('jetson-agx-thor-t5000');
const workload = { batch: 3, inputTokens: 100, outputTokens: 7 };
const sustained: Profile = {
  bandwidthShare: 0.7,
  linearShare: { fp16: 0.5, int4: 0.3 },
  attentionShare: 0.4,
  stepOverheadSeconds: 2e-3,
  operatorOverheadSeconds: 3e-6,
};
const detailed: Profile = {
  ...sustained,
  precisionBandwidthShare: { int4: 0.6 },
  expertShare: { int4: 0.2 },
  decodeAttentionShare: 0.001,
};

describe('a profile', () => {
  it('that is ideal changes nothing, to the bit', () => {
    for (const precision of precisionNames) {
      const setting: Setting = { device: thor, workload, precision };
      for (const { architecture } of models())
        expect(rooflineLatency(architecture, { ...setting, profile: idealProfile })).toEqual(
          rooflineLatency(architecture, setting),
        );
    }
  });

  it('never makes a prediction faster, whatever its numbers', () => {
    const random = seededRandom(5);
    const grid = enumerateSpace(paperSpace);
    const some = permutation(grid.length, random)
      .slice(0, 300)
      .map((i) => grid[i]);
    const table = toTable([...some, ...models().map(({ architecture }) => architecture)]);
    const share = () => 1 - random() ** 3;
    for (let draw = 0; draw < 40; draw++) {
      const precision = precisionNames[draw % precisionNames.length];
      const setting: Setting = {
        device: thor,
        precision,
        workload: { batch: 1 + (draw % 8), inputTokens: 1 + 300 * (draw % 5), outputTokens: draw % 20 },
        packing: { weight: 0.5 + 2 * random(), head: 2 },
        attention: draw % 2 === 0 ? 'fused' : 'materialized',
      };
      const profile: Profile = validateProfile({
        bandwidthShare: share(),
        linearShare: { [precision]: share() },
        attentionShare: share(),
        stepOverheadSeconds: 0.01 * random(),
        operatorOverheadSeconds: 1e-5 * random(),
        ...(draw % 2 === 0 ? { precisionBandwidthShare: { [precision]: share() } } : {}),
        ...(draw % 3 === 0 ? { expertShare: { [precision]: share() } } : {}),
        ...(draw % 5 < 2 ? { decodeAttentionShare: share() } : {}),
      });
      const ideal = rooflineLatencies(table, setting);
      const real = rooflineLatencies(table, { ...setting, profile });
      for (const phase of ['prefillSeconds', 'decodeSeconds', 'totalSeconds'] as const)
        for (let i = 0; i < table.length; i++) expect(real[phase][i]).toBeGreaterThanOrEqual(ideal[phase][i]);
    }
  });

  it.each([
    ['plain', sustained],
    ['with details', detailed],
  ])('gives one architecture and many the same bits, with a packing too: %s', (_, profile) => {
    const setting: Setting = {
      device: thor,
      workload,
      precision: 'int4',
      packing: { weight: 0.515625, head: 2 },
      profile,
    };
    const dense = models().map(({ architecture }) => architecture);
    const all = dense.flatMap((each) => [each, { ...each, experts: 8, activeExperts: 2 }]);
    const { prefillSeconds, decodeSeconds } = rooflineLatencies(toTable(all), setting);
    all.forEach((architecture, i) => {
      const one = rooflineLatency(architecture, setting);
      expect([one.prefillSeconds, one.decodeSeconds]).toEqual([prefillSeconds[i], decodeSeconds[i]]);
    });
  });

  it('adds each overhead once per operator of each layer, and once per step', () => {
    const { architecture } = model('qwen3-0.6b');
    const setting: Setting = { device: thor, workload, precision: 'fp16' };
    const overheads = { ...idealProfile, stepOverheadSeconds: 1e-3, operatorOverheadSeconds: 1e-6 };
    const ideal = rooflineLatency(architecture, setting);
    const real = rooflineLatency(architecture, { ...setting, profile: overheads });
    // Norm, Q, K, V, attention, output, residual, norm, gate, up, activation, down, residual; final norm, head.
    const launches = 28 * 13 + 2;
    expect(real.prefillSeconds - ideal.prefillSeconds).toBeCloseTo(1e-3 + launches * 1e-6, 12);
    expect(real.decodeSeconds - ideal.decodeSeconds).toBeCloseTo(7 * (1e-3 + launches * 1e-6), 12);
    const parts = real.decode.operators.reduce((sum, { seconds }) => sum + seconds, 0);
    expect(parts + 7e-3).toBeCloseTo(real.decodeSeconds, 12);
  });

  it('slows each part by its own share', () => {
    const { architecture } = model('qwen3-8b');
    const setting: Setting = {
      device: device('jetson-agx-orin-64gb'),
      workload: { batch: 1, inputTokens: 2048, outputTokens: 4 },
      precision: 'fp16',
    };
    const seconds = (profile: Profile, phase: 'prefill' | 'decode', name: string) =>
      rooflineLatency(architecture, { ...setting, profile })[phase].operators.find((o) => o.name === name)!
        .seconds;
    const ratio = (profile: Profile, phase: 'prefill' | 'decode', name: string) =>
      seconds(profile, phase, name) / seconds(idealProfile, phase, name);
    const half = {
      bandwidth: { ...idealProfile, bandwidthShare: 0.5 },
      linear: { ...idealProfile, linearShare: { fp16: 0.5 } },
    };
    expect(ratio(half.bandwidth, 'decode', 'gateProjection')).toBeCloseTo(2, 12);
    expect(ratio(half.bandwidth, 'prefill', 'gateProjection')).toBe(1);
    expect(ratio(half.linear, 'prefill', 'gateProjection')).toBeCloseTo(2, 12);
    expect(ratio(half.linear, 'prefill', 'attention')).toBe(1);
    expect(ratio({ ...idealProfile, attentionShare: 0.5 }, 'prefill', 'attention')).toBeCloseTo(2, 12);
  });

  it('slows experts, attention of one query and the weights of a precision apart, where it says so', () => {
    const { architecture } = model('qwen3-0.6b');
    const mixture = { ...architecture, experts: 8, activeExperts: 2 };
    // Nothing waits for memory here, everything does there.
    const computes = { ...thor, bandwidthBytesPerSecond: 1e18 };
    const moves = { ...thor, peakFlopsPerSecond: { fp16: 1e18, int8: 1e18 }, vectorFlopsPerSecond: 1e18 };
    const setting: Setting = {
      device: computes,
      workload: { batch: 1, inputTokens: 300, outputTokens: 4 },
      precision: 'int8',
    };
    const ratio = (change: Partial<Profile>, of: Partial<Setting> = {}, ran = mixture) => {
      const latency = (profile: Profile) => rooflineLatency(ran, { ...setting, ...of, profile });
      const [slow, ideal] = [latency({ ...idealProfile, ...change }), latency(idealProfile)];
      return (phase: 'prefill' | 'decode', name: string) => {
        const [a, b] = [slow, ideal].map((each) => each[phase].operators.find((o) => o.name === name)!);
        return a.seconds / b.seconds;
      };
    };
    const experts = ratio({ expertShare: { int8: 0.25 } });
    for (const name of ['gateProjection', 'upProjection', 'downProjection'])
      for (const phase of ['prefill', 'decode'] as const) expect(experts(phase, name)).toBeCloseTo(4, 9);
    for (const name of ['queryProjection', 'attention', 'router', 'head'])
      expect(experts('prefill', name)).toBe(1);
    expect(ratio({ expertShare: { int8: 0.25 } }, {}, architecture)('prefill', 'upProjection')).toBe(1);
    expect(ratio({ expertShare: { fp16: 0.25 } })('prefill', 'upProjection')).toBe(1);
    // Experts without a share of their own have that of all linear layers.
    expect(ratio({ linearShare: { int8: 0.5 } })('prefill', 'upProjection')).toBeCloseTo(2, 9);

    const attention = ratio({ decodeAttentionShare: 0.1, attentionShare: 0.5 });
    expect(attention('prefill', 'attention')).toBeCloseTo(2, 9);
    expect(attention('decode', 'attention')).toBeCloseTo(10, 9);

    const weights = ratio({ precisionBandwidthShare: { int8: 0.2 }, bandwidthShare: 0.5 }, { device: moves });
    for (const name of ['upProjection', 'attention', 'ffnNorm'])
      expect(weights('decode', name)).toBeCloseTo(5, 6);
    const others = ratio({ precisionBandwidthShare: { fp16: 0.2 }, bandwidthShare: 0.5 }, { device: moves });
    expect(others('decode', 'upProjection')).toBeCloseTo(2, 6);
  });

  it.each([
    [{ ...sustained, bandwidthShare: 1.1 }, 'bandwidthShare 1.1 exceeds 1'],
    [{ ...sustained, bandwidthShare: 0 }, 'bandwidthShare 0 is not a positive number'],
    [{ ...sustained, attentionShare: '1' }, 'attentionShare "1" is not a positive number'],
    [{ ...sustained, linearShare: { fp32: 1 } }, 'unknown key "fp32"'],
    [{ ...sustained, linearShare: { fp16: 2 } }, 'linearShare.fp16 2 exceeds 1'],
    [{ ...sustained, expertShare: { int8: 0 } }, 'expertShare.int8 0 is not a positive number'],
    [{ ...sustained, precisionBandwidthShare: [1] }, 'precisionBandwidthShare'],
    [{ ...sustained, decodeAttentionShare: null }, 'decodeAttentionShare null is not a positive number'],
    [{ ...sustained, stepOverheadSeconds: -1e-3 }, 'stepOverheadSeconds -0.001 is not'],
    [{ ...sustained, operatorOverheadSeconds: 3 }, 'operatorOverheadSeconds 3 is not'],
    [{ ...sustained, share: 1 }, 'unknown key "share"'],
    [7, 'profile 7 is not an object'],
  ])('that cannot be is refused: %#', (value, message) => {
    expect(() => validateProfile(value)).toThrow(message);
  });
});

describe('a packing', () => {
  it('sets the bytes of linear layers and head, and nothing else', () => {
    const { architecture } = model('llama-3.2-1b');
    const setting: Setting = { device: thor, workload, precision: 'int4' };
    const packed = { ...setting, packing: { weight: 0.6, head: 2 } };
    const [plain, real] = [setting, packed].map((each) => rooflineLatency(architecture, each).decode);
    const bytes = (phase: typeof plain, name: string) =>
      phase.operators.find((o) => o.name === name)!.weightBytes;
    expect(bytes(real, 'upProjection')).toBeCloseTo(7 * 16 * 2048 * 8192 * 0.6, 0);
    expect(bytes(real, 'head')).toBe(7 * 2048 * 128256 * 2);
    expect(bytes(plain, 'head')).toBe(7 * 2048 * 128256 * 0.5);
    expect(bytes(real, 'finalNorm')).toBe(bytes(plain, 'finalNorm'));
    expect(real.flops).toBe(plain.flops);
    const linear = 16 * (2048 * (2048 + 512 + 512 + 2048) + 3 * 2048 * 8192);
    const other = 16 * 2 * 2048 + 2048;
    expect(memory(architecture, packed).weightBytes).toBeCloseTo(
      0.6 * linear + 2 * (2048 * 128256 + other),
      0,
    );
  });

  it('nvfp4 runs at the FP4 peak, and only where there is one', () => {
    const { architecture } = model('qwen3-8b');
    const long = { batch: 1, inputTokens: 4096, outputTokens: 0 };
    const up = rooflineLatency(architecture, {
      device: thor,
      workload: long,
      precision: 'nvfp4',
    }).prefill.operators.find((o) => o.name === 'upProjection')!;
    const bytes = up.weightBytes + up.activationBytes;
    expect(up.seconds).toBeCloseTo(Math.max(up.flops / 1035e12, bytes / 273e9), 12);
    const orin = device('jetson-agx-orin-64gb');
    expect(() => rooflineLatency(architecture, { device: orin, workload, precision: 'nvfp4' })).toThrow(
      'device "jetson-agx-orin-64gb" has no fp4 peak',
    );
  });
});
