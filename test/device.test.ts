import { describe, expect, it } from 'vitest';
import { completeBoards, deviceNotes, validateDevice } from '../lib/device';
import { device, devices, model } from '../lib/files/data';
import { rooflineLatency } from '../lib/roofline/roofline';
import { linearPeak, paperWorkload, precisionNames, validateWorkload } from '../lib/workload';

describe('devices', () => {
  it('AGX Orin 64GB has its dense peaks', () => {
    const orin = device('jetson-agx-orin-64gb');
    expect(orin.bandwidthBytesPerSecond).toBe(204.8e9);
    expect(orin.peakFlopsPerSecond).toEqual({ fp16: 42.5e12, int8: 85e12 });
    expect(orin.vectorFlopsPerSecond).toBe(5.3e12);
  });

  it('all name their sources', () => {
    for (const { sources } of devices()) expect(sources!.length).toBeGreaterThan(0);
  });

  it('are at least 35, each with an id of its own and its arithmetic where a figure is derived', () => {
    expect(devices().length).toBeGreaterThanOrEqual(35);
    expect(new Set(devices().map(({ id }) => id)).size).toBe(devices().length);
    for (const { derived = [], notes = '' } of devices()) if (derived.length > 0) expect(notes).not.toBe('');
  });

  it('run every precision in finite time, or say in one line which peak they lack', () => {
    const { architecture } = model('qwen2.5-0.5b');
    for (const each of devices())
      for (const precision of precisionNames) {
        const run = () => rooflineLatency(architecture, { device: each, workload: paperWorkload, precision });
        const { peakFlopsPerSecond: peaks } = each;
        const isMissing = {
          fp16: false,
          int4: false,
          int8: peaks.int8 === null,
          nvfp4: peaks.fp4 === undefined,
        };
        if (isMissing[precision]) expect(run, each.id).toThrow(/^device "[^\n]*" has no (int8|fp4) peak/);
        else {
          expect(Number.isFinite(run().totalSeconds), each.id).toBe(true);
          expect(run().memory.fits === null, each.id).toBe(each.memoryCapacityBytes === null);
        }
      }
  });

  it('say what no source states of them', () => {
    expect(deviceNotes(device('jetson-agx-orin-64gb'))).toEqual([]);
    expect(deviceNotes(device('drive-orin')).join('; ')).toMatch(
      /no published FP32 rate.*no published memory/,
    );
    expect(deviceNotes(device('snapdragon-x-elite'))).toEqual([
      'device "snapdragon-x-elite" has no fp16 matrix peak: products of 16 bits run at its FP32 rate',
    ]);
    expect(linearPeak(device('snapdragon-x-elite'), 'fp16')).toBe(4.6e12);
  });

  it('are in the explorer where all is known of them', () => {
    const shown = completeBoards(devices()).map(({ id }) => id);
    expect(shown).toContain('raspberry-pi-5');
    expect(shown).not.toContain('drive-thor');
  });

  it('an unknown one is refused with the known', () => {
    expect(() => device('orin')).toThrow('unknown device "orin"; known: jetson-agx-orin-64gb, ');
  });

  it.each([
    [{ id: 'x' }, 'device lacks "bandwidthBytesPerSecond"'],
    [
      { ...device('rtx-4090'), bandwidthBytesPerSecond: -1 },
      'bandwidthBytesPerSecond of device "rtx-4090" -1',
    ],
    [
      { ...device('rtx-4090'), peakFlopsPerSecond: { fp16: '1' } },
      'peakFlopsPerSecond.fp16 of device "rtx-4090" "1"',
    ],
    [
      { ...device('drive-orin'), peakFlopsPerSecond: { fp16: null, int8: 1e12 } },
      'device "drive-orin" has neither peakFlopsPerSecond.fp16 nor vectorFlopsPerSecond',
    ],
    [{ ...device('rtx-4090'), bandwith: 1 }, 'unknown key "bandwith"'],
  ])('a bad one is refused: %#', (value, message) => {
    expect(() => validateDevice(value)).toThrow(message);
  });

  it('without an int8 peak cannot run int8', () => {
    const plain = { ...device('rtx-4090'), peakFlopsPerSecond: { fp16: 1e12, int8: null } };
    expect(linearPeak(plain, 'int4')).toBe(1e12);
    expect(() => linearPeak(plain, 'int8')).toThrow('has no int8 peak');
  });
});

describe('workloads', () => {
  it.each([
    [{ batch: 0, inputTokens: 1, outputTokens: 1 }, 'batch 0 is not a positive integer'],
    [{ batch: 1, inputTokens: 1.5, outputTokens: 1 }, 'inputTokens 1.5'],
    [{ batch: 1, inputTokens: 1, outputTokens: -1 }, 'outputTokens -1'],
  ])('%j is refused', (value, message) => {
    expect(() => validateWorkload(value)).toThrow(message);
  });
});
