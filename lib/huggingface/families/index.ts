import type { Family } from './family';
import { hybridFamilies } from './hybrids';
import { mixtureFamilies } from './mixtures';
import { plainFamilies } from './plain';

/**
 * The families by `model_type`. Facts from the configuration and modelling files of transformers 5.18.0
 * (Apache-2.0, huggingface/transformers: src/transformers/models/), of the models' own repositories where
 * transformers has no class, and from the published configs.
 */
export const families: ReadonlyMap<string, Family> = new Map(
  Object.entries({ ...plainFamilies, ...mixtureFamilies, ...hybridFamilies }),
);
