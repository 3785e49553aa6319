import { beforeAll, describe, expect, it } from 'vitest';
import { errorsByGroup, predictedAgainstMeasured } from '../../lib/figures/measured';
import { bandwidthReached, decodeParts } from '../../lib/figures/overhead';
import { device } from '../../lib/files/data';
import { law } from '../../lib/files/law';
import { type Comparison, compare } from '../../lib/measured/compare';
import { shiftOf } from '../../lib/measured/matter';
import { calibration, heldOutProfiles } from '../../lib/measured/profiles';
import { readMeasurements } from '../../lib/measured/read-measurements';
import { idealProfile } from '../../lib/roofline/profile';
import { enumerateSpace, paperSpace } from '../../lib/space';
import { paperWorkload } from '../../lib/workload';

let ideal: Comparison[];
let real: Comparison[];
const choose = heldOutProfiles(calibration());
beforeAll(async () => {
  const measurements = await readMeasurements();
  ideal = compare(measurements, () => idealProfile);
  real = compare(measurements, choose);
});

type Trace = { x: number[]; y: number[]; text: string[]; mode?: string; type: string };

describe('figures of measurements', () => {
  it('show every number once, with its source', () => {
    const { data } = predictedAgainstMeasured(ideal, { name: 'a', title: 'b', note: '' });
    const points = (data as Trace[]).filter(({ mode }) => mode === 'markers');
    expect(points.reduce((sum, { x }) => sum + x.length, 0)).toBe(ideal.length);
    for (const { text } of points) for (const each of text) expect(each).toContain('https://');
  });

  it('show median and middle half of each group', () => {
    const { data } = errorsByGroup([{ name: 'all', before: ideal, after: real }], {
      before: 'ideal',
      after: 'calibrated',
      note: '',
    });
    const [before, after] = data as unknown as { x: number[] }[];
    expect(after.x[0]).toBeLessThan(before.x[0]);
  });

  it('show how much of the bandwidth is reached, never much more than all of it', () => {
    const shares = (bandwidthReached(ideal, '').data as Trace[]).flatMap(({ y }) => y);
    expect(Math.max(...shares)).toBeLessThan(110);
    expect(Math.min(...shares)).toBeGreaterThan(0);
  });

  it('divide a predicted step into parts that add up to it', () => {
    const small = real.filter(
      ({ quantity, measurement }) => quantity === 'decode' && measurement.engine === 'llama.cpp',
    );
    const bars = (decodeParts(small, (c) => choose(c.measurement), '').data as Trace[]).filter(
      ({ type }) => type === 'bar',
    );
    small.forEach(({ predictedSeconds }, i) => {
      const heights = bars.map(({ y }) => y[i]);
      expect(Math.min(...heights)).toBeGreaterThan(0);
      expect(heights.reduce((sum, height) => sum + height, 0)).toBeCloseTo(1000 * predictedSeconds, 9);
    });
  });
});

describe('the shift of a frontier', () => {
  const setting = {
    device: device('jetson-agx-orin-64gb'),
    workload: paperWorkload,
    precision: 'fp16' as const,
  };
  const grid = enumerateSpace(paperSpace).filter((_, i) => i % 7 === 0);

  it('is none under the ideal profile', () => {
    const shift = shiftOf(grid, law(), setting, idealProfile, 'total');
    expect(shift).toMatchObject({ overlap: 1, meanRegretNats: 0, maxRegretNats: 0 });
    expect(shift.spearman).toBeCloseTo(1, 12);
    expect(shift.frontier).toEqual(shift.idealFrontier);
  });

  it('is none when everything is slower by the same factor', () => {
    const half = { ...idealProfile, bandwidthShare: 0.5, linearShare: { fp16: 0.5 }, attentionShare: 0.5 };
    expect(shiftOf(grid, law(), setting, half, 'decode')).toMatchObject({ overlap: 1, maxRegretNats: 0 });
  });

  it('regrets nothing at the slow end, and never less than nothing', () => {
    const { profile } = calibration().profiles.find(({ id }) => id === setting.device.id)!;
    const shift = shiftOf(grid, law(), setting, profile, 'prefill');
    expect(shift.overlap).toBeGreaterThan(0);
    expect(shift.overlap).toBeLessThan(1);
    expect(shift.meanRegretNats).toBeGreaterThan(0);
    expect(shift.maxRegretNats).toBeGreaterThanOrEqual(shift.meanRegretNats);
    for (const { latencySeconds } of shift.idealChoices)
      expect(latencySeconds).toBeGreaterThanOrEqual(shift.frontier[0].latencySeconds);
  });
});
