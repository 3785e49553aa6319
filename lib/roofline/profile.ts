import { oneOf, plainObject, positiveNumber, refuse } from '../errors';
import { type Precision, precisionNames } from '../workload';

/**
 * What of a device's published figures an engine keeps up, and what it loses between operators. Shares are at
 * most 1 and overheads at least 0, so a profile never makes a prediction faster.
 */
export interface Profile {
  /** Sustained share of the DRAM bandwidth. */
  bandwidthShare: number;
  /** Sustained share of the matrix peak in linear layers, by their precision; where it lacks one, 1. */
  linearShare: Partial<Record<Precision, number>>;
  /** Sustained share of the 16-bit matrix peak in attention. */
  attentionShare: number;
  /** Fixed time of a pass through the model: scheduling, sampling, the server. */
  stepOverheadSeconds: number;
  /** Fixed time of an operator: launching it, filling and draining the cores. */
  operatorOverheadSeconds: number;
}

/** Published figures reached everywhere, nothing lost: the roofline of the paper. */
export const idealProfile: Profile = {
  bandwidthShare: 1,
  linearShare: {},
  attentionShare: 1,
  stepOverheadSeconds: 0,
  operatorOverheadSeconds: 0,
};

const KEYS = Object.keys(idealProfile);

/**
 * Checks a profile and returns a copy; throws an `InputError` naming value and rule.
 *
 * @example validateProfile({ ...idealProfile, bandwidthShare: 2 }) // refuses: bandwidthShare
 */
export function validateProfile(value: unknown): Profile {
  const profile = plainObject(value, KEYS, 'profile');
  const share = (given: unknown, name: string) => {
    if (positiveNumber(given, name) > 1) refuse(`${name} ${given} exceeds 1: faster than the published peak`);
    return given as number;
  };
  const overhead = (name: string) => {
    const given = profile[name];
    if (typeof given !== 'number' || !(given >= 0 && given < 1))
      refuse(`${name} ${JSON.stringify(given)} is not a number of seconds from 0 to 1`);
    return given as number;
  };
  const shares = plainObject(profile.linearShare, precisionNames, 'linearShare');
  const linearShare = Object.entries(shares).map(([name, given]) => [
    oneOf(name, precisionNames, 'precision'),
    share(given, `linearShare.${name}`),
  ]);
  return {
    bandwidthShare: share(profile.bandwidthShare, 'bandwidthShare'),
    linearShare: Object.fromEntries(linearShare),
    attentionShare: share(profile.attentionShare, 'attentionShare'),
    stepOverheadSeconds: overhead('stepOverheadSeconds'),
    operatorOverheadSeconds: overhead('operatorOverheadSeconds'),
  };
}
