import * as v from 'valibot';
import { $schema, count, flag, object, positive } from './fields';

/** More of anything than this is no model, and its costs could not be computed to the last digit. */
const MOST = 1e9;

/** An architecture: lib/architecture.ts says what the fields mean. */
export const architectureSchema = object({
  $schema,
  depth: count(1e6),
  width: count(MOST),
  heads: count(MOST),
  headDim: count(MOST),
  kvHeads: count(MOST),
  ffnRatio: positive(1e6, 1e-6),
  experts: count(1e6),
  activeExperts: count(1e6),
  vocabulary: v.optional(count(MOST)),
  tiedEmbeddings: v.optional(flag()),
  qkvBias: v.optional(flag()),
  qkNorm: v.optional(flag()),
  ffnMatrices: v.optional(v.picklist([2, 3], 'is neither 2 nor 3')),
});
