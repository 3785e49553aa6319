import * as v from 'valibot';
import { $schema, count, finite, name, object, text } from './fields';
import { profileSchema } from './profile';

const MOST_PROFILES = 100_000;
const { $schema: _, ...profileFields } = profileSchema.entries;
const profile = object(profileFields);

const summary = object({
  medianAbsolutePercentError: v.nullable(finite()),
  meanAbsolutePercentError: v.nullable(finite()),
  spearman: v.nullable(finite()),
  bias: v.nullable(finite()),
});
const errors = object({ prefill: summary, decode: summary });

const list = <T>(each: v.GenericSchema<unknown, T>) =>
  v.pipe(
    v.array(each, 'is not a list; write it with `colaw calibrate`'),
    v.maxLength(MOST_PROFILES, `has more than ${MOST_PROFILES} entries`),
  );

/** What `colaw calibrate` writes: lib/measured/calibration.ts says what the fields mean. */
export const calibrationSchema = object({
  $schema,
  source: v.optional(text(10_000)),
  errors: v.optional(
    object({
      ideal: errors,
      leaveOneModelOut: errors,
      leaveOneDeviceOut: errors,
      test: v.optional(
        object({ rows: count(1e9), ideal: errors, fitted: errors, dense: errors, mixtures: errors }),
      ),
    }),
  ),
  profiles: list(
    object({
      id: name(),
      engine: v.optional(name()),
      device: v.optional(name()),
      rows: v.optional(count(1e9)),
      models: v.optional(count(1e9)),
      profile,
      low: v.optional(profile),
      high: v.optional(profile),
    }),
  ),
  heldOut: list(object({ model: name(4096), id: name(), profile })),
});
