import type { Candidate } from '../frontier/search';
import type { Figure } from './figure';
import { frontierHover, frontierPoints } from './frontiers';
import { axis, colours, describeArchitecture, makeLayout, millisecondsAxis } from './theme';

/**
 * Figure 8a: a reference model, the frontier, and the best architecture at the reference's latency.
 *
 * @example referenceComparison(frontierOf(points), points[0], points[1], { reference: 'one', best: 'other' },
 *   'a note').name // 'figure-8a-qwen'
 */
export function referenceComparison(
  frontier: readonly Candidate[],
  reference: Candidate,
  best: Candidate,
  names: { reference: string; best: string },
  note: string,
): Figure {
  // To the left in the right half of the picture, so that no label leaves it.
  const all = [...frontier, reference, best].map(({ latencySeconds }) => latencySeconds);
  const middle = Math.sqrt(Math.min(...all) * Math.max(...all));
  const mark = (name: string, candidate: Candidate, color: string, symbol: string) => ({
    type: 'scatter',
    mode: 'markers+text',
    name,
    ...frontierPoints([candidate]),
    text: [name],
    textposition: candidate.latencySeconds > middle ? 'top left' : 'top right',
    customdata: [describeArchitecture(candidate.architecture)],
    hovertemplate: '%{customdata}<br>loss %{y:.4f}, total %{x:.3g} ms<extra></extra>',
    marker: { size: 14, color, symbol, line: { width: 1, color: 'white' } },
  });
  return {
    name: 'figure-8a-qwen',
    data: [
      {
        type: 'scatter',
        ...frontierPoints(frontier),
        mode: 'lines+markers',
        name: 'frontier',
        line: { color: colours.blue, width: 2, shape: 'hv' },
        marker: { size: 4 },
        hovertemplate: frontierHover,
      },
      mark(names.reference, reference, colours.black, 'square'),
      mark(names.best, best, colours.orange, 'star'),
    ],
    layout: makeLayout(`Figure 8a: ${names.reference} and the frontier`, note, {
      xaxis: millisecondsAxis('total latency, ms'),
      yaxis: axis('loss, nats per token'),
      shapes: [
        {
          type: 'line',
          x0: 1000 * reference.latencySeconds,
          x1: 1000 * reference.latencySeconds,
          y0: 0,
          y1: 1,
          yref: 'paper',
          line: { color: colours.grey, dash: 'dot', width: 1 },
        },
      ],
      height: 520,
    }),
  };
}
