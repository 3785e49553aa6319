/** Which laws are compared on the trained models: fixed before any was trained, see the history of this file. */
import { CODESIGN_FORMULA } from '../law/law';

/**
 * Eq. 2, the same with less in it, and laws of size alone. `N` is the active parameters without the embedding, `M`
 * the total without it. The number of tokens is the same for all, so no law has a term for them.
 */
export const tinyLaws: Readonly<Record<string, string>> = {
  'Eq. 2': CODESIGN_FORMULA,
  'Eq. 2 without the KV cache':
    'kl/depth^al + kr*activationRate^ar/(ffnRatio^af*width^b1) + kd/(ffnRatio^af*width^b2) + Linf',
  'Eq. 2, sparsity apart from the FFN':
    'kl/depth^al + kr*activationRate^ar/width^b1 + kd/(ffnRatio^af*width^b2) + Linf',
  'Eq. 2 without sparsity': 'kl/depth^al + kd/(ffnRatio^af*width^b2) + Linf',
  'depth and width': 'kl/depth^al + kd/width^b2 + Linf',
  'active size': 'A/N^a + Linf',
  'active size and sparsity': 'A*activationRate^ar/N^a + Linf',
  'active and total size': 'A/N^a + B/M^b + Linf',
  'one power of each': 'C*activationRate^ar/(depth^al*width^b2*ffnRatio^af*kvDimension^am) + Linf',
};

/** Derived columns of the laws above, for `readRuns`. */
export const tinyColumns =
  'N = parametersNonEmbedding, M = parametersTotal - parametersEmbedding, activationRate = activeExperts/experts, kvDimension = headDim*kvHeads';

/** The rows that a law is fitted to: the first seed of each architecture, where it did not diverge. */
export const tinyRows = 'status == "finished" and seed == 0';

/** Bounds of every fit: a floor below zero means nothing. */
export const tinyBounds: Record<string, [number, number]> = { Linf: [0, 10] };
