import type { LatencyObjective } from '../frontier/evaluate';
import type { Candidate } from '../frontier/search';
import type { Figure } from './figure';
import { frontierHover, frontierPoints } from './frontiers';
import { axis, colours, describeArchitecture, makeLayout, millisecondsAxis } from './theme';

/** A latency budget of Table 2. */
export interface Application {
  name: string;
  objective: LatencyObjective;
  seconds: number;
}

/** The applications of Table 2, by latency target. */
export const paperApplications: readonly Application[] = [
  { name: 'Embodied AI', objective: 'decode', seconds: 0.02 },
  { name: 'Autonomous driving', objective: 'total', seconds: 0.1 },
  { name: 'Smart home', objective: 'total', seconds: 0.5 },
  { name: 'Private serving', objective: 'total', seconds: 2 },
];

/** Where the names of the last applications stand: the frontier is flat there, and the edge of the picture near. */
const FROM_LAST = ['bottom left', 'top center'];

/**
 * Figure 6: the frontier with the applications of Table 2 at their latency targets.
 *
 * @example applicationRegions(frontierOf(points), [{ ...paperApplications[0], best: points[0],
 *   totalSeconds: 1 }], 'a note').name // 'figure-6-applications'
 */
export function applicationRegions(
  frontier: readonly Candidate[],
  applications: readonly (Application & { best: Candidate; totalSeconds: number })[],
  note: string,
): Figure {
  const shades = [colours.green, colours.orange, colours.blue, colours.purple];
  return {
    name: 'figure-6-applications',
    data: [
      {
        type: 'scatter',
        ...frontierPoints(frontier),
        mode: 'lines',
        name: 'total-latency frontier',
        line: { color: colours.grey, width: 2, shape: 'hv' },
        hovertemplate: frontierHover,
      },
      ...applications.map(({ name, objective, seconds, best, totalSeconds }, i) => ({
        type: 'scatter',
        mode: 'markers+text',
        name: `${name}: ${objective} < ${1000 * seconds} ms`,
        x: [1000 * totalSeconds],
        y: [best.loss],
        text: [name],
        textposition: FROM_LAST[applications.length - 1 - i] ?? 'top right',
        customdata: [describeArchitecture(best.architecture)],
        hovertemplate: `%{customdata}<br>loss %{y:.4f}, total %{x:.3g} ms<extra>${name}</extra>`,
        marker: {
          size: 13,
          color: shades[i],
          symbol: ['circle', 'diamond', 'square', 'triangle-up'][i],
          line: { width: 1, color: 'white' },
        },
      })),
    ],
    layout: makeLayout('Figure 6: applications choose different places on the frontier', note, {
      xaxis: millisecondsAxis('total latency, ms'),
      yaxis: axis('predicted loss, nats per token'),
      height: 520,
    }),
  };
}
