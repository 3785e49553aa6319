import { describe, expect, it } from 'vitest';
import { type Architecture, toTable } from '../../lib/architecture';
import { device, model } from '../../lib/files/data';
import { seededRandom } from '../../lib/random';
import { expectedExpertsTouched } from '../../lib/roofline/costs';
import { type Latency, rooflineLatencies, rooflineLatency, type Setting } from '../../lib/roofline/roofline';
import { sumOfLargerLine } from '../../lib/roofline/sum';
import { enumerateSpace, paperSpace } from '../../lib/space';

const orin = device('jetson-agx-orin-64gb');
const dense: Architecture = {
  depth: 3,
  width: 512,
  heads: 6,
  headDim: 64,
  kvHeads: 2,
  ffnRatio: 1.5,
  experts: 1,
  activeExperts: 1,
};
const mixture: Architecture = { ...dense, experts: 8, activeExperts: 2 };
const setting: Setting = {
  device: orin,
  workload: { batch: 2, inputTokens: 100, outputTokens: 7 },
  precision: 'fp16',
};

const operator = (latency: Latency, phase: 'prefill' | 'decode', name: string) =>
  latency[phase].operators.find((each) => each.name === name)!;
const close = (actual: number, expected: number) =>
  expect(Math.abs(actual / expected - 1)).toBeLessThan(1e-12);

describe('operators, by hand from Tables 8–15', () => {
  const [B, S, d, q, m, l] = [2, 100, 512, 384, 128, 3];

  it('Q projection (Table 8), with heads · headDim columns', () => {
    const query = operator(rooflineLatency(dense, setting), 'prefill', 'queryProjection');
    close(query.flops, l * 2 * B * S * d * q);
    close(query.weightBytes, l * d * q * 2);
    close(query.activationBytes, l * B * S * (d + q) * 2);
    close(
      query.seconds,
      Math.max(query.flops / 42.5e12, (query.weightBytes + query.activationBytes) / 204.8e9),
    );
  });

  it('K projection (Table 9) stores into the KV cache', () => {
    const key = operator(rooflineLatency(dense, setting), 'prefill', 'keyProjection');
    close(key.flops, l * 2 * B * S * d * m);
    close(key.kvBytes, l * B * S * m * 2);
    expect(key.activationBytes).toBe(0);
  });

  it('attention, materialized (Tables 10–12), without causal halving', () => {
    const latency = rooflineLatency(dense, { ...setting, attention: 'materialized' });
    const scores = operator(latency, 'prefill', 'scores');
    close(scores.flops, l * 2 * B * S * S * q);
    close(scores.kvBytes, l * B * S * m * 2);
    close(scores.activationBytes, l * (B * S * q + B * 6 * S * S) * 2);
    const softmax = operator(latency, 'prefill', 'softmax');
    close(softmax.flops, l * 5 * B * 6 * S * S);
    close(softmax.activationBytes, l * 2 * B * 6 * S * S * 2);
    close(softmax.seconds, Math.max(softmax.flops / 5.3e12, softmax.activationBytes / 204.8e9));
    const weighted = operator(latency, 'prefill', 'weightedValues');
    close(weighted.flops, scores.flops);
    close(weighted.activationBytes, scores.activationBytes);
  });

  it('attention, fused, does the same arithmetic without score traffic', () => {
    const fused = operator(rooflineLatency(dense, setting), 'prefill', 'attention');
    const parts = ['scores', 'softmax', 'weightedValues'].map((name) =>
      operator(rooflineLatency(dense, { ...setting, attention: 'materialized' }), 'prefill', name),
    );
    close(
      fused.flops,
      parts.reduce((sum, part) => sum + part.flops, 0),
    );
    close(fused.kvBytes, l * 2 * B * S * m * 2);
    close(fused.activationBytes, l * 2 * B * S * q * 2);
  });

  it('FFN (Table 14), and for mixtures the experts touched (Table 15)', () => {
    const hidden = 1.5 * d;
    const up = operator(rooflineLatency(dense, setting), 'prefill', 'upProjection');
    close(up.flops, l * 2 * B * S * d * hidden);
    close(up.weightBytes, l * d * hidden * 2);
    const expert = operator(rooflineLatency(mixture, setting), 'decode', 'upProjection');
    // Two tokens choose 2 of 8 experts each: 8 (1 − (6/8)²) = 3.5 experts of hidden size 768 / 2, seven steps.
    close(expert.flops, 7 * l * 2 * B * d * hidden);
    close(expert.weightBytes, 7 * l * 3.5 * d * (hidden / 2) * 2);
  });

  it('LM head: one position per sequence in prefill, every step in decode', () => {
    const latency = rooflineLatency({ ...dense, vocabulary: 1000 }, setting);
    close(operator(latency, 'prefill', 'head').flops, 2 * B * d * 1000);
    close(operator(latency, 'decode', 'head').flops, 7 * 2 * B * d * 1000);
    expect(operator(rooflineLatency(dense, setting), 'prefill', 'head')).toBeUndefined();
  });

  it('int8 reads 8-bit weights and inputs, stores 16-bit outputs, and pays for conversion', () => {
    const latency = rooflineLatency(dense, { ...setting, precision: 'int8' });
    const query = operator(latency, 'prefill', 'queryProjection');
    close(query.weightBytes, l * d * q);
    close(query.activationBytes, l * B * S * (d + 2 * q));
    close(
      query.seconds,
      Math.max(query.flops / 85e12, (query.weightBytes + query.activationBytes) / 204.8e9),
    );
    close(operator(latency, 'prefill', 'quantizeAttentionInput').activationBytes, l * B * S * d * 3);
    const fp16 = operator(rooflineLatency(dense, setting), 'prefill', 'attention');
    expect(operator(latency, 'prefill', 'attention')).toEqual(fp16);
  });

  it('int4 reads half a byte per weight and computes at the fp16 peak', () => {
    const latency = rooflineLatency(dense, { ...setting, precision: 'int4' });
    close(operator(latency, 'prefill', 'queryProjection').weightBytes, (l * d * q) / 2);
    expect(operator(latency, 'prefill', 'quantizeAttentionInput')).toBeUndefined();
  });

  it('an ungated FFN has no gate', () => {
    const names = rooflineLatency({ ...dense, ffnMatrices: 2 }, setting).prefill.operators.map((o) => o.name);
    expect(names).not.toContain('gateProjection');
    expect(names).toContain('upProjection');
  });
});

describe('experts touched', () => {
  it('agree with drawing experts at random', () => {
    const random = seededRandom(1);
    let touched = 0;
    const trials = 4000;
    for (let trial = 0; trial < trials; trial++) {
      const seen = new Set<number>();
      for (let token = 0; token < 5; token++) {
        const first = Math.floor(16 * random());
        const second = (first + 1 + Math.floor(15 * random())) % 16;
        seen.add(first).add(second);
      }
      touched += seen.size;
    }
    expect(Math.abs(touched / trials / expectedExpertsTouched(16, 2, 5) - 1)).toBeLessThan(0.01);
  });

  it('are K for one token and nearly E for many', () => {
    close(expectedExpertsTouched(16, 2, 1), 2);
    close(expectedExpertsTouched(16, 2, 1024), 16);
  });
});

describe('decode', () => {
  /** Step by step: each step is a decode of one token after a prompt one longer. */
  const bruteForce = (architecture: Architecture, s: Setting) => {
    let seconds = 0;
    for (let t = 0; t < s.workload.outputTokens; t++) {
      const workload = { ...s.workload, inputTokens: s.workload.inputTokens + t, outputTokens: 1 };
      seconds += rooflineLatency(architecture, { ...s, workload }).decodeSeconds;
    }
    return seconds;
  };

  it('equals the sum over its steps to 1e-12, across the crossing of the roofs', () => {
    // A bandwidth at which fused attention turns from compute- to memory-bound during the answer.
    for (const bandwidth of [204.8e9, 3e12, 4.2e12, 5e12, 2e13])
      for (const attention of ['fused', 'materialized'] as const)
        for (const architecture of [dense, mixture, { ...dense, kvHeads: 6, vocabulary: 999 }]) {
          const s: Setting = {
            device: { ...orin, bandwidthBytesPerSecond: bandwidth },
            workload: { batch: 3, inputTokens: 5, outputTokens: 900 },
            precision: 'int8',
            attention,
          };
          close(rooflineLatency(architecture, s).decodeSeconds, bruteForce(architecture, s));
        }
  });

  it('sums the larger of two lines exactly, wherever they cross', () => {
    const random = seededRandom(2);
    for (let trial = 0; trial < 500; trial++) {
      const [a0, a1, b0, b1] = Array.from({ length: 4 }, () => 10 * random());
      const first = Math.floor(20 * random());
      const count = Math.floor(50 * random());
      let sum = 0;
      for (let c = first; c < first + count; c++) sum += Math.max(a0 + a1 * c, b0 + b1 * c);
      expect(sumOfLargerLine(a0, a1, b0, b1, first, count)).toBeCloseTo(sum, 8);
    }
  });

  it('costs nothing without output tokens', () => {
    const none = rooflineLatency(dense, {
      ...setting,
      workload: { batch: 1, inputTokens: 10, outputTokens: 0 },
    });
    expect(none.decodeSeconds).toBe(0);
    expect(none.decode.flops).toBe(0);
  });

  it('of a billion tokens is as quick as of one', () => {
    const long = rooflineLatency(dense, {
      ...setting,
      workload: { batch: 1, inputTokens: 10, outputTokens: 1e9 },
    });
    expect(Number.isFinite(long.decodeSeconds)).toBe(true);
  });
});

describe('the phase', () => {
  const qwen = rooflineLatency(model('qwen2.5-0.5b').architecture, setting);

  it('is the sum of its operators', () => {
    for (const phase of [qwen.prefill, qwen.decode])
      for (const key of ['seconds', 'flops', 'weightBytes', 'activationBytes', 'kvBytes'] as const)
        close(
          phase.operators.reduce((sum, o) => sum + o[key], 0),
          phase[key],
        );
  });

  it('decode is bound by memory at batch 1', () => {
    expect(qwen.decode.bound).toBe('memory');
  });
});

describe('memory', () => {
  it('counts all experts and the cache at the end of the workload', () => {
    const { memory } = rooflineLatency(mixture, setting);
    // Projections 2·512·(384 + 128), eight experts of 3·512·384, router 512·8 and norms in each of 3 layers.
    close(memory.weightBytes, 2 * (3 * (2 * 512 * 512 + 8 * 3 * 512 * 384 + 512 * 8 + 2 * 512) + 512));
    close(memory.kvCacheBytes, 2 * 3 * 128 * 2 * 2 * 107);
    expect(memory.fits).toBe(true);
    const small = { ...setting, device: { ...orin, memoryCapacityBytes: memory.totalBytes - 1 } };
    expect(rooflineLatency(mixture, small).memory.fits).toBe(false);
  });
});

describe('the batch form', () => {
  it('agrees with the single form to the last bit', () => {
    const some = enumerateSpace(paperSpace).filter((_, i) => i % 41 === 0);
    some.push(
      model('qwen2.5-0.5b').architecture,
      model('gpt2').architecture,
      model('mixtral-8x7b').architecture,
    );
    for (const precision of ['fp16', 'int8', 'int4'] as const)
      for (const attention of ['fused', 'materialized'] as const) {
        const batch = rooflineLatencies(toTable(some), { ...setting, precision, attention });
        some.forEach((architecture, i) => {
          const single = rooflineLatency(architecture, { ...setting, precision, attention });
          expect(batch.prefillSeconds[i]).toBe(single.prefillSeconds);
          expect(batch.decodeSeconds[i]).toBe(single.decodeSeconds);
          expect(batch.totalSeconds[i]).toBe(single.totalSeconds);
        });
      }
  });
});
