import type { Architecture, Parameters } from '../architecture';
import { millions } from '../figures/theme';
import type { Candidate } from '../frontier/search';
import type { Fit } from '../law/fit/fit';
import type { Law, Loss } from '../law/law';
import type { ErrorSummary } from '../measured/compare';
import type { Latency, Setting } from '../roofline/roofline';

/** Text for people, where `--json` is for programs. */
export function describeLatency(latency: Latency, { device, workload, precision }: Setting): string {
  const { memory } = latency;
  const rows = (['prefill', 'decode'] as const).map((name) => {
    const phase = latency[name];
    const bytes = phase.weightBytes + phase.activationBytes + phase.kvBytes;
    return [
      name,
      milliseconds(phase.seconds),
      `${scaled(phase.flops)}FLOP`,
      `${scaled(bytes)}B`,
      `${phase.intensity.toPrecision(3)} FLOP/B`,
      `${phase.bound}-bound`,
    ];
  });
  const { batch, inputTokens, outputTokens } = workload;
  return [
    `${device.name}, ${precision}, batch ${batch}, ${inputTokens} tokens in, ${outputTokens} out`,
    ...columns([...rows, ['total', milliseconds(latency.totalSeconds)]]),
    `memory ${scaled(memory.weightBytes)}B weights + ${scaled(memory.kvCacheBytes)}B KV cache` +
      `${memory.stateBytes === undefined ? '' : ` + ${scaled(memory.stateBytes)}B states`}, ` +
      (device.memoryCapacityBytes === null
        ? 'the capacity of the board is not published'
        : `${memory.fits ? 'fits' : 'does NOT fit'} in ${scaled(device.memoryCapacityBytes)}B`),
    ...(latency.prefill.operators.length === 0
      ? []
      : ['', 'where the time goes:', ...columns(operatorRows(latency))]),
  ].join('\n');
}

function operatorRows({ prefill, decode }: Latency): string[][] {
  const names = [...new Set([...prefill.operators, ...decode.operators].map(({ name }) => name))];
  const cell = (phase: Latency['prefill'], name: string) => {
    const same = phase.operators.filter((o) => o.name === name);
    if (same.length === 0) return ['–', ''];
    const longest = same.reduce((a, b) => (b.seconds > a.seconds ? b : a));
    return [milliseconds(same.reduce((sum, o) => sum + o.seconds, 0)), longest.bound];
  };
  return [
    ['', 'prefill', '', 'decode', ''],
    ...names.map((name) => [name, ...cell(prefill, name), ...cell(decode, name)]),
  ];
}

export function describeLoss({ loss, terms }: Loss, law: Law): string {
  const rows = Object.entries(terms).map(([name, value]) => [name, value.toFixed(6)]);
  return [
    ...columns([...rows, ['loss', `${loss.toFixed(6)} nats per token`]]),
    `law: ${law.name ?? law.formula}`,
  ].join('\n');
}

export function describeFit(fit: Fit, intervals?: Record<string, [number, number]>): string {
  const rows = Object.entries(fit.parameters).map(([name, value]) => [
    name,
    value.toPrecision(6),
    fit.held[name] ?? (name in fit.standardErrors ? `± ${fit.standardErrors[name].toPrecision(2)}` : 'fixed'),
    ...(intervals?.[name] ? [intervals[name].map((end) => end.toPrecision(4)).join(' … ')] : []),
  ]);
  const converged = fit.starts.filter((start) => start.converged).length;
  const { train, validation } = fit.r2;
  return [
    `${fit.law.formula}, of the columns ${fit.law.variables.join(', ')}`,
    ...columns(rows),
    ...describeSigns(fit.signs),
    `R² ${train.toFixed(4)} on training rows${validation === null ? '' : `, ${validation.toFixed(4)} on validation rows`}; RMSE ${fit.rmse.toPrecision(4)}`,
    `Jacobian condition number ${fit.conditionNumber.toPrecision(3)}`,
    ...fit.unidentified
      .filter(({ parameter }) => !(parameter in fit.held))
      .map(
        ({ parameter, relativeError, tradesOffWith }) =>
          `not identified: ${parameter} (standard error ${describeShare(relativeError)} its size` +
          `${tradesOffWith.length > 0 ? `; trades off with ${tradesOffWith.join(', ')}` : ''})`,
      ),
    ...fit.collinear.map(
      ({ parameters, conditionIndex }) =>
        `cannot be told apart: ${parameters.join(', ')} (condition index ${conditionIndex.toPrecision(3)})`,
    ),
    `${converged} of ${fit.starts.length} starts converged, ${fit.seconds.toFixed(1)} s on ${fit.backend}`,
  ].join('\n');
}

/** Which parameters could not be negative; where none could, only that. */
function describeSigns(signs: Fit['signs']): string[] {
  const of = (sign: 'positive' | 'either') => Object.keys(signs).filter((name) => signs[name] === sign);
  const parts = [
    ...(of('positive').length > 0 ? [`taken as positive: ${of('positive').join(', ')}`] : []),
    ...(of('either').length > 0 ? [`of either sign: ${of('either').join(', ')}`] : []),
  ];
  return [parts.join('; ')];
}

function describeShare(share: number): string {
  return share < 100 ? `${(100 * share).toFixed(0)} % of` : 'more than 100 times';
}

export function describeFrontier(
  points: readonly Candidate[],
  candidates: number | string,
  objective: string,
  what = 'candidates',
): string {
  const head = [`${objective}`, 'loss', 'depth', 'width', 'r', 'E', 'K', 'kvHeads'];
  const rows = points.map(({ architecture: a, loss, latencySeconds }) => [
    milliseconds(latencySeconds),
    loss.toFixed(4),
    ...[a.depth, a.width, Number(a.ffnRatio.toPrecision(3)), a.experts, a.activeExperts, a.kvHeads].map(
      String,
    ),
  ]);
  return [...columns([head, ...rows]), `${points.length} of ${candidates} ${what} are Pareto-optimal`].join(
    '\n',
  );
}

function milliseconds(seconds: number): string {
  return `${(1000 * seconds).toPrecision(4)} ms`;
}

function scaled(value: number): string {
  const power = value < 1000 ? 0 : Math.min(5, Math.floor(Math.log10(value) / 3));
  return `${(value / 1000 ** power).toPrecision(3)} ${['', 'k', 'M', 'G', 'T', 'P'][power]}`;
}

/** Rows of cells as lines, cells padded to the width of their column. */
export function columns(rows: string[][]): string[] {
  const widths = rows.reduce<number[]>(
    (widest, row) =>
      row.map((cell, c) => Math.max(widest[c] ?? 0, cell.length)).concat(widest.slice(row.length)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, c) => cell.padEnd(widths[c] + 2))
      .join('')
      .trimEnd(),
  );
}

/** Sizes and parameters of an architecture, a row each. */
export function describeArchitecture(architecture: Architecture, counts: Parameters): string[][] {
  const { depth, width, heads, headDim, kvHeads, ffnRatio, experts, activeExperts } = architecture;
  const { total, active, embedding } = counts;
  return [
    ['depth', `${depth}`],
    ['width', `${width}`],
    ['heads', `${heads} of ${headDim}, ${kvHeads} for keys and values`],
    ['FFN ratio', `${Number(ffnRatio.toPrecision(4))}`],
    ...(experts > 1 ? [['experts', `${experts}, ${activeExperts} active`]] : []),
    ['parameters', `${millions(total)}, ${millions(active)} active, ${millions(embedding)} embedding`],
  ];
}

/** What `describeErrors` says, in its order. */
export const ERROR_COLUMNS = ['', 'rows', 'median error', 'mean error', 'Spearman', 'bias'];

/** Errors of predictions as a row of cells. */
export function describeErrors(name: string, rows: string, errors: ErrorSummary): string[] {
  const percent = (value: number | null) => (value === null ? '–' : `${value.toFixed(1)} %`);
  const { medianAbsolutePercentError, meanAbsolutePercentError, spearman, bias } = errors;
  return [
    name,
    rows,
    percent(medianAbsolutePercentError),
    percent(meanAbsolutePercentError),
    spearman === null ? '–' : spearman.toFixed(3),
    percent(bias),
  ];
}
