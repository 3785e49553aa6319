import * as v from 'valibot';
import { $schema, choices, count, object, positive } from './fields';

/** Entries of a list. */
const MOST = 10_000;

const kvHeads = () =>
  v.union([v.literal('all'), count(1e9)], ({ input }) =>
    typeof input === 'number' && input >= 1 && Number.isInteger(input)
      ? 'exceeds 1000000000'
      : 'is not a positive integer, nor "all"',
  );

/** A search space: lib/space.ts says what the fields mean. */
export const spaceSchema = object({
  $schema,
  depths: choices(count(1e6), MOST),
  widths: choices(count(1e9), MOST),
  ffnRatios: choices(positive(1e6, 1e-6), MOST),
  mixtures: choices(v.strictTuple([count(1e6), count(1e6)], 'is not a pair [experts, activeExperts]'), MOST),
  kvHeads: choices(kvHeads(), MOST),
  headDim: count(1e9),
});
