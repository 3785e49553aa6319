import type { FittedRouter } from '../audit/routers';
import { predictRows } from '../law/law';
import type { Figure } from './figure';
import { axis, colours, logAxis, makeLayout } from './theme';

const COLOURS = [colours.sky, colours.blue, colours.green, colours.yellow, colours.orange, colours.purple];
const SYMBOLS = ['circle', 'diamond', 'square', 'cross', 'x', 'triangle-up'];

/**
 * Measured loss against the number of experts, a colour for each depth and width, with the fitted law as lines.
 *
 * @example externalData('routed-language-models.csv.gz') === undefined ||
 *   lossByExperts((await fitRouters())[0], 'a note').name !== '' // true
 */
export function lossByExperts({ runs, fitted }: FittedRouter, note: string): Figure {
  const { width: widths, depth: depths, E } = runs.columns;
  const rows = [...runs.loss.keys()];
  const shapes = [...new Set(Array.from(widths))]
    .sort((a, b) => a - b)
    .flatMap((width) =>
      [...new Set(rows.filter((row) => widths[row] === width).map((row) => depths[row]))].map((depth) => ({
        width,
        depth,
      })),
    );
  const experts = Array.from({ length: 40 }, (_, i) => 512 ** (i / 39));
  const data = shapes.flatMap(({ width, depth }, i) => {
    const own = rows.filter((row) => widths[row] === width && depths[row] === depth);
    const columns = {
      depth: experts.map(() => depth),
      width: experts.map(() => width),
      activationRate: experts.map((each) => 1 / each),
    };
    const color = COLOURS[i % COLOURS.length];
    const name = `depth ${depth}, width ${width}`;
    return [
      {
        ...{ type: 'scatter', mode: 'markers', name, legendgroup: name },
        x: own.map((row) => E[row]),
        y: own.map((row) => runs.loss[row]),
        marker: { color, symbol: SYMBOLS[i % SYMBOLS.length], size: 8 },
      },
      {
        ...{ type: 'scatter', mode: 'lines', name, legendgroup: name, showlegend: false },
        x: experts,
        y: Array.from(predictRows(fitted.law, columns, experts.length)),
        line: { color },
        hoverinfo: 'skip',
      },
    ];
  });
  return {
    name: 'real-runs-experts',
    data,
    layout: makeLayout('Loss against experts, real runs', note, {
      xaxis: logAxis('experts', { tickvals: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512], tickformat: 'd' }),
      yaxis: axis('validation loss, nats per token'),
    }),
  };
}
