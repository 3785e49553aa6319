import type { Comparison } from '../measured/compare';
import { featuresOf } from '../measured/features';
import { floorSeconds } from '../measured/predict';
import type { Profile } from '../roofline/profile';
import type { Figure } from './figure';
import { axis, colours, makeLayout, millisecondsAxis } from './theme';

/**
 * How much of the published bandwidth a decode step reaches, against the bytes that it must read.
 *
 * @example bandwidthReached(comparisons, 'a note').name // 'bandwidth-reached'
 */
export function bandwidthReached(comparisons: readonly Comparison[], note: string): Figure {
  const single = comparisons.filter(
    ({ quantity, measurement }) => quantity === 'decode' && measurement.workload.batch === 1,
  );
  const engines = [...new Set(single.map(({ measurement }) => measurement.engine))].sort();
  const shades = [colours.yellow, colours.sky, colours.blue, colours.purple, colours.orange, colours.green];
  const symbols = ['circle', 'square', 'diamond', 'triangle-up', 'cross', 'x'];
  return {
    name: 'bandwidth-reached',
    data: engines.map((engine, e) => {
      const points = single.filter(({ measurement }) => measurement.engine === engine);
      return {
        type: 'scatter',
        mode: 'markers',
        name: engine,
        x: points.map((c) => (floorSeconds(c) * c.measurement.device.bandwidthBytesPerSecond) / 1e9),
        y: points.map((c) => (100 * floorSeconds(c)) / c.measuredSeconds),
        text: points.map(({ measurement: { label, device } }) => `${label} · ${device.id}`),
        hovertemplate: '%{text}<br>%{x:.2f} GB a step, %{y:.0f} % of the bandwidth<extra></extra>',
        marker: {
          color: shades[e % shades.length],
          symbol: symbols[e % symbols.length],
          size: 8,
          opacity: 0.8,
        },
      };
    }),
    layout: makeLayout('Small models do not reach the bandwidth of their board', note, {
      xaxis: millisecondsAxis('weights and KV cache read in a decode step, GB', { tickformat: '~r' }),
      yaxis: axis('share of the published bandwidth, %', { range: [0, 110] }),
    }),
  };
}

/**
 * Where the time of a decode step goes under a profile, part by part, beside what was measured.
 *
 * @example decodeParts(comparisons.filter(({ quantity }) => quantity === 'decode').slice(0, 3),
 *   () => idealProfile, 'a note').name // 'decode-parts'
 */
export function decodeParts(
  comparisons: readonly Comparison[],
  choose: (comparison: Comparison) => Profile,
  note: string,
): Figure {
  const rows = comparisons.map((comparison) => {
    const profile = choose(comparison);
    const { launches, steps } = featuresOf(comparison);
    const bytes = floorSeconds(comparison);
    const launching = launches * profile.operatorOverheadSeconds;
    const stepping = steps * profile.stepOverheadSeconds;
    const work = comparison.predictedSeconds - launching - stepping;
    return { comparison, parts: [bytes, work - bytes, launching + stepping] };
  });
  const names = [
    'weights and KV cache at the published bandwidth',
    'the bandwidth and peaks that are not sustained',
    'fixed overhead of operators and steps',
  ];
  const shades = [colours.pale, colours.sky, colours.orange];
  const labels = rows.map(({ comparison: { measurement } }) =>
    measurement.label.replace(' (', '<br>(').replace(', ', '<br>'),
  );
  return {
    name: 'decode-parts',
    data: [
      ...names.map((name, part) => ({
        type: 'bar',
        name,
        x: labels,
        y: rows.map(({ parts }) => 1000 * parts[part]),
        marker: { color: shades[part] },
        hovertemplate: `${name}: %{y:.2f} ms<extra></extra>`,
      })),
      {
        type: 'scatter',
        mode: 'markers',
        name: 'measured',
        x: labels,
        y: rows.map(({ comparison }) => 1000 * comparison.measuredSeconds),
        marker: { color: colours.black, symbol: 'line-ew-open', size: 34, line: { width: 3 } },
        hovertemplate: 'measured %{y:.2f} ms<extra></extra>',
      },
    ],
    layout: makeLayout('Where a decode step of a small model goes', note, {
      barmode: 'stack',
      xaxis: axis('', { tickangle: 0 }),
      yaxis: axis('ms per token', { rangemode: 'tozero' }),
    }),
  };
}
