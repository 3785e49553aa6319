/** Node only: results of the library as data frames, one row a thing, for danfo's verbs. */
import type { DataFrame } from 'danfojs-node';
import { type Architecture, activationRate, kvDimension, parameters } from '../architecture';
import type { AuditedClaim } from '../audit/audit';
import { refuse } from '../errors';
import type { Model } from '../files/data';
import type { Candidate } from '../frontier/search';
import type { Fit } from '../law/fit/fit';
import type { Runs } from '../law/fit/runs';
import { type Comparison, percentError } from '../measured/compare';
import type { Measurement } from '../measured/measurement';
import type { Latency } from '../roofline/roofline';

// What danfo's verbs return has names here: where the package is installed, TypeScript can name it in no other way.
export type {
  DataFrame as Frame,
  Dt as Dates,
  NDframe as FrameOrSeries,
  Series,
  Str as Strings,
} from 'danfojs-node/dist/danfojs-base';
export type { default as Grouped } from 'danfojs-node/dist/danfojs-base/aggregators/groupby';
export type { DataFrame };

/** One row: plain column names with their units, numbers as numbers. */
export type Row = Record<string, string | number | boolean>;

/** What becomes a frame: a list of things of one kind, or a thing that is a list. */
export type Framed =
  | readonly Candidate[]
  | readonly Architecture[]
  | readonly Model[]
  | readonly Measurement[]
  | readonly Comparison[]
  | readonly AuditedClaim[]
  | readonly Row[]
  | Runs
  | Fit
  | Latency;

/**
 * A data frame, one row a thing: architectures, points with loss and latency, models, runs, the parameters of
 * a fit, the operators of a latency, measurements, comparisons, claims, or rows as they are.
 *
 * @example frame(candidates).shape[0] // 1942
 */
export function frame(things: Framed): DataFrame {
  danfo ??= loadDanfo();
  return new danfo.DataFrame(rowsOf(things));
}

let danfo: typeof import('danfojs-node') | undefined;

/**
 * danfo, loaded where the first frame is made. Much of what it would load takes longer than itself: of mathjs it needs
 * five statistics, which `mathjs/number`, loaded for formulas, has as well; what reads spreadsheets and the network is
 * loaded when it is asked for.
 */
function loadDanfo(): typeof import('danfojs-node') {
  const paths = [require.resolve('danfojs-node')];
  const [mathjs, xlsx, request] = ['mathjs', 'xlsx', 'request'].map((name) =>
    require.resolve(name, { paths }),
  );
  const substitutes = {
    [mathjs]: require('mathjs/number'),
    [xlsx]: onDemand(xlsx),
    [request]: onDemand(request),
  };
  const replaced = Object.keys(substitutes).filter((filename) => require.cache[filename] === undefined);
  for (const filename of replaced)
    require.cache[filename] = { exports: substitutes[filename], loaded: true } as NodeJS.Module;
  try {
    return require('danfojs-node');
  } finally {
    for (const filename of replaced) delete require.cache[filename];
  }
}

/** Stands for a module that is loaded as soon as something of it is asked for. */
function onDemand(filename: string): object {
  return new Proxy(() => {}, {
    get: (_, key) => (key === '__esModule' ? undefined : require(filename)[key]),
    apply: (_, self, args) => Reflect.apply(require(filename), self, args),
  });
}

function rowsOf(things: Framed): Row[] {
  if (!Array.isArray(things)) return rowsWithin(things as Runs | Fit | Latency);
  const [first] = things;
  if (first === undefined) refuse('a frame of nothing has no columns: the list is empty');
  const is = (...keys: string[]) => keys.every((key) => key in first);
  if (is('architecture', 'loss', 'latencySeconds')) return things.map(pointRow);
  if (is('architecture', 'publishedParameters')) return things.map(modelRow);
  if (is('measurement', 'predictedSeconds')) return things.map(comparisonRow);
  if (is('device', 'engine', 'packing')) return things.map(measurementRow);
  if (is('says', 'verdict')) return things.map(claimRow);
  if (is('depth', 'width', 'headDim', 'ffnRatio')) return things.map(sizedRow);
  if (typeof first !== 'object') refuse(`a frame is made of rows, not of ${JSON.stringify(first)}`);
  return things;
}

function rowsWithin(thing: Runs | Fit | Latency): Row[] {
  if ('isTraining' in thing) return runRows(thing);
  if ('starts' in thing) return fitRows(thing);
  return (['prefill', 'decode'] as const).flatMap((phase) =>
    thing[phase].operators.map(({ name, seconds, flops, weightBytes, activationBytes, kvBytes, bound }) => ({
      ...{ phase, operator: name, 'time, ms': 1000 * seconds, GFLOP: flops / 1e9 },
      ...{ MB: (weightBytes + activationBytes + kvBytes) / 1e6, bound },
    })),
  );
}

function architectureRow(architecture: Architecture): Row {
  const { depth, width, heads, kvHeads, ffnRatio, experts, activeExperts } = architecture;
  return {
    depth,
    width,
    heads,
    'KV heads': kvHeads,
    'FFN ratio': ffnRatio,
    experts,
    'active experts': activeExperts,
  };
}

function sizedRow(architecture: Architecture): Row {
  const { total, active } = parameters(architecture);
  return {
    ...architectureRow(architecture),
    ...{ 'KV dimension': kvDimension(architecture), 'activation rate': activationRate(architecture) },
    ...{ 'parameters, M': total / 1e6, 'active, M': active / 1e6 },
  };
}

function pointRow({ architecture, loss, latencySeconds }: Candidate): Row {
  return { ...architectureRow(architecture), 'latency, ms': 1000 * latencySeconds, 'loss, nats': loss };
}

function modelRow({ name, architecture, publishedParameters }: Model): Row {
  const published = publishedParameters / 1e6;
  return { model: name, ...sizedRow(architecture), 'published, M': published };
}

function measurementRow(measurement: Measurement): Row {
  const { model, device, engine, precision, packing, workload, ...timed } = measurement;
  const milliseconds = (seconds: number | undefined) => (seconds === undefined ? Number.NaN : 1000 * seconds);
  return {
    ...{ model, board: device.id, engine, version: timed.engineVersion, precision },
    ...{ 'bytes a weight': packing.weight, batch: workload.batch },
    ...{ 'tokens in': workload.inputTokens, 'tokens out': workload.outputTokens },
    'prefill, ms': milliseconds(timed.prefillSeconds),
    'decode, ms a token': milliseconds(timed.decodeSecondsPerToken),
    'total, ms': milliseconds(timed.totalSeconds),
  };
}

function comparisonRow(comparison: Comparison): Row {
  const { measurement, quantity, measuredSeconds, predictedSeconds } = comparison;
  const { model, board, engine, version, precision, batch } = measurementRow(measurement);
  return {
    ...{ model, board, engine, version, precision, batch, quantity },
    ...{ 'measured, ms': 1000 * measuredSeconds, 'predicted, ms': 1000 * predictedSeconds },
    'error, %': percentError(comparison),
  };
}

function claimRow({ id, part, place, says, paper, ours, verdict, value, isOurs }: AuditedClaim): Row {
  const whose = isOurs ? 'ours' : 'the paper';
  return { id, part, place, says, whose, paper, ours, verdict, value: value ?? Number.NaN };
}

function runRows({ columns, loss, isTraining }: Runs): Row[] {
  return Array.from(loss, (value, row) => ({
    ...Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[row]])),
    ...{ 'loss, nats': value, set: isTraining[row] ? 'training' : 'validation' },
  }));
}

function fitRows({ parameters, standardErrors }: Fit): Row[] {
  return Object.entries(parameters).map(([parameter, value]) => ({
    ...{ parameter, value, 'standard error': standardErrors[parameter] ?? Number.NaN },
  }));
}
