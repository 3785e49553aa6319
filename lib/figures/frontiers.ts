import type { Candidate } from '../frontier/search';
import type { Figure } from './figure';
import { axis, colours, describeArchitecture, millisecondsAxis, makeLayout, precisionColours } from './theme';

export type Objective = 'prefill' | 'decode' | 'total';
const objectives: readonly Objective[] = ['prefill', 'decode', 'total'];
const precisionNames = ['fp16', 'int8'] as const;

/** Frontiers by precision and objective, and all candidates. */
export type Frontiers = Record<'fp16' | 'int8', Record<Objective, { frontier: readonly Candidate[]; candidates: readonly Candidate[] }>>;

const hover = '%{text}<br>loss %{y:.4f}, %{x:.3g} ms<extra></extra>';
const line = (points: readonly Candidate[]) => ({
  x: points.map((p) => 1000 * p.latencySeconds),
  y: points.map((p) => p.loss),
  text: points.map((p) => describeArchitecture(p.architecture)),
});

/** Figure 5: frontiers of loss against prefill, decode and total latency, fp16 and int8. */
export function frontierPanels(frontiers: Frontiers, note: string): Figure {
  const titles = { prefill: 'prefill, ms', decode: 'decode, ms', total: 'total, ms' };
  const data = objectives.flatMap((objective, panel) =>
    precisionNames.flatMap((precision) => {
      const { frontier, candidates } = frontiers[precision][objective];
      const place = { xaxis: `x${panel + 1}`, yaxis: `y${panel + 1}`, legendgroup: precision, type: 'scatter' };
      return [
        {
          ...place,
          ...line(candidates),
          mode: 'markers',
          name: `${precision} candidates`,
          showlegend: panel === 0,
          marker: { size: 3, color: precisionColours[precision], opacity: 0.12 },
          hoverinfo: 'skip',
          hovertemplate: undefined,
        },
        {
          ...place,
          ...line(frontier),
          mode: 'lines+markers',
          name: `${precision} frontier`,
          showlegend: panel === 0,
          line: { color: precisionColours[precision], width: 2, shape: 'hv' },
          marker: { size: 4, symbol: precision === 'fp16' ? 'circle' : 'diamond' },
          hovertemplate: hover,
        },
      ];
    }),
  );
  const axes = Object.fromEntries(
    objectives.flatMap((objective, panel) => [
      [`xaxis${panel + 1}`, millisecondsAxis(titles[objective], { dtick: 1, minor: { ticks: 'outside', showgrid: false } })],
      [`yaxis${panel + 1}`, axis(panel === 0 ? 'predicted loss, nats per token' : '', { range: [2.8, 5.2] })],
    ]),
  );
  return {
    name: 'figure-5-frontiers',
    data,
    layout: makeLayout('Figure 5: frontiers of loss and latency', note, {
      ...axes,
      grid: { rows: 1, columns: 3, pattern: 'independent', xgap: 0.1 },
      height: 460,
    }),
  };
}

/** A latency budget of Table 2. */
export interface Application {
  name: string;
  objective: Objective;
  seconds: number;
}

/** Figure 6: the frontier with the applications of Table 2 at their latency targets. */
export function applicationRegions(
  frontier: readonly Candidate[],
  applications: readonly (Application & { best: Candidate; totalSeconds: number })[],
  note: string,
): Figure {
  const shades = [colours.green, colours.orange, colours.blue, colours.purple];
  return {
    name: 'figure-6-applications',
    data: [
      { type: 'scatter', ...line(frontier), mode: 'lines', name: 'total-latency frontier', line: { color: colours.grey, width: 2, shape: 'hv' }, hovertemplate: hover },
      ...applications.map(({ name, objective, seconds, best, totalSeconds }, i) => ({
        type: 'scatter',
        mode: 'markers+text',
        name: `${name}: ${objective} < ${1000 * seconds} ms`,
        x: [1000 * totalSeconds],
        y: [best.loss],
        text: [name],
        textposition: i === applications.length - 1 ? 'top left' : 'top right',
        customdata: [describeArchitecture(best.architecture)],
        hovertemplate: `%{customdata}<br>loss %{y:.4f}, total %{x:.3g} ms<extra>${name}</extra>`,
        marker: { size: 13, color: shades[i], symbol: ['circle', 'diamond', 'square', 'triangle-up'][i], line: { width: 1, color: 'white' } },
      })),
    ],
    layout: makeLayout('Figure 6: applications choose different places on the frontier', note, {
      xaxis: millisecondsAxis('total latency, ms'),
      yaxis: axis('predicted loss, nats per token'),
      height: 520,
    }),
  };
}

/** Neighbouring frontier points that a trend averages over. */
const WINDOW = 15;

/** Figure 7: depth, width, experts and FFN ratio along the frontiers of the three objectives. */
export function parameterEvolution(frontiers: Frontiers, note: string): Figure {
  const columns: [string, (c: Candidate) => number, Record<string, unknown>][] = [
    ['depth', (c) => c.architecture.depth, { range: [0, 34] }],
    ['width', (c) => c.architecture.width, { range: [0, 3300] }],
    ['experts', (c) => c.architecture.experts, { range: [0, 17], tickvals: [1, 8, 16] }],
    ['FFN ratio', (c) => c.architecture.ffnRatio, { type: 'log', tickvals: [0.25, 0.5, 1, 2, 4] }],
  ];
  const data: Record<string, unknown>[] = [];
  const axes: Record<string, unknown> = {};
  objectives.forEach((objective, row) => {
    columns.forEach(([title, read, options], column) => {
      const panel = row * columns.length + column + 1;
      axes[`xaxis${panel}`] = millisecondsAxis(row === 2 ? 'latency budget, ms' : '', { dtick: 1 });
      axes[`yaxis${panel}`] = axis(column === 0 ? `${objective}-optimal` : '', options);
      for (const precision of precisionNames) {
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
      grid: { rows: 3, columns: 4, pattern: 'independent', xgap: 0.16, ygap: 0.16 },
      annotations: columns.map(([title], column) => ({
        text: `<b>${title}</b>`,
        xref: `x${column + 1} domain`,
        yref: 'y domain',
        x: 0.5,
        y: 1.12,
        showarrow: false,
      })),
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

/** Figure 8a: a reference model, the frontier, and the best architecture at the reference's latency. */
export function referenceComparison(
  frontier: readonly Candidate[],
  reference: Candidate,
  best: Candidate,
  names: { reference: string; best: string },
  note: string,
): Figure {
  const mark = (name: string, candidate: Candidate, color: string, symbol: string) => ({
    type: 'scatter',
    mode: 'markers+text',
    name,
    ...line([candidate]),
    text: [name],
    textposition: 'top right',
    customdata: [describeArchitecture(candidate.architecture)],
    hovertemplate: '%{customdata}<br>loss %{y:.4f}, total %{x:.3g} ms<extra></extra>',
    marker: { size: 14, color, symbol, line: { width: 1, color: 'white' } },
  });
  return {
    name: 'figure-8a-qwen',
    data: [
      { type: 'scatter', ...line(frontier), mode: 'lines+markers', name: 'frontier', line: { color: colours.blue, width: 2, shape: 'hv' }, marker: { size: 4 }, hovertemplate: hover },
      mark(names.reference, reference, colours.black, 'square'),
      mark(names.best, best, colours.orange, 'star'),
    ],
    layout: makeLayout(`Figure 8a: ${names.reference} and the frontier`, note, {
      xaxis: millisecondsAxis('total latency, ms'),
      yaxis: axis('predicted loss, nats per token'),
      shapes: [
        { type: 'line', x0: 1000 * reference.latencySeconds, x1: 1000 * reference.latencySeconds, y0: 0, y1: 1, yref: 'paper', line: { color: colours.grey, dash: 'dot', width: 1 } },
      ],
      height: 520,
    }),
  };
}
