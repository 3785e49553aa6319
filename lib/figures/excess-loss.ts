import type { ExcessLoss } from '../frontier/excess-loss';
import type { Figure } from './figure';
import { colours, logAxis, makeLayout } from './theme';

const COLOURS: Record<ExcessLoss['design'], string> = {
  'space-filling': colours.grey,
  'D-optimal': colours.orange,
  'frontier-optimal': colours.blue,
};

/**
 * Excess loss of the architectures that a fitted frontier picks, by the number of runs, a line for each design.
 *
 * @example excessLossByRuns(excessLoss(law(), setting, 0.06, { counts: [20], draws: 2 }), 'a note').name // 'uncertainty-number-of-runs'
 */
export function excessLossByRuns(studies: readonly ExcessLoss[], note: string): Figure {
  return {
    name: 'uncertainty-number-of-runs',
    data: studies.map(({ design, counts, mean, error }) => ({
      ...{ type: 'scatter', mode: 'lines+markers', name: design, x: counts, y: mean },
      error_y: { type: 'data', array: error },
      line: { color: COLOURS[design] },
      marker: { size: 8 },
    })),
    layout: makeLayout('How many runs would have done?', note, {
      xaxis: logAxis('runs', { tickvals: studies[0].counts, tickformat: 'd' }),
      yaxis: logAxis('excess loss on the frontier, nats', { tickformat: '~r' }),
    }),
  };
}
