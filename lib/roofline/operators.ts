import type { GroupedAttention, LatentAttention, LayeredModel, LayerGroup, LinearAttention } from '../layers';
import { RECURRENCE_FLOPS, stateBytes } from '../layers';
import { HALF_BYTES as HALF, type PrecisionBytes } from '../workload';
import {
  ACTIVATIONS,
  ACTIVATIONS_SLOPE,
  type AttentionForm,
  FIELDS,
  FLOPS,
  FLOPS_SLOPE,
  fillAttention,
  fillFfn,
  fillHead,
  isExpertProduct,
  KV,
  KV_SLOPE,
  makeCosts,
  type OperatorName,
  operatorNames,
  type Pass,
  WEIGHTS,
} from './costs';

/** Parts of a model whose linear layers a checkpoint may store in different precisions. */
export type StoredPart = 'attention' | 'ffn' | 'head';
/** What the precision of each part means. */
export type PartBytes = Record<StoredPart, PrecisionBytes>;
/** Which linear layers an operator belongs to; experts are the products of an FFN of which each token uses some. */
export type Part = StoredPart | 'experts';

/** What one operator of one layer does in a pass with context c. */
export interface Operator {
  name: OperatorName;
  part: Part;
  flops: number;
  weightBytes: number;
  activationBytes: number;
  kvBytes: number;
  /** Growth per token of context, up to a window for arithmetic and activations, and one for keys and values. */
  flopsSlope: number;
  activationSlope: number;
  kvSlope: number;
  window: number;
  kvWindow: number;
}

/** The operators of one layer of a group in one pass, in the order in which they run. */
export function layerOperators(
  { attention, ffn }: LayerGroup,
  width: number,
  pass: Pass,
  bytes: PartBytes,
  form: AttentionForm,
): Operator[] {
  const operators: Operator[] = [];
  if (attention.kind === 'latent') operators.push(...latent(attention, width, pass, bytes.attention, form));
  else if (attention.kind === 'linear') operators.push(...linear(attention, width, pass, bytes.attention));
  else if (attention.kind !== 'none')
    operators.push(...grouped(attention, width, pass, bytes.attention, form));
  if (ffn.kind === 'dense')
    operators.push(
      ...fill('ffn', 12, 21, (c) => fillFfn(c, width, ffn.size, 1, 1, ffn.matrices, pass, bytes.ffn)),
    );
  if (ffn.kind === 'experts') operators.push(...experts(ffn, width, pass, bytes.ffn));
  return operators;
}

/** The operators after the last layer. */
export function headOperators(model: LayeredModel, pass: Pass, bytes: PartBytes): Operator[] {
  const width = model.headWidth ?? model.width;
  return fill('head', 21, 24, (costs) => fillHead(costs, width, model.vocabulary, pass, bytes.head));
}

/** Rows `from` to `to` of what `write` puts into a table of costs. */
function fill(part: Part, from: number, to: number, write: (costs: Float64Array) => void): Operator[] {
  const costs = makeCosts();
  write(costs);
  return operatorNames.slice(from, to).map((name, i) => {
    const at = (from + i) * FIELDS;
    return {
      name,
      part,
      flops: costs[at + FLOPS],
      weightBytes: costs[at + WEIGHTS],
      activationBytes: costs[at + ACTIVATIONS],
      kvBytes: costs[at + KV],
      flopsSlope: costs[at + FLOPS_SLOPE],
      activationSlope: costs[at + ACTIVATIONS_SLOPE],
      kvSlope: costs[at + KV_SLOPE],
      window: Number.POSITIVE_INFINITY,
      kvWindow: Number.POSITIVE_INFINITY,
    };
  });
}

function grouped(
  attention: GroupedAttention,
  width: number,
  pass: Pass,
  bytes: PrecisionBytes,
  form: AttentionForm,
): Operator[] {
  const { kind, heads, headDim, kvHeads, window = 1, gated, valuesAreKeys, cache = 'own' } = attention;
  const rows = fill('attention', 0, 12, (costs) =>
    fillAttention(costs, width, heads, headDim, kvHeads, pass, bytes, form),
  );
  for (const row of rows) {
    const isKey = row.name === 'keyProjection';
    const isValue = row.name === 'valueProjection';
    if ((isKey || isValue) && cache === 'shared') clear(row);
    if (isValue && valuesAreKeys) Object.assign(row, { flops: 0, weightBytes: 0 });
    if (cache === 'none') {
      row.activationBytes += (row.kvBytes / bytes.kv) * HALF;
      row.activationSlope += (row.kvSlope / bytes.kv) * HALF;
      row.kvBytes = 0;
      row.kvSlope = 0;
    }
    if (kind === 'window') {
      row.window = window;
      // The last of the queries looks back `window` tokens, the first as far from where it stands.
      row.kvWindow = window + pass.queries - 1;
    }
  }
  if (gated) rows.push(project('queryGateProjection', 'attention', width, heads * headDim, pass, bytes));
  return rows;
}

function clear(row: Operator): void {
  Object.assign(row, { flops: 0, weightBytes: 0, activationBytes: 0, kvBytes: 0 });
}

/** Latent attention: expanded where several tokens of a sequence pass at once, absorbed where one does. */
function latent(
  { heads, queryRank, rank, rotary, key, value }: LatentAttention,
  width: number,
  pass: Pass,
  bytes: PrecisionBytes,
  form: AttentionForm,
): Operator[] {
  const { sequences, queries } = pass;
  const tokens = sequences * queries;
  const query = heads * (key + rotary);
  const at = (name: OperatorName, inputs: number, outputs: number) =>
    project(name, 'attention', inputs, outputs, pass, bytes);
  const norms = fill('attention', 0, 12, (c) =>
    fillAttention(c, width, heads, value, heads, pass, bytes, form),
  );
  const plain = (name: OperatorName) => norms.find((row) => row.name === name)!;
  const isDecode = queries === 1;
  const down = at('latentProjection', width, rank + rotary);
  const write = tokens * (rank + rotary) * bytes.kv;
  // One block of the expansion per head, keys and values apart.
  const expand = (name: OperatorName, size: number): Operator => ({
    ...make(name, 'attention'),
    flops: 2 * tokens * rank * heads * size,
    weightBytes: rank * heads * size * bytes.weight,
    activationBytes: tokens * heads * (isDecode ? rank + size : size) * HALF,
  });
  const [scored, weighted] = isDecode ? [rank + rotary, rank] : [key + rotary, value];
  const read = sequences * (isDecode ? rank + rotary : 0) * bytes.kv;
  const expanded = (size: number) => (isDecode ? 0 : sequences * heads * size * HALF);
  const score = {
    flopsSlope: 2 * tokens * heads * scored,
    activationBytes: tokens * heads * scored * HALF,
    activationSlope: expanded(scored),
  };
  const weigh = {
    flopsSlope: 2 * tokens * heads * weighted,
    activationBytes: tokens * heads * weighted * HALF,
    activationSlope: expanded(weighted),
  };
  const scores = tokens * heads;
  const attend: Operator[] =
    form === 'fused'
      ? [
          {
            ...make('attention', 'attention'),
            flopsSlope: score.flopsSlope + weigh.flopsSlope + 5 * scores,
            activationBytes: score.activationBytes + weigh.activationBytes,
            activationSlope: score.activationSlope + weigh.activationSlope,
            kvSlope: read,
          },
        ]
      : [
          {
            ...make('scores', 'attention'),
            ...score,
            activationSlope: score.activationSlope + scores * HALF,
            kvSlope: read,
          },
          { ...make('softmax', 'attention'), flopsSlope: 5 * scores, activationSlope: 2 * scores * HALF },
          {
            ...make('weightedValues', 'attention'),
            ...weigh,
            activationSlope: weigh.activationSlope + scores * HALF,
            kvSlope: read && (read * rank) / (rank + rotary),
          },
        ];
  return [
    plain('attentionNorm'),
    plain('quantizeAttentionInput'),
    ...(queryRank > 0
      ? [at('queryDownProjection', width, queryRank), at('queryUpProjection', queryRank, query)]
      : [at('queryProjection', width, query)]),
    { ...down, kvBytes: write, activationBytes: 0 },
    expand('keyUpProjection', key),
    expand('valueUpProjection', value),
    ...attend,
    plain('quantizeAttentionOutput'),
    plain('outputProjection'),
    plain('attentionResidual'),
  ];
}

/** Projections, a short convolution, a recurrence whose state is read and written once a pass, and the way back. */
function linear(attention: LinearAttention, width: number, pass: Pass, bytes: PrecisionBytes): Operator[] {
  const { inputs, outputs, state, channels, taps } = attention;
  const tokens = pass.sequences * pass.queries;
  const rows = fill('attention', 0, 12, (c) => fillAttention(c, width, 1, outputs, 1, pass, bytes, 'fused'));
  const plain = (name: OperatorName) => rows.find((row) => row.name === name)!;
  const recurrent = state * 4;
  return [
    plain('attentionNorm'),
    plain('quantizeAttentionInput'),
    project('inputProjection', 'attention', width, inputs, pass, bytes),
    {
      ...make('convolution', 'attention'),
      flops: 2 * tokens * channels * taps,
      weightBytes: channels * taps * HALF,
      activationBytes: 2 * tokens * channels * HALF,
      kvBytes: 2 * pass.sequences * (stateBytes(attention) - recurrent),
    },
    {
      ...make('recurrence', 'attention'),
      flops: RECURRENCE_FLOPS * tokens * state,
      activationBytes: state > 0 ? tokens * (inputs + outputs) * HALF : 0,
      kvBytes: 2 * pass.sequences * recurrent,
    },
    plain('quantizeAttentionOutput'),
    plain('outputProjection'),
    plain('attentionResidual'),
  ];
}

/** A mixture of experts, and beside it what every token uses. */
function experts(
  ffn: Extract<LayerGroup['ffn'], { kind: 'experts' }>,
  width: number,
  pass: Pass,
  bytes: PrecisionBytes,
): Operator[] {
  const { size, experts: all, activeExperts, matrices, shared = 0, width: inner = width } = ffn;
  const rows = fill('ffn', 12, 21, (c) => fillFfn(c, inner, size, all, activeExperts, matrices, pass, bytes));
  if (all > 1) for (const row of rows) if (isExpertProduct(row.name)) row.part = 'experts';
  if (inner !== width) {
    // Norm, router and residual work in the width of the model.
    const outer = fill('ffn', 12, 21, (c) =>
      fillFfn(c, width, size, all, activeExperts, matrices, pass, bytes),
    );
    for (const i of [0, 1, 8]) rows[i] = outer[i];
    rows.push(project('expertDownProjection', 'ffn', width, inner, pass, bytes));
    rows.push(project('expertUpProjection', 'ffn', inner, width, pass, bytes));
  }
  if (shared > 0) {
    const names: Partial<Record<OperatorName, OperatorName>> = {
      gateProjection: 'sharedGateProjection',
      upProjection: 'sharedUpProjection',
      activation: 'sharedActivation',
      downProjection: 'sharedDownProjection',
    };
    for (const row of fill('ffn', 12, 21, (c) => fillFfn(c, width, shared, 1, 1, matrices, pass, bytes)))
      if (names[row.name]) rows.push({ ...row, name: names[row.name]! });
  }
  return rows;
}

/** A projection of `inputs` numbers to `outputs`. */
export function project(
  name: OperatorName,
  part: Part,
  inputs: number,
  outputs: number,
  { sequences, queries }: Pass,
  { weight, linearInput }: PrecisionBytes,
): Operator {
  const tokens = sequences * queries;
  return {
    ...make(name, part),
    flops: 2 * tokens * inputs * outputs,
    weightBytes: inputs * outputs * weight,
    activationBytes: tokens * (inputs * linearInput + outputs * HALF),
  };
}

function make(name: OperatorName, part: Part): Operator {
  const none = { flops: 0, weightBytes: 0, activationBytes: 0, kvBytes: 0 };
  const slopes = { flopsSlope: 0, activationSlope: 0, kvSlope: 0 };
  return {
    name,
    part,
    ...none,
    ...slopes,
    window: Number.POSITIVE_INFINITY,
    kvWindow: Number.POSITIVE_INFINITY,
  };
}
