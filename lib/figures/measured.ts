import { quantile } from 'simple-statistics';
import type { FrontierCheck } from '../measure/frontier-check';
import { type Comparison, percentError } from '../measured/compare';
import type { Measurement } from '../measured/measurement';
import type { Figure } from './figure';
import { axis, colours, equalityLine, makeLayout, millisecondsAxis } from './theme';

const BOARD_COLOURS = [
  colours.blue,
  colours.orange,
  colours.green,
  colours.purple,
  colours.sky,
  colours.yellow,
  colours.black,
];
const SYMBOLS = { prefill: 'circle', decode: 'circle', total: 'diamond-open' } as const;

/**
 * Predicted against measured, prefill and decode apart, one colour per board (or what `by` tells apart), the source
 * on hover.
 *
 * @example predictedAgainstMeasured(comparisons, { name: 'mine', title: 'A title', note: 'a note' }).name // 'mine'
 */
export function predictedAgainstMeasured(
  comparisons: readonly Comparison[],
  {
    name,
    title,
    note,
    by = ({ device }) => device.id,
  }: { name: string; title: string; note: string; by?: (measurement: Measurement) => string },
): Figure {
  const boards = [...new Set(comparisons.map(({ measurement }) => by(measurement)))].sort();
  const panels = [
    comparisons.filter(({ quantity }) => quantity === 'prefill'),
    comparisons.filter(({ quantity }) => quantity !== 'prefill'),
  ];
  const data = panels.flatMap((panel, p) => [
    ...boards.map((board, b) => {
      const points = panel.filter(({ measurement }) => by(measurement) === board);
      return {
        type: 'scatter',
        mode: 'markers',
        name: board.replace('jetson-', ''),
        legendgroup: board,
        showlegend: p === 1,
        xaxis: `x${p + 1}`,
        yaxis: `y${p + 1}`,
        x: points.map(({ measuredSeconds }) => 1000 * measuredSeconds),
        y: points.map(({ predictedSeconds }) => 1000 * predictedSeconds),
        text: points.map(describe),
        hovertemplate: '%{text}<br>measured %{x:.3g} ms, predicted %{y:.3g} ms<extra></extra>',
        marker: {
          color: BOARD_COLOURS[b % BOARD_COLOURS.length],
          symbol: points.map(({ quantity }) => SYMBOLS[quantity]),
          size: 7,
          opacity: 0.75,
        },
      };
    }),
    ...equality(panel, p),
  ]);
  return {
    name,
    data,
    layout: makeLayout(title, note, {
      grid: { rows: 1, columns: 2, pattern: 'independent', xgap: 0.14 },
      xaxis: millisecondsAxis('measured prefill, ms', { dtick: 1 }),
      yaxis: millisecondsAxis('predicted prefill, ms', { dtick: 1 }),
      xaxis2: millisecondsAxis('measured decode, ms per token', { dtick: 1 }),
      yaxis2: millisecondsAxis('predicted decode, ms per token', { dtick: 1 }),
      height: 500,
    }),
  };
}

function equality(panel: readonly Comparison[], p: number): Record<string, unknown>[] {
  if (panel.length === 0) return [];
  const all = panel.flatMap(({ measuredSeconds, predictedSeconds }) => [measuredSeconds, predictedSeconds]);
  const ends = [800 * Math.min(...all), 1250 * Math.max(...all)];
  return [{ ...equalityLine(ends), xaxis: `x${p + 1}`, yaxis: `y${p + 1}`, showlegend: p === 1 }];
}

function describe({ measurement }: Comparison): string {
  const { id, label, engine, engineVersion, device, workload, source } = measurement;
  const { batch, inputTokens, outputTokens } = workload;
  return [
    `${label} · ${engine} ${engineVersion} · ${device.id}`,
    `batch ${batch}, ${inputTokens} in, ${outputTokens} out · ${id}`,
    source.length > 90 ? `${source.slice(0, 90)}…` : source,
  ].join('<br>');
}

/**
 * Median error and middle half of groups of comparisons, before and after calibration.
 *
 * @example errorsByGroup([{ name: 'all', before: comparisons, after: comparisons }], { before: 'ideal',
 *   after: 'ideal', note: 'a note' }).name // 'errors-by-group'
 */
export function errorsByGroup(
  groups: readonly { name: string; before: readonly Comparison[]; after: readonly Comparison[] }[],
  { before, after, note }: { before: string; after: string; note: string },
): Figure {
  const labels = groups.map(({ name, before: own }) => `${name} (${own.length})`);
  const series = (
    name: string,
    read: (group: (typeof groups)[number]) => readonly Comparison[],
    color: string,
    symbol: string,
  ) => {
    const errors = groups.map((group) => read(group).map((c) => Math.abs(percentError(c))));
    const at = (q: number) => errors.map((each) => quantile(each, q));
    const middle = at(0.5);
    return {
      type: 'scatter',
      mode: 'markers',
      name,
      y: labels,
      x: middle,
      error_x: {
        type: 'data',
        symmetric: false,
        array: at(0.75).map((value, i) => value - middle[i]),
        arrayminus: at(0.25).map((value, i) => middle[i] - value),
        color,
        thickness: 1.5,
        width: 0,
      },
      marker: { color, symbol, size: 9 },
      hovertemplate: `%{y}, ${name}: median %{x:.1f} %<extra></extra>`,
    };
  };
  return {
    name: 'errors-by-group',
    data: [
      series(before, (group) => group.before, colours.grey, 'circle'),
      series(after, (group) => group.after, colours.blue, 'diamond'),
    ],
    layout: makeLayout('Errors by group', note, {
      xaxis: axis('absolute error, % of measured: median, and the middle half', { rangemode: 'tozero' }),
      yaxis: axis('', { autorange: 'reversed', type: 'category' }),
      height: 160 + 30 * groups.length,
      // Below the axis and its title, whatever the height.
      legend: { orientation: 'h', y: -60 / (30 * groups.length), yanchor: 'top', x: 0 },
    }),
  };
}

/**
 * A predicted frontier and its challengers, measured: loss against time, with three deviations to either side; open
 * marks are the predictions.
 *
 * @example frontierChecked(frontierHere(await measuredHere(), law()), 'a note').name // 'frontier-measured'
 */
export function frontierChecked({ points }: FrontierCheck, note: string): Figure {
  const roles = { frontier: colours.blue, challenger: colours.orange };
  const trace = (role: keyof typeof roles, which: 'measured' | 'predicted') => {
    const own = points.filter((point) => point.role === role);
    const isMeasured = which === 'measured';
    return {
      type: 'scatter',
      mode: 'markers',
      name: `${role}, ${which}`,
      x: own.map((point) => 1000 * point[`${which}Seconds`]),
      y: own.map(({ loss }) => loss),
      text: own.map(({ id }) => id),
      hovertemplate: '%{text}<br>%{x:.4~g} ms, loss %{y:.4f}<extra></extra>',
      marker: { color: roles[role], symbol: isMeasured ? 'circle' : 'circle-open', size: 9 },
      ...(isMeasured
        ? { error_x: { type: 'data', array: own.map((p) => 3000 * p.deviationSeconds), thickness: 1.5 } }
        : {}),
    };
  };
  return {
    name: 'frontier-measured',
    data: (['frontier', 'challenger'] as const).flatMap((role) => [
      trace(role, 'predicted'),
      trace(role, 'measured'),
    ]),
    layout: makeLayout('The predicted frontier, measured', note, {
      xaxis: millisecondsAxis('total latency, ms'),
      yaxis: axis('predicted loss, nats per token'),
      height: 500,
    }),
  };
}
