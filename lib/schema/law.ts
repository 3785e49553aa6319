import * as v from 'valibot';
import { $schema, byName, choices, finite, name, object, range, text } from './fields';

/** More columns, parameters or terms than this no formula of 4,000 characters has. */
const MOST = 1000;

const ERROR = 'is neither a number of at least 0 nor null';
const standardError = () => v.nullable(v.pipe(v.number(ERROR), v.finite(ERROR), v.minValue(0, ERROR)));

/** A law: lib/law/law.ts says what the fields mean. */
export const lawSchema = object({
  $schema,
  name: v.optional(name(300)),
  formula: v.pipe(
    v.string('is not text'),
    v.minLength(1, 'is empty'),
    v.maxLength(4000, 'is longer than 4000 characters'),
  ),
  variables: v.optional(choices(name(), MOST)),
  parameters: byName(finite(), MOST),
  terms: v.optional(choices(name(), MOST)),
  symbols: v.optional(byName(text(200), MOST)),
  source: v.optional(text(10_000)),
  /** Groups of parameters such as `E[train]`, by column. */
  levels: v.optional(byName(choices(text(300), MOST), MOST)),
  ranges: v.optional(byName(range(), MOST)),
  /** Null where nothing is known of a parameter. */
  standardErrors: v.optional(byName(standardError(), MOST)),
});
