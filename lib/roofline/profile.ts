import type { Precision } from '../precision';
import { check } from '../schema/check';
import { profileSchema } from '../schema/profile';

/**
 * What of a device's published figures an engine keeps up, and what it loses between operators. Shares are at
 * most 1 and overheads at least 0, so a profile never makes a prediction faster.
 */
export interface Profile {
  /** Sustained share of the DRAM bandwidth. */
  bandwidthShare: number;
  /** The same by the precision of the linear layers, whose weights are unpacked as they come; default `bandwidthShare`. */
  precisionBandwidthShare?: Partial<Record<Precision, number>>;
  /** Sustained share of the matrix peak in linear layers, by their precision; where it lacks one, 1. */
  linearShare: Partial<Record<Precision, number>>;
  /** The same in the experts of a mixture, each of which sees a part of the tokens; default `linearShare`. */
  expertShare?: Partial<Record<Precision, number>>;
  /** Sustained share of the 16-bit matrix peak in attention. */
  attentionShare: number;
  /** The same where each sequence has one query, as in decode; default `attentionShare`. */
  decodeAttentionShare?: number;
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

/**
 * Checks a profile and returns a copy; throws an `InputError` naming value and rule.
 *
 * @example validateProfile({ ...idealProfile, bandwidthShare: 2 }) // refuses: bandwidthShare
 */
export function validateProfile(value: unknown): Profile {
  return check(profileSchema, value, 'profile');
}
