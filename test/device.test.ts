import { describe, expect, it } from 'vitest';
import { validateDevice } from '../lib/device';
import { device, devices } from '../lib/files/data';
import { linearPeak, validateWorkload } from '../lib/workload';

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

  it('an unknown one is refused with the known', () => {
    expect(() => device('orin')).toThrow('unknown device "orin"; known: jetson-agx-orin-64gb, ');
  });

  it.each([
    [{ id: 'x' }, 'bandwidthBytesPerSecond of device "x" undefined is not a positive number'],
    [
      { ...device('rtx-4090'), bandwidthBytesPerSecond: -1 },
      'bandwidthBytesPerSecond of device "rtx-4090" -1',
    ],
    [
      { ...device('rtx-4090'), peakFlopsPerSecond: { fp16: '1' } },
      'peakFlopsPerSecond.fp16 of device "rtx-4090" "1"',
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
