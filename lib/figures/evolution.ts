import { latencyObjectives } from '../frontier/evaluate';
import type { Candidate } from '../frontier/search';
import type { Figure } from './figure';
import { comparedPrecisions, type Frontiers } from './frontiers';
import { axis, describeArchitecture, makeLayout, millisecondsAxis, precisionColours } from './theme';

/** Neighbouring frontier points that a trend averages over. */
const WINDOW = 15;

/**
 * Figure 7: depth, width, experts and FFN ratio along the frontiers of the three latencyObjectives.
 *
 * @example parameterEvolution(frontiers, 'a note').name // 'figure-7-evolution'
 */
export function parameterEvolution(frontiers: Frontiers, note: string): Figure {
  const columns: [string, (c: Candidate) => number, Record<string, unknown>][] = [
    ['depth', (c) => c.architecture.depth, { range: [0, 34] }],
    ['width', (c) => c.architecture.width, { range: [0, 3300] }],
    ['experts', (c) => c.architecture.experts, { range: [0, 17], tickvals: [1, 8, 16] }],
    ['FFN ratio', (c) => c.architecture.ffnRatio, { type: 'log', tickvals: [0.25, 0.5, 1, 2, 4] }],
  ];
  const data: Record<string, unknown>[] = [];
  const axes: Record<string, unknown> = {};
  const headings: Record<string, unknown>[] = [];
  latencyObjectives.forEach((objective, row) => {
    columns.forEach(([title, read, options], column) => {
      const panel = row * columns.length + column + 1;
      axes[`xaxis${panel}`] = millisecondsAxis(row === 2 ? 'latency budget, ms' : '', { dtick: 1 });
      axes[`yaxis${panel}`] = axis('', options);
      headings.push({
        text: `<b>${title}</b>, ${objective}-optimal`,
        font: { size: 12 },
        xref: `x${panel} domain`,
        yref: `y${panel} domain`,
        x: 0,
        y: 1,
        xanchor: 'left',
        yanchor: 'bottom',
        showarrow: false,
      });
      for (const precision of comparedPrecisions) {
        const { frontier } = frontiers[precision][objective];
        const x = frontier.map((c) => 1000 * c.latencySeconds);
        const color = precisionColours[precision];
        const place = { type: 'scatter', xaxis: `x${panel}`, yaxis: `y${panel}`, x, legendgroup: precision };
        data.push(
          {
            ...place,
            mode: 'markers',
            name: precision,
            showlegend: panel === 1,
            y: frontier.map(read),
            text: frontier.map((c) => `${title} ${read(c)}<br>${describeArchitecture(c.architecture)}`),
            hovertemplate: '%{text}<br>%{x:.3g} ms<extra></extra>',
            marker: { color, size: 5, opacity: 0.45, symbol: precision === 'fp16' ? 'circle' : 'diamond' },
          },
          {
            ...place,
            mode: 'lines',
            name: `${precision}, running mean of ${WINDOW} points`,
            showlegend: panel === 1,
            y: runningMean(frontier.map(read)),
            line: { color, width: 2, dash: precision === 'fp16' ? 'solid' : 'dash' },
            hoverinfo: 'skip',
          },
        );
      }
    });
  });
  return {
    name: 'figure-7-evolution',
    data,
    layout: makeLayout('Figure 7: architectures along the frontiers', note, {
      ...axes,
      grid: { rows: 3, columns: 4, pattern: 'independent', xgap: 0.22, ygap: 0.3 },
      annotations: headings,
      height: 820,
      margin: { l: 70, r: 24, t: 110, b: 60 },
      legend: { orientation: 'h', y: -0.08, yanchor: 'top', x: 0 },
    }),
  };
}

/** Geometric means over `WINDOW` neighbours, fewer at the ends. */
function runningMean(values: readonly number[]): number[] {
  return values.map((_, i) => {
    const near = values.slice(Math.max(0, i - (WINDOW >> 1)), i + (WINDOW >> 1) + 1);
    return Math.exp(near.reduce((sum, value) => sum + Math.log(value), 0) / near.length);
  });
}
