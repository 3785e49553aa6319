import { type LatencyObjective, latencyObjectives } from '../frontier/evaluate';
import type { Candidate } from '../frontier/search';
import type { Figure } from './figure';
import { axis, describeArchitecture, makeLayout, millisecondsAxis, precisionColours } from './theme';

/** The precisions that Figures 5 and 7 compare. */
export const comparedPrecisions = ['fp16', 'int8'] as const;

/** Frontiers by precision and objective, and all candidates. */
export type Frontiers = Record<
  (typeof comparedPrecisions)[number],
  Record<LatencyObjective, { frontier: readonly Candidate[]; candidates: readonly Candidate[] }>
>;

/** Hover text of a point of `frontierPoints`. */
export const frontierHover = '%{text}<br>loss %{y:.4f}, %{x:.3g} ms<extra></extra>';

/** Candidates as coordinates: latency in milliseconds, loss, and the architecture in words. */
export function frontierPoints(candidates: readonly Candidate[]) {
  return {
    x: candidates.map((candidate) => 1000 * candidate.latencySeconds),
    y: candidates.map((candidate) => candidate.loss),
    text: candidates.map((candidate) => describeArchitecture(candidate.architecture)),
  };
}

/**
 * Figure 5: frontiers of loss against prefill, decode and total latency, fp16 and int8.
 *
 * @example frontierPanels(frontiers, 'a note').name // 'figure-5-frontiers'
 */
export function frontierPanels(frontiers: Frontiers, note: string): Figure {
  const data = latencyObjectives.flatMap((objective, panel) =>
    comparedPrecisions.flatMap((precision) => {
      const { frontier, candidates } = frontiers[precision][objective];
      const place = {
        xaxis: `x${panel + 1}`,
        yaxis: `y${panel + 1}`,
        legendgroup: precision,
        type: 'scatter',
      };
      return [
        {
          ...place,
          ...frontierPoints(candidates),
          mode: 'markers',
          name: `${precision} candidates`,
          showlegend: panel === 0,
          marker: { size: 3, color: precisionColours[precision], opacity: 0.12 },
          hoverinfo: 'skip',
          hovertemplate: undefined,
        },
        {
          ...place,
          ...frontierPoints(frontier),
          mode: 'lines+markers',
          name: `${precision} frontier`,
          showlegend: panel === 0,
          line: { color: precisionColours[precision], width: 2, shape: 'hv' },
          marker: { size: 4, symbol: precision === 'fp16' ? 'circle' : 'diamond' },
          hovertemplate: frontierHover,
        },
      ];
    }),
  );
  return {
    name: 'figure-5-frontiers',
    data,
    layout: latencyPanels('Figure 5: frontiers of loss and latency', note),
  };
}

/** Layout of loss against latency side by side, a panel for each of the `latencyObjectives`. */
export function latencyPanels(title: string, note: string): Record<string, unknown> {
  const axes = Object.fromEntries(
    latencyObjectives.flatMap((objective, panel) => [
      [
        `xaxis${panel + 1}`,
        millisecondsAxis(`${objective}, ms`, { dtick: 1, minor: { ticks: 'outside', showgrid: false } }),
      ],
      [`yaxis${panel + 1}`, axis(panel === 0 ? 'predicted loss, nats per token' : '', { range: [2.8, 5.2] })],
    ]),
  );
  return makeLayout(title, note, {
    ...axes,
    grid: { rows: 1, columns: 3, pattern: 'independent', xgap: 0.1 },
    height: 460,
  });
}
