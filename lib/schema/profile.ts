import * as v from 'valibot';
import { precisionNames } from '../precision';
import { $schema, noList, object } from './fields';

const share = () =>
  v.pipe(
    v.number('is not a positive number'),
    v.gtValue(0, 'is not a positive number'),
    v.maxValue(1, 'exceeds 1: faster than the published peak'),
    v.minValue(1e-6, 'is less than 0.000001'),
  );
const RULE = 'is not a number of seconds from 0 to 1';
const overhead = () => v.pipe(v.number(RULE), v.minValue(0, RULE), v.ltValue(1, RULE));
const byPrecision = Object.fromEntries(precisionNames.map((name) => [name, v.optional(share())]));
const shares = () => noList(object(byPrecision));

/** What an engine keeps up of a board: lib/roofline/profile.ts says what the fields mean. */
export const profileSchema = object({
  $schema,
  bandwidthShare: share(),
  precisionBandwidthShare: v.optional(shares()),
  linearShare: shares(),
  expertShare: v.optional(shares()),
  attentionShare: share(),
  decodeAttentionShare: v.optional(share()),
  stepOverheadSeconds: overhead(),
  operatorOverheadSeconds: overhead(),
});
