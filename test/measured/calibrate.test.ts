import { beforeAll, describe, expect, it } from 'vitest';
import { measuredHere } from '../../lib/measure/here';
import { fitProfiles } from '../../lib/measured/calibrate';
import { compare, phaseErrors } from '../../lib/measured/compare';
import { featuresOf, type WorkKind, workKinds } from '../../lib/measured/features';
import { type Measurement, type Observation, observationsOf } from '../../lib/measured/measurement';
import { predictSeconds } from '../../lib/measured/predict';
import { calibration, heldOutProfiles, profileNamed, profileNote } from '../../lib/measured/profiles';
import { publishedMeasurements } from '../../lib/measured/read-measurements';
import { idealProfile, type Profile, validateProfile } from '../../lib/roofline/profile';

let measurements: Measurement[];
let observations: Observation[];
const shipped = calibration();
const details = {
  precisionBandwidthShare: { fp16: 0.85, int8: 0.6 },
  expertShare: { fp16: 0.4, int8: 0.15 },
  decodeAttentionShare: 0.05,
};
const truth: Profile = {
  bandwidthShare: 0.7,
  linearShare: { fp16: 0.45, int8: 0.3, int4: 0.2, nvfp4: 0.5 },
  attentionShare: 0.35,
  stepOverheadSeconds: 1e-3,
  operatorOverheadSeconds: 4e-6,
};

beforeAll(async () => {
  measurements = await publishedMeasurements();
  observations = observationsOf(measurements);
});

describe('the features of an observation', () => {
  const predicted = (observation: Observation, profile: Profile) => {
    const { otherMove, launches, steps, ...works } = featuresOf(observation);
    const { precision } = observation.measurement;
    const { attentionShare, linearShare, expertShare = linearShare } = profile;
    const bandwidthShare = profile.precisionBandwidthShare?.[precision] ?? profile.bandwidthShare;
    const shares = {
      linear: linearShare[precision] ?? 1,
      experts: expertShare[precision] ?? linearShare[precision] ?? 1,
      attention: attentionShare,
      decodeAttention: profile.decodeAttentionShare ?? attentionShare,
      vector: 1,
    };
    const longer = (kind: WorkKind) =>
      works[kind].reduce(
        (sum, { compute, move }) => sum + Math.max(compute / shares[kind], move / bandwidthShare),
        0,
      );
    return (
      workKinds.reduce((sum, kind) => sum + longer(kind), 0) +
      otherMove / bandwidthShare +
      launches * profile.operatorOverheadSeconds +
      steps * profile.stepOverheadSeconds
    );
  };

  it('give the ideal roofline', () => {
    for (const each of observations)
      expect(predicted(each, idealProfile) / predictSeconds(each, idealProfile)).toBeCloseTo(1, 9);
  });

  it.each([
    ['plain', truth],
    ['with details', { ...truth, ...details }],
  ])(
    'give the roofline under a profile, but for attention that goes from one roof to the other in a decode: %s',
    (_, profile) => {
      // A sum over steps has one maximum for all of them, where the roofline takes one at each.
      const ratios = observations.map((each) => predicted(each, profile) / predictSeconds(each, profile));
      expect(ratios.filter((ratio) => Math.abs(ratio - 1) > 1e-9).length).toBeLessThan(ratios.length / 50);
      for (const ratio of ratios) expect(ratio).toBeCloseTo(1, 4);
    },
  );
});

describe('a fit', () => {
  it('finds the profile that made the measurements', async () => {
    const made = observations.map((o) => ({ ...o, measuredSeconds: predictSeconds(o, truth) }));
    const [found] = await fitProfiles(made, [Float32Array.from(made, () => 1)]);
    const errors = made.map((o) => {
      const { engine, device } = o.measurement;
      return Math.abs(predictSeconds(o, found(engine, device.id)) / o.measuredSeconds - 1);
    });
    expect(Math.max(...errors)).toBeLessThan(0.05);
    expect(found('vLLM', 'jetson-agx-orin-64gb').bandwidthShare).toBeCloseTo(truth.bandwidthShare, 1);
    expect(found('TensorRT Edge-LLM', 'jetson-agx-thor-t5000').linearShare.int4).toBeCloseTo(0.2, 1);
  });

  it('finds experts, attention in decode and precisions apart in rows that were planned for it', async () => {
    const { board, measurements: planned } = await measuredHere();
    const profile = { ...truth, ...details };
    const made = observationsOf(planned.filter(({ role }) => role === 'fit')).map((o) => ({
      ...o,
      measuredSeconds: predictSeconds(o, profile),
    }));
    const [found] = await fitProfiles(made, [Float32Array.from(made, () => 1)]);
    const fitted = found('llama.cpp', board.id);
    for (const o of made)
      expect(Math.abs(predictSeconds(o, fitted) / o.measuredSeconds - 1), o.measurement.id).toBeLessThan(
        0.05,
      );
    const { precisionBandwidthShare, expertShare, decodeAttentionShare } = fitted;
    for (const precision of ['fp16', 'int8'] as const) {
      expect(precisionBandwidthShare![precision]).toBeCloseTo(details.precisionBandwidthShare[precision], 1);
      expect(expertShare![precision]).toBeCloseTo(details.expertShare[precision], 1);
    }
    expect(decodeAttentionShare).toBeCloseTo(details.decodeAttentionShare, 1);
    // What no row has is no different from the rest.
    expect(precisionBandwidthShare!.int4).toBe(fitted.bandwidthShare);
    expect(expertShare!.nvfp4).toBe(fitted.linearShare.nvfp4);
  });

  it('of these rows is the one that ships, whichever backend makes it', async () => {
    const [found] = await fitProfiles(observations, [Float32Array.from(observations, () => 1)]);
    for (const { id, engine, device, profile } of shipped.profiles) {
      const again = found(engine, device);
      expect(again.bandwidthShare / profile.bandwidthShare, id).toBeCloseTo(1, 1.5);
      expect(again.stepOverheadSeconds / profile.stepOverheadSeconds, id).toBeCloseTo(1, 1);
    }
  });
});

describe('data/profiles.json', () => {
  it('predicts decode on boards it has not seen to less than 20 % in the median', () => {
    expect(shipped.errors.leaveOneDeviceOut.decode.medianAbsolutePercentError).toBeLessThan(20);
  });

  it('holds possible profiles only, for every engine, board and pair that was measured', () => {
    for (const { profile, low, high } of shipped.profiles)
      for (const each of [profile, low, high]) expect(validateProfile(each)).toEqual(each);
    for (const { engine, device } of measurements)
      expect(shipped.profiles.some((p) => p.engine === engine && p.device === device.id)).toBe(true);
    expect(shipped.source).toContain('measured.csv');
  });

  it('predicts no row faster than the ideal roofline', () => {
    const choose = heldOutProfiles(shipped);
    for (const observation of observations)
      expect(predictSeconds(observation, choose(observation.measurement))).toBeGreaterThanOrEqual(
        predictSeconds(observation),
      );
  });

  it('has every profile without each model, and the errors that these make', () => {
    const models = [...new Set(measurements.map(({ model }) => model))];
    for (const model of models)
      expect(shipped.heldOut.filter((h) => h.model === model).map(({ id }) => id)).toEqual(
        shipped.profiles.map(({ id }) => id),
      );
    expect(phaseErrors(compare(measurements, heldOutProfiles(shipped)))).toEqual(
      shipped.errors.leaveOneModelOut,
    );
    expect(phaseErrors(compare(measurements, () => idealProfile))).toEqual(shipped.errors.ideal);
  });

  it('has not seen the model however the engine is spelt, and whether the pair was measured or not', () => {
    const choose = heldOutProfiles(shipped);
    const spelt = measurements.map((each) => ({ ...each, engine: each.engine.toUpperCase() }));
    expect(phaseErrors(compare(spelt, choose))).toEqual(shipped.errors.leaveOneModelOut);
    const [own] = measurements;
    const elsewhere = { ...own.device, id: 'my-board' };
    for (const [changed, id] of [
      [{ ...own, engine: 'vLLM', device: elsewhere }, 'vllm'],
      [{ ...own, engine: 'llama.cpp (llama-server)', device: elsewhere }, 'llama.cpp'],
      [{ ...own, engine: 'mine' }, own.device.id],
      [{ ...own, engine: 'mine', device: elsewhere }, 'pooled'],
    ] as const) {
      const unseen = shipped.heldOut.find((each) => each.model === own.model && each.id === id)!;
      expect(choose(changed)).toEqual(unseen.profile);
      const seen = shipped.profiles.find((each) => each.id === id)!;
      expect(choose({ ...changed, model: 'mine' })).toEqual(seen.profile);
    }
  });

  it('is better than the ideal roofline on models and on boards that it has not seen', () => {
    const { ideal, leaveOneModelOut, leaveOneDeviceOut } = shipped.errors;
    for (const phase of ['prefill', 'decode'] as const)
      for (const errors of [leaveOneModelOut, leaveOneDeviceOut])
        expect(errors[phase].medianAbsolutePercentError!).toBeLessThan(
          ideal[phase].medianAbsolutePercentError!,
        );
  });

  it('is chosen by name', () => {
    expect(profileNamed('ideal', 'any')).toBe(idealProfile);
    expect(profileNamed('fitted', 'jetson-agx-orin-64gb')).toEqual(
      profileNamed('jetson-agx-orin-64gb', 'any'),
    );
    expect(profileNamed('fitted', 'rtx-4090')).toEqual(profileNamed('pooled', 'any'));
    expect(profileNote('fitted', 'rtx-4090')).toContain('no measurement of "rtx-4090"');
    expect(profileNote('fitted', 'rtx-5080')).toBeUndefined();
    expect(() => profileNamed('best', 'any')).toThrow(
      'unknown profile "best"; known: ideal, fitted, pooled, ',
    );
  });
});
