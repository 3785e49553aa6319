import { type LatencyObjective, latencyObjectives } from '../frontier/evaluate';
import type { Shift } from '../measured/matter';
import type { Figure } from './figure';
import { frontierHover, frontierPoints, latencyPanels } from './frontiers';
import { colours } from './theme';

/**
 * The ideal frontier in its own time, the one under a profile, and the points of the ideal one timed under it.
 *
 * @example frontierShift(shifts, 'a note').name // 'frontier-shift'
 */
export function frontierShift(shifts: Record<LatencyObjective, Shift>, note: string): Figure {
  const data = latencyObjectives.flatMap((objective, panel) => {
    const { frontier, idealFrontier, idealChoices } = shifts[objective];
    const place = {
      type: 'scatter',
      xaxis: `x${panel + 1}`,
      yaxis: `y${panel + 1}`,
      showlegend: panel === 0,
    };
    return [
      {
        ...place,
        ...frontierPoints(idealFrontier),
        mode: 'lines',
        name: 'ideal roofline',
        line: { color: colours.grey, width: 2, shape: 'hv', dash: 'dot' },
        hovertemplate: frontierHover,
      },
      {
        ...place,
        ...frontierPoints(frontier),
        mode: 'lines',
        name: 'calibrated roofline',
        line: { color: colours.blue, width: 2, shape: 'hv' },
        hovertemplate: frontierHover,
      },
      {
        ...place,
        ...frontierPoints(idealChoices),
        mode: 'markers',
        name: 'points of the ideal frontier, timed by the calibrated roofline',
        marker: { color: colours.orange, size: 4, symbol: 'circle-open' },
        hovertemplate: frontierHover,
      },
    ];
  });
  return {
    name: 'frontier-shift',
    data,
    layout: latencyPanels('The frontier before and after calibration', note),
  };
}
