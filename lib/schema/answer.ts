import * as v from 'valibot';
import { precisionNames } from '../precision';
import { $schema, count, finite, object, positive, text } from './fields';

const RULE = 'is not a whole number from 0 on';
const whole = () =>
  v.pipe(v.number(RULE), v.integer(RULE), v.minValue(0, RULE), v.maxValue(Number.MAX_SAFE_INTEGER, RULE));
const digits = (rule: string) => v.pipe(v.string(rule), v.maxLength(400, rule), v.regex(/^\d+$/, rule));
const choice = <T extends string | number>(options: readonly T[]) =>
  v.picklist(options, `is none of ${options.join(', ')}`);
/** What has a schema, or a check, of its own. */
const checkedAlone = () => v.unknown();
const MOST_TOKENS = 1e9;
const ranges = () => v.optional(v.array(v.array(whole(), 'is not a range'), 'is not a list of ranges'));

/** What `frontier --out` writes: lib/frontier/answer.ts says what the fields mean. It is written by programs alone. */
export const answerSchema = object({
  $schema,
  question: object({
    space: checkedAlone(),
    law: checkedAlone(),
    setting: object({
      device: checkedAlone(),
      workload: object({
        batch: count(MOST_TOKENS),
        inputTokens: count(MOST_TOKENS),
        outputTokens: whole(),
      }),
      precision: choice(precisionNames),
      attention: v.optional(choice(['fused', 'materialized'])),
      kvPrecision: v.optional(choice([16, 8, 4])),
      profile: v.optional(checkedAlone()),
    }),
    objective: choice(['prefill', 'decode', 'total']),
    memoryBudget: v.optional(positive(Number.MAX_VALUE)),
    prefillBudget: v.optional(positive(Number.MAX_VALUE)),
  }),
  method: choice(['separation', 'streaming']),
  reason: v.optional(text(10_000)),
  space: v.union(
    [whole(), digits('is neither a whole number nor its digits')],
    'is neither a whole number nor its digits',
  ),
  evaluated: whole(),
  points: v.array(
    object({
      architecture: checkedAlone(),
      loss: finite(),
      latencySeconds: finite(),
      index: digits('is not the digits of a whole number'),
      memoryBytes: finite(),
      fits: v.nullable(v.boolean('is neither true, false nor null')),
    }),
    'is not a list of points',
  ),
  units: v.optional(whole()),
  done: ranges(),
  asked: ranges(),
});
