import { refuse } from './errors';
import { architectureSchema } from './schema/architecture';
import { check } from './schema/check';

/**
 * A decoder-only transformer, dense or a mixture of experts, as far as its cost and its loss depend on it.
 * The words are those of the paper (Table 7) and of Hugging Face configs; see the glossary in the README.
 */
export interface Architecture {
  /** Number of layers, l. */
  depth: number;
  /** Hidden width, d. */
  width: number;
  /** Query heads, n_h. */
  heads: number;
  /** Dimension of a head, d_h; heads · headDim need not equal width. */
  headDim: number;
  /** Key/value heads, n_kv; divides heads. */
  kvHeads: number;
  /** FFN hidden size over width, r, all active experts together (r = K · r_single). */
  ffnRatio: number;
  /** Experts stored in a layer, E; 1 in a dense model. */
  experts: number;
  /** Experts used by a token, K. */
  activeExperts: number;
  /** Vocabulary size; without one there is neither embedding nor LM head (the paper counts neither). */
  vocabulary?: number;
  /** Embedding and LM head share one table. Default true. */
  tiedEmbeddings?: boolean;
  /** Query, key and value projections have biases. Default false. */
  qkvBias?: boolean;
  /** Queries and keys are normalised per head. Default false. */
  qkNorm?: boolean;
  /** Matrices in an FFN: 3 when gated (SwiGLU, the default), 2 when not (GPT-2, OPT). */
  ffnMatrices?: 2 | 3;
}

/** The fields that every architecture has, in the order of columns in files. */
export const architectureColumns = [
  'depth',
  'width',
  'heads',
  'headDim',
  'kvHeads',
  'ffnRatio',
  'experts',
  'activeExperts',
] as const;

/**
 * Checks that `value` is an architecture and returns a clean copy.
 * Throws an `InputError` that names the value and the rule, e.g. `activeExperts 4 exceeds experts 2`.
 *
 * @example validateArchitecture({ ...qwen, kvHeads: 3 }) // refuses: kvHeads 3 does not divide heads 14
 */
export function validateArchitecture(value: unknown): Architecture {
  const architecture = check(architectureSchema, value, 'architecture');
  const { heads, kvHeads, experts, activeExperts } = architecture;
  if (heads % kvHeads !== 0) refuse(`kvHeads ${kvHeads} does not divide heads ${heads}`);
  if (activeExperts > experts) refuse(`activeExperts ${activeExperts} exceeds experts ${experts}`);
  return architecture;
}

/**
 * Grouped-query ratio n_h / n_kv: how many query heads share a key/value head.
 *
 * @example gqa(qwen) // 7
 */
export function gqa(architecture: Architecture): number {
  return architecture.heads / architecture.kvHeads;
}

/**
 * Width of a layer's keys (or values), d_m = d_h · n_kv.
 *
 * @example kvDimension(qwen) // 128
 */
export function kvDimension(architecture: Architecture): number {
  return architecture.headDim * architecture.kvHeads;
}

/**
 * Share of the experts that a token uses, ρ = K / E.
 *
 * @example activationRate({ ...qwen, experts: 8, activeExperts: 2 }) // 0.25
 */
export function activationRate(architecture: Architecture): number {
  return architecture.activeExperts / architecture.experts;
}

/** Counts of parameters. `total` and `active` contain `embedding`. */
export interface Parameters {
  /** Everything stored. */
  total: number;
  /** Everything but the experts that a token does not use. */
  active: number;
  /** Embedding and LM head; one table when tied. */
  embedding: number;
}

/**
 * Parameters of an architecture: projections, experts, router, norms, biases, embedding and LM head.
 *
 * @example parameters(qwen).total // 494032768
 */
export function parameters(architecture: Architecture): Parameters {
  const { linear, expert, other, embedding, head } = weightGroups(architecture);
  const idle = architecture.depth * (architecture.experts - architecture.activeExperts) * expert;
  const total = Math.round(linear + other + embedding + head);
  return { total, active: Math.round(total - idle), embedding: embedding + head };
}

/**
 * Parameters by how they are stored: `linear` (projections and all experts, the part that a precision
 * shrinks), `expert` (one expert of one layer, contained in `linear`), `other` (router, norms, biases),
 * `embedding` and `head` (a tied table counts as head). May be fractional where ffnRatio · width is.
 */
export function weightGroups(architecture: Architecture) {
  const { depth, width, heads, headDim, kvHeads, ffnRatio, experts, activeExperts } = architecture;
  const { vocabulary = 0, tiedEmbeddings = true, qkvBias = false, qkNorm = false } = architecture;
  const query = heads * headDim;
  const kv = headDim * kvHeads;
  const expert = ((architecture.ffnMatrices ?? 3) * ffnRatio * width * width) / activeExperts;
  const projections = 2 * width * (query + kv);
  const router = experts > 1 ? width * experts : 0;
  const norms = 2 * width + (qkNorm ? 2 * headDim : 0);
  const biases = qkvBias ? query + 2 * kv : 0;
  return {
    linear: depth * (projections + experts * expert),
    expert,
    other: depth * (router + norms + biases) + width,
    embedding: tiedEmbeddings ? 0 : vocabulary * width,
    head: vocabulary * width,
  };
}

/**
 * Many architectures as columns, one number per architecture: the form that is fast to evaluate.
 * Missing options hold their defaults (`vocabulary` 0, `ffnMatrices` 3).
 */
export interface ArchitectureTable {
  length: number;
  depth: Float64Array;
  width: Float64Array;
  heads: Float64Array;
  headDim: Float64Array;
  kvHeads: Float64Array;
  ffnRatio: Float64Array;
  experts: Float64Array;
  activeExperts: Float64Array;
  vocabulary: Float64Array;
  ffnMatrices: Float64Array;
}

/**
 * The columns of `architectures`, in their order.
 *
 * @example toTable([qwen]).depth[0] // 24
 */
export function toTable(architectures: readonly Architecture[]): ArchitectureTable {
  const column = (read: (architecture: Architecture) => number) => Float64Array.from(architectures, read);
  return {
    length: architectures.length,
    depth: column((a) => a.depth),
    width: column((a) => a.width),
    heads: column((a) => a.heads),
    headDim: column((a) => a.headDim),
    kvHeads: column((a) => a.kvHeads),
    ffnRatio: column((a) => a.ffnRatio),
    experts: column((a) => a.experts),
    activeExperts: column((a) => a.activeExperts),
    vocabulary: column((a) => a.vocabulary ?? 0),
    ffnMatrices: column((a) => a.ffnMatrices ?? 3),
  };
}
