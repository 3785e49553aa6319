import * as v from 'valibot';
import { $schema, finite, name, object, positive, text, texts } from './fields';

/** From 1 MB/s and 1 MFLOP/s, below any board, to far above every machine that was built. */
const rate = () => positive(1e21, 1e6);

/** A board: lib/device.ts says what the fields mean. */
export const deviceSchema = object({
  $schema,
  id: name(),
  name: v.optional(name()),
  bandwidthBytesPerSecond: rate(),
  memoryCapacityBytes: v.nullable(positive(1e18, 1e6)),
  peakFlopsPerSecond: object({ fp16: v.nullable(rate()), int8: v.nullish(rate()), fp4: v.optional(rate()) }),
  vectorFlopsPerSecond: v.nullable(rate()),
  derived: v.optional(texts(100)),
  measured: v.optional(v.boolean()),
  spread: v.optional(v.record(v.string(), finite())),
  notes: v.optional(text(10_000)),
  sources: v.optional(texts(100)),
});
