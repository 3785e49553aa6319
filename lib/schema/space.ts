import * as v from 'valibot';
import { precisionNames } from '../precision';
import { $schema, choices, count, noList, object, positive } from './fields';

/** Entries of a list, and numbers in a range. */
export const MOST_VALUES = 100_000;
/** Values of headDim: each is tried at each width. */
const MOST_HEAD_DIMS = 100;

/** Builds the schema; `either` joins two forms of a field of which the first is a list. */
function spaceFields(either: (list: v.GenericSchema, other: v.GenericSchema) => v.GenericSchema) {
  const range = object({ from: positive(1e9), to: positive(1e9), step: positive(1e9) });
  const numbers = (each: v.GenericSchema, most = MOST_VALUES) => either(choices(each, most), range);
  const word = (...words: string[]) => v.picklist(words, `is neither a list nor ${words.join(' nor ')}`);
  const kvHeads = v.union([v.picklist(['all', 'divisors']), count(1e9)], ({ input }) =>
    typeof input === 'number' && input >= 1 && Number.isInteger(input)
      ? 'exceeds 1000000000'
      : 'is not a positive integer, nor "all" nor "divisors"',
  );
  const pair = v.strictTuple([count(1e6), count(1e6)], 'is not a pair [experts, activeExperts]');
  const lists = object({ experts: numbers(count(1e6)), activeExperts: numbers(count(1e6)) });
  return object({
    $schema,
    depths: numbers(count(1e6)),
    widths: numbers(count(1e9)),
    ffnRatios: numbers(positive(1e6, 1e-6)),
    mixtures: either(choices(pair, MOST_VALUES), lists),
    kvHeads: either(choices(kvHeads, MOST_VALUES), word('all', 'divisors')),
    headDim: either(choices(count(1e9), MOST_HEAD_DIMS), count(1e9)),
    vocabulary: v.optional(count(1e9)),
    rules: v.optional(
      noList(
        object({
          expertWidthMultiple: v.optional(count(1e6)),
          maxGqa: v.optional(positive(1e9, 1)),
          widthPerLayer: v.optional(
            v.strictTuple([positive(1e9), positive(1e9)], 'is not a pair of numbers'),
          ),
          maxStoredBytes: v.optional(positive(1e30)),
          precision: v.optional(v.picklist(precisionNames, `is none of ${precisionNames.join(', ')}`)),
        }),
      ),
    ),
  });
}

/** A search space as it is written: lib/written-space.ts says what the fields mean. Complaints are about the form chosen. */
export const spaceSchema = spaceFields((list, other) =>
  v.lazy((input) => (Array.isArray(input) ? list : other)),
);

/** The same for editors, who want to know both forms. */
export const spaceForms = spaceFields((list, other) => v.union([list, other]));
