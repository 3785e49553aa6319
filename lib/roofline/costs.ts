import type { ArchitectureTable } from '../architecture';
import { HALF_BYTES, type PrecisionBytes } from '../workload';

/**
 * The operators of a model, in the order in which they run. All but the last three run in every layer.
 * `attention` is the fused form of `scores`, `softmax` and `weightedValues`; a `quantize…` operator turns
 * 16-bit activations into the 8-bit input of the linear layers after it. Operators that a given model does
 * not have cost nothing.
 */
export const operatorNames = [
  'attentionNorm',
  'quantizeAttentionInput',
  'queryProjection',
  'keyProjection',
  'valueProjection',
  'attention',
  'scores',
  'softmax',
  'weightedValues',
  'quantizeAttentionOutput',
  'outputProjection',
  'attentionResidual',
  'ffnNorm',
  'router',
  'quantizeFfnInput',
  'gateProjection',
  'upProjection',
  'activation',
  'quantizeHidden',
  'downProjection',
  'ffnResidual',
  'finalNorm',
  'quantizeHeadInput',
  'head',
] as const;

/**
 * Operators that only some layers have: of latent attention, of a gate on what attention says, of linear attention
 * and state-space layers, of experts narrower than the model, and of experts that every token uses.
 */
export const specialOperatorNames = [
  'queryDownProjection',
  'queryUpProjection',
  'latentProjection',
  'keyUpProjection',
  'valueUpProjection',
  'queryGateProjection',
  'inputProjection',
  'convolution',
  'recurrence',
  'expertDownProjection',
  'expertUpProjection',
  'sharedGateProjection',
  'sharedUpProjection',
  'sharedActivation',
  'sharedDownProjection',
] as const;
export type OperatorName = (typeof operatorNames)[number] | (typeof specialOperatorNames)[number];

/** How many of `operatorNames` run in every layer; the others run once per model. */
export const LAYER_OPERATORS = 21;

/** Which roof an operator computes under: the linear layers' matrix peak, the 16-bit one, or the vector rate. */
export type Unit = 'linear' | 'matrix16' | 'vector';
export const operatorUnits: readonly Unit[] = operatorNames.map(unitOf);

/** What an operator computes on. A recurrence runs as products of small matrices, in 16 bits. */
export function unitOf(name: OperatorName): Unit {
  if (['attention', 'scores', 'weightedValues', 'recurrence'].includes(name)) return 'matrix16';
  return name.endsWith('Projection') || name === 'head' ? 'linear' : 'vector';
}

/** Whether an operator multiplies by the matrices of an FFN, which a mixture has once for each expert. */
export function isExpertProduct(name: OperatorName): boolean {
  return name === 'gateProjection' || name === 'upProjection' || name === 'downProjection';
}

export type AttentionForm = 'fused' | 'materialized';
export const attentionForms: readonly AttentionForm[] = ['fused', 'materialized'];

/** What one pass through the model processes; its context length is left open. */
export interface Pass {
  /** Sequences, B. */
  sequences: number;
  /** Tokens of each sequence processed at once, S_q: the prompt in prefill, 1 in decode. */
  queries: number;
}

/**
 * Numbers per operator: FLOPs; bytes of weights, activations and KV cache; and how the FLOPs, the activation
 * bytes and the KV bytes grow per token of context.
 */
export const FIELDS = 7;
export const [FLOPS, WEIGHTS, ACTIVATIONS, KV, FLOPS_SLOPE, ACTIVATIONS_SLOPE, KV_SLOPE] = [
  0, 1, 2, 3, 4, 5, 6,
];

/** Room for the costs of one model: `operatorNames.length` rows of `FIELDS` numbers. */
export function makeCosts(): Float64Array {
  return new Float64Array(operatorNames.length * FIELDS);
}

/** Experts of which at least one weight is read when `tokens` choose K of E uniformly, in expectation. */
export function expectedExpertsTouched(experts: number, activeExperts: number, tokens: number): number {
  return experts * (1 - (1 - activeExperts / experts) ** tokens);
}

/**
 * Writes into `costs` what architecture `i` of `table` does in one pass, one layer of it (Tables 8–15).
 *
 * The tables are followed to the letter in attention: no causal halving, K and V read their input together
 * with Q (Table 9 has no load). Table 14 counts only weights for the FFN; its activations are counted in the
 * same way here, gate and up reading their input together. Queries have heads · headDim columns. Softmax
 * costs 5 FLOPs per score (Table 11); SiLU and product 5, norm 4, residual add 1, conversion 2 per element.
 * Weights of an FFN are those of the experts touched; FLOPs follow the active experts (Eq. 19).
 */
export function fillCosts(
  costs: Float64Array,
  table: ArchitectureTable,
  i: number,
  pass: Pass,
  precision: PrecisionBytes,
  attention: AttentionForm,
): void {
  const width = table.width[i];
  const hidden = table.ffnRatio[i] * width;
  fillAttention(costs, width, table.heads[i], table.headDim[i], table.kvHeads[i], pass, precision, attention);
  fillFfn(
    costs,
    width,
    hidden,
    table.experts[i],
    table.activeExperts[i],
    table.ffnMatrices[i],
    pass,
    precision,
  );
  fillHead(costs, width, table.vocabulary[i], pass, precision);
}

/** The rows of grouped-query attention: norm, projections, attention, residual. */
export function fillAttention(
  costs: Float64Array,
  width: number,
  heads: number,
  headDim: number,
  kvHeads: number,
  { sequences, queries }: Pass,
  precision: PrecisionBytes,
  attention: AttentionForm,
): void {
  const query = heads * headDim;
  const kv = kvHeads * headDim;
  const tokens = sequences * queries;
  const { weight, linearInput, kv: kvBytes } = precision;
  const half = HALF_BYTES;
  norm(costs, 0, tokens * width, width);
  quantize(costs, 1, tokens * width, linearInput);
  set(
    costs,
    2,
    2 * tokens * width * query,
    width * query * weight,
    tokens * (width * linearInput + query * half),
    0,
  );
  set(costs, 3, 2 * tokens * width * kv, width * kv * weight, 0, tokens * kv * kvBytes);
  set(costs, 4, 2 * tokens * width * kv, width * kv * weight, 0, tokens * kv * kvBytes);
  const scores = tokens * heads;
  if (attention === 'fused') {
    set(costs, 5, 0, 0, 2 * tokens * query * half, 0);
    grow(costs, 5, 4 * tokens * query + 5 * scores, 0, 2 * sequences * kv * kvBytes);
    for (const operator of [6, 7, 8]) {
      set(costs, operator, 0, 0, 0, 0);
      grow(costs, operator, 0, 0, 0);
    }
  } else {
    set(costs, 5, 0, 0, 0, 0);
    grow(costs, 5, 0, 0, 0);
    set(costs, 6, 0, 0, tokens * query * half, 0);
    grow(costs, 6, 2 * tokens * query, scores * half, sequences * kv * kvBytes);
    set(costs, 7, 0, 0, 0, 0);
    grow(costs, 7, 5 * scores, 2 * scores * half, 0);
    set(costs, 8, 0, 0, tokens * query * half, 0);
    grow(costs, 8, 2 * tokens * query, scores * half, sequences * kv * kvBytes);
  }
  quantize(costs, 9, tokens * query, linearInput);
  set(
    costs,
    10,
    2 * tokens * query * width,
    query * width * weight,
    tokens * (query * linearInput + width * half),
    0,
  );
  residual(costs, 11, tokens * width);
}

/** The rows of an FFN: norm, router, projections of the active experts, `hidden` wide together, residual. */
export function fillFfn(
  costs: Float64Array,
  width: number,
  hidden: number,
  experts: number,
  active: number,
  matrices: number,
  { sequences, queries }: Pass,
  { weight, linearInput }: PrecisionBytes,
): void {
  const tokens = sequences * queries;
  const half = HALF_BYTES;
  norm(costs, 12, tokens * width, width);
  if (experts > 1)
    set(
      costs,
      13,
      2 * tokens * width * experts,
      width * experts * half,
      tokens * (width + experts) * half,
      0,
    );
  else set(costs, 13, 0, 0, 0, 0);
  quantize(costs, 14, tokens * width, linearInput);

  const touched = experts === active ? active : expectedExpertsTouched(experts, active, tokens);
  const ffnFlops = 2 * tokens * width * hidden;
  const ffnWeights = (touched / active) * width * hidden * weight;
  const gated = matrices === 3;
  const input = tokens * width * linearInput;
  const output = tokens * hidden * half;
  if (gated) set(costs, 15, ffnFlops, ffnWeights, input + output, 0);
  else set(costs, 15, 0, 0, 0, 0);
  set(costs, 16, ffnFlops, ffnWeights, gated ? output : input + output, 0);
  set(costs, 17, 5 * tokens * hidden, 0, (gated ? 3 : 2) * output, 0);
  quantize(costs, 18, tokens * hidden, linearInput);
  set(costs, 19, ffnFlops, ffnWeights, tokens * (hidden * linearInput + width * half), 0);
  residual(costs, 20, tokens * width);
}

/** The rows of the LM head and what comes before it, for one position of each sequence. */
export function fillHead(
  costs: Float64Array,
  width: number,
  vocabulary: number,
  { sequences }: Pass,
  { linearInput, head }: PrecisionBytes,
): void {
  if (vocabulary > 0) {
    norm(costs, 21, sequences * width, width);
    quantize(costs, 22, sequences * width, linearInput);
    const logits = sequences * (width * linearInput + vocabulary * HALF_BYTES);
    set(costs, 23, 2 * sequences * width * vocabulary, width * vocabulary * head, logits, 0);
  } else {
    for (const operator of [21, 22, 23]) set(costs, operator, 0, 0, 0, 0);
  }
}

/** One row of `costs`, apart from its growth with the context. */
function set(
  costs: Float64Array,
  operator: number,
  flops: number,
  weightBytes: number,
  activationBytes: number,
  kvBytes: number,
): void {
  const at = operator * FIELDS;
  costs[at + FLOPS] = flops;
  costs[at + WEIGHTS] = weightBytes;
  costs[at + ACTIVATIONS] = activationBytes;
  costs[at + KV] = kvBytes;
}

/** What a row gains with each token of context. */
function grow(
  costs: Float64Array,
  operator: number,
  flops: number,
  activationBytes: number,
  kvBytes: number,
): void {
  const at = operator * FIELDS;
  costs[at + FLOPS_SLOPE] = flops;
  costs[at + ACTIVATIONS_SLOPE] = activationBytes;
  costs[at + KV_SLOPE] = kvBytes;
}

function norm(costs: Float64Array, operator: number, elements: number, width: number): void {
  set(costs, operator, 4 * elements, width * HALF_BYTES, 2 * elements * HALF_BYTES, 0);
}

function residual(costs: Float64Array, operator: number, elements: number): void {
  set(costs, operator, elements, 0, 3 * elements * HALF_BYTES, 0);
}

function quantize(costs: Float64Array, operator: number, elements: number, bytes: number): void {
  if (bytes < HALF_BYTES) set(costs, operator, 2 * elements, 0, elements * (HALF_BYTES + bytes), 0);
  else set(costs, operator, 0, 0, 0, 0);
}
