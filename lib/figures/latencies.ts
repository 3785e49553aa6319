import type { Architecture } from '../architecture';
import type { LatencyTable } from '../roofline/roofline';
import type { Figure } from './figure';
import { axis, colours, describeArchitecture, equalityLine, makeLayout, millisecondsAxis } from './theme';

/**
 * Prefill against decode latency of many architectures, dense and mixtures apart.
 *
 * @example latencySpread([qwen], rooflineLatencies(toTable([qwen]), setting), 'a note').name // 'latency-spread'
 */
export function latencySpread(
  architectures: readonly Architecture[],
  seconds: LatencyTable,
  note: string,
): Figure {
  const kinds: [string, (a: Architecture) => boolean, string, string][] = [
    ['dense', (a) => a.experts === 1, colours.grey, 'circle'],
    ['8 experts', (a) => a.experts === 8, colours.blue, 'diamond'],
    ['16 experts', (a) => a.experts === 16, colours.orange, 'triangle-up'],
  ];
  return {
    name: 'latency-spread',
    data: kinds.map(([name, belongs, color, symbol]) => {
      const rows = [...architectures.keys()].filter((i) => belongs(architectures[i]));
      return {
        type: 'scatter',
        mode: 'markers',
        name,
        x: rows.map((i) => 1000 * seconds.decodeSeconds[i]),
        y: rows.map((i) => 1000 * seconds.prefillSeconds[i]),
        text: rows.map((i) => describeArchitecture(architectures[i])),
        hovertemplate: '%{text}<br>prefill %{y:.3g} ms, decode %{x:.3g} ms<extra></extra>',
        marker: { color, symbol, size: 5, opacity: 0.65 },
      };
    }),
    layout: makeLayout('Prefill against decode', note, {
      xaxis: millisecondsAxis('decode of 16 tokens, ms'),
      yaxis: millisecondsAxis('prefill of 1,024 tokens, ms'),
    }),
  };
}

/**
 * The analytic model against the per-operator roofline, per phase, with the line of equality.
 *
 * @example analyticAgainstRoofline([qwen], rooflineLatencies(toTable([qwen]), setting),
 *   rooflineLatencies(toTable([qwen]), setting), 'a note').name // 'analytic-against-roofline'
 */
export function analyticAgainstRoofline(
  architectures: readonly Architecture[],
  analytic: LatencyTable,
  roofline: LatencyTable,
  note: string,
): Figure {
  const phases: ['prefillSeconds' | 'decodeSeconds', string, string, string][] = [
    ['prefillSeconds', 'prefill', colours.blue, 'circle'],
    ['decodeSeconds', 'decode', colours.orange, 'diamond'],
  ];
  const all = [...roofline.prefillSeconds, ...roofline.decodeSeconds].map((s) => 1000 * s);
  const ends = [Math.min(...all) / 1.5, Math.max(...all) * 1.2];
  return {
    name: 'analytic-against-roofline',
    data: [
      ...phases.map(([key, name, color, symbol]) => ({
        type: 'scatter',
        mode: 'markers',
        name,
        x: Array.from(roofline[key], (s) => 1000 * s),
        y: Array.from(analytic[key], (s) => 1000 * s),
        text: architectures.map(describeArchitecture),
        hovertemplate: '%{text}<br>roofline %{x:.3g} ms, analytic %{y:.3g} ms<extra></extra>',
        marker: { color, symbol, size: 4, opacity: 0.5 },
      })),
      equalityLine(ends),
    ],
    layout: makeLayout('The analytic model is the floor of the per-operator one', note, {
      xaxis: millisecondsAxis('per-operator roofline, ms'),
      yaxis: millisecondsAxis('analytic model (Eqs. 29, 37), ms'),
    }),
  };
}

/**
 * Distribution of the speed-up from fp16 to int8, by phase.
 *
 * @example precisionGain({ total: [1.7, 1.8] }, 'a note').name // 'int8-gain'
 */
export function precisionGain(gains: Record<string, ArrayLike<number>>, note: string): Figure {
  const shades = [colours.blue, colours.orange, colours.green];
  return {
    name: 'int8-gain',
    data: Object.entries(gains).map(([name, values], i) => ({
      type: 'histogram',
      name,
      x: Array.from(values),
      xbins: { start: 0.8, end: 2.1, size: 0.02 },
      marker: { color: shades[i] },
      opacity: 0.7,
      hovertemplate: `${name}: %{y} architectures at %{x}×<extra></extra>`,
    })),
    layout: makeLayout('int8 helps, but never by the factor of two of its peak', note, {
      barmode: 'overlay',
      xaxis: axis('fp16 latency / int8 latency', { range: [0.9, 2.05] }),
      yaxis: axis('architectures'),
      shapes: [
        {
          type: 'line',
          x0: 2,
          x1: 2,
          y0: 0,
          y1: 1,
          yref: 'paper',
          line: { color: colours.black, dash: 'dot', width: 1 },
        },
      ],
      annotations: [
        // Above the picture, where no bar reaches.
        {
          x: 2,
          y: 1,
          yref: 'paper',
          xanchor: 'right',
          yanchor: 'bottom',
          text: 'ratio of peaks',
          showarrow: false,
        },
      ],
    }),
  };
}
