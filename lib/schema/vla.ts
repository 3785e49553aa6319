import * as v from 'valibot';
import { architectureSchema } from './architecture';
import { $schema, count, flag, name, object, text, texts } from './fields';

/** Sizes above this are no model's: what follows from them stays exact and finite. */
const size = () => count(2 ** 31);
const RULE = 'is not an integer of at least 0';
/** A size, or none. */
const sizeOrNone = () =>
  v.pipe(v.number(RULE), v.integer(RULE), v.minValue(0, RULE), v.maxValue(2 ** 31, `exceeds ${2 ** 31}`));

const stack = {
  depth: size(),
  width: size(),
  heads: size(),
  kvHeads: size(),
  headDim: size(),
  ffn: size(),
  gated: flag(),
};
const LINEAR = 'is not a list of [inputs, outputs]';
const linears = () =>
  v.pipe(
    v.array(v.strictTuple([size(), size()], LINEAR), LINEAR),
    v.maxLength(1000, 'has more than 1000 entries'),
  );
const listOf = <T>(each: v.GenericSchema<unknown, T>, most: number, rule: string) =>
  v.pipe(v.array(each, rule), v.minLength(1, rule), v.maxLength(most, rule));

const tokens = object({ kind: v.literal('tokens'), tokens: size(), horizon: size() });
const parallel = object({
  kind: v.literal('parallel'),
  tokens: size(),
  horizon: size(),
  layers: linears(),
  rows: size(),
});
const flow = object({
  kind: v.literal('flow'),
  steps: size(),
  horizon: size(),
  extraTokens: sizeOrNone(),
  expert: object(stack),
  pattern: listOf(
    v.picklist(['joint', 'cache', 'features', 'itself'], 'is not joint, cache, features or itself'),
    1000,
    'is not a list of 1 to 1000 of joint, cache, features and itself',
  ),
  followsBackbone: flag(),
  modulation: v.optional(linears()),
  layers: linears(),
  sequences: v.optional(size()),
});

const { $schema: _, ...backbone } = architectureSchema.entries;

/** A vision-language-action model: lib/vla/vla.ts says what the fields mean. */
export const vlaSchema = object({
  $schema,
  id: name(),
  name: v.optional(name()),
  publishedParameters: v.nullish(count(1e15)),
  cameras: size(),
  imageTokens: size(),
  encoders: listOf(
    object({ ...stack, name: v.optional(name()), tokens: size(), patch: size() }),
    8,
    'is not a list of 1 to 8',
  ),
  projector: linears(),
  promptTokens: sizeOrNone(),
  backbone: object(backbone),
  adapter: v.optional(object(stack)),
  action: v.variant('kind', [tokens, parallel, flow], 'is no action kind; known: tokens, parallel, flow'),
  stored: v.optional(object({ weights: count(1e15), what: text(1000) })),
  notes: v.optional(text(10_000)),
  sources: v.optional(texts(100)),
});
