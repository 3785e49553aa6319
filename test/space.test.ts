import { describe, expect, it } from 'vitest';
import { validateArchitecture } from '../lib/architecture';
import { countSpace } from '../lib/count';
import { paperCandidates, trainedArchitectures } from '../lib/law/reconstruct';
import { sampleSpace } from '../lib/sample';
import { enumerateSpace, paperSpace, storedBytes, withDepthsAndWidthsBetween } from '../lib/space';
import { validateSpace } from '../lib/written-space';

describe("the paper's space", () => {
  const space = enumerateSpace(paperSpace);

  it('holds 8,160 different, valid architectures', () => {
    expect(space).toHaveLength(8160);
    expect(new Set(space.map((a) => JSON.stringify(a))).size).toBe(8160);
    for (const architecture of space) validateArchitecture(architecture);
  });

  it('gives width 1024 four choices of kvHeads, since 8 is all of them', () => {
    const choices = new Set(space.filter((a) => a.width === 1024).map((a) => a.kvHeads));
    expect([...choices]).toEqual([1, 2, 4, 8]);
  });

  it('can be widened to the depths and widths between', () => {
    const between = withDepthsAndWidthsBetween(paperSpace);
    expect(between.depths).toHaveLength(29);
    expect(between.widths).toContain(896);
    for (const architecture of enumerateSpace({ ...between, ffnRatios: [1] }))
      validateArchitecture(architecture);
  });
});

describe('a space of one’s own', () => {
  it('is counted without being made', () => {
    const odd = { ...paperSpace, widths: [1152, 1664], kvHeads: [1, 3, 13, 'all'] as const };
    for (const space of [paperSpace, odd])
      expect(countSpace(space)).toBe(BigInt(enumerateSpace(space).length));
  });

  it('is counted to the byte where stored bytes are limited', () => {
    const spaces = [
      { ...paperSpace, depths: [12, 4, 30], widths: [768, 3072], rules: { expertWidthMultiple: 64 } },
      {
        ...paperSpace,
        ffnRatios: [4, 1e-3, 8 / 3],
        headDim: [32, 64],
        vocabulary: 1e5,
        rules: { maxGqa: 4 },
      },
    ];
    for (const space of spaces) {
      const bytes = enumerateSpace(space).map((each) => storedBytes(space, each));
      for (const [i, most] of bytes.entries()) {
        if (i % 50 > 0) continue;
        const limited = { ...space, rules: { ...space.rules, maxStoredBytes: most } };
        expect(countSpace(limited)).toBe(BigInt(bytes.filter((each) => each <= most).length));
      }
    }
  });

  it.each([
    [{ depths: [] }, 'depths is an empty list'],
    [{ depths: [4, 0] }, 'depths[1] 0 is not a positive integer'],
    [{ widths: [900] }, 'headDim 128 does not divide width 900'],
    [{ ffnRatios: [1, 1] }, 'ffnRatios names 1 twice'],
    [{ mixtures: [[2, 4]] }, 'activeExperts 4 exceeds experts 2'],
    [{ mixtures: [8] }, 'mixtures[0] 8 is not a pair [experts, activeExperts]'],
    [{ kvHeads: ['some'] }, 'kvHeads[0] "some" is not a positive integer, nor "all" nor "divisors"'],
    [{ kvHeads: [13] }, 'kvHeads 13: none divides the heads of any width'],
    [{ headDim: 0.5 }, 'headDim 0.5 is not a positive integer'],
    [{ dephts: [4] }, 'space has an unknown key "dephts"'],
  ])('is refused with %j', (changes, message) => {
    expect(() => validateSpace({ ...paperSpace, ...changes })).toThrow(message);
    expect(validateSpace({ ...paperSpace })).toEqual(paperSpace);
  });
});

describe('samples', () => {
  const space = enumerateSpace(paperSpace);

  it('draw 1,942 candidates and, from them, 170 runs', () => {
    const candidates = new Set(paperCandidates().map((a) => JSON.stringify(a)));
    expect(candidates.size).toBe(1942);
    const trained = trainedArchitectures().map((a) => JSON.stringify(a));
    expect(new Set(trained).size).toBe(170);
    expect(trained.every((a) => candidates.has(a))).toBe(true);
  });

  it('are the same for the same seed and differ for another', () => {
    expect(sampleSpace(space, 50, 1)).toEqual(sampleSpace(space, 50, 1));
    expect(sampleSpace(space, 50, 1)).not.toEqual(sampleSpace(space, 50, 2));
  });

  it('draw every depth within two percentage points of its share in the space', () => {
    const sample = sampleSpace(space, 1942, 3);
    for (const depth of paperSpace.depths) {
      const share = sample.filter((a) => a.depth === depth).length / sample.length;
      expect(Math.abs(share - 1 / 8)).toBeLessThan(0.02);
    }
  });

  it('refuse impossible sizes and seeds', () => {
    expect(() => sampleSpace(space, 8161, 1)).toThrow('count 8161 is not an integer from 1 to 8160');
    expect(() => sampleSpace(space, 1.5, 1)).toThrow('count 1.5');
    expect(() => sampleSpace(space, 10, 0.5)).toThrow('seed 0.5 is not an integer');
  });
});
