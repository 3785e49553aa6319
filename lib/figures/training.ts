import { mean } from 'simple-statistics';
import type { NoiseFloor } from '../train/noise';
import type { Figure } from './figure';
import { axis, colours, makeLayout } from './theme';

/**
 * Losses of the architectures that were trained from several seeds, less each architecture's mean, in its order.
 *
 * @example lossesBySeed({ deviation: 0.1, error: 0.1, degreesOfFreedom: 1, groups: [] }, 'a note').name // 'training-noise'
 */
export function lossesBySeed({ groups, deviation }: NoiseFloor, note: string): Figure {
  const sorted = [...groups].sort((a, b) => mean(a.losses) - mean(b.losses));
  const points = sorted.flatMap(({ run, losses }) =>
    losses.map((loss, seed) => ({ run, loss, seed, off: 1000 * (loss - mean(losses)) })),
  );
  return {
    name: 'training-noise',
    data: [
      {
        type: 'scatter',
        mode: 'markers',
        x: points.map(({ run }) => run),
        y: points.map(({ off }) => off),
        customdata: points.map(({ loss, seed }) => [loss, seed]),
        hovertemplate: '%{x}, seed %{customdata[1]}: loss %{customdata[0]:.4f}<extra></extra>',
        marker: { color: colours.blue, size: 9, opacity: 0.8 },
      },
    ],
    layout: makeLayout('The same architecture from other seeds', note, {
      xaxis: axis('architecture, best first', { type: 'category' }),
      yaxis: axis('loss less its mean, thousandths of a nat'),
      shapes: [band(1000 * deviation)],
      showlegend: false,
      height: 420,
    }),
  };
}

/**
 * What a law leaves, against each column: one panel each. The band is the noise, one deviation to either side.
 *
 * @example residualPanels({ width: [32, 64] }, [0.01, -0.01], 0.02, 'a note').name // 'training-residuals'
 */
export function residualPanels(
  columns: Readonly<Record<string, ArrayLike<number>>>,
  residuals: readonly number[],
  deviation: number,
  note: string,
): Figure {
  const names = Object.keys(columns);
  const id = (panel: number) => (panel === 0 ? '' : String(panel + 1));
  const values = names.map((name) => Array.from(columns[name]));
  const axes = names.map((name, panel) => {
    const ticks = [...new Set(values[panel])].sort((a, b) => a - b);
    const title = axis(name, {
      type: 'category',
      categoryorder: 'array',
      categoryarray: ticks.map((tick) => short(tick)),
      anchor: `y${id(panel)}`,
    });
    return [
      [`xaxis${id(panel)}`, title],
      [
        `yaxis${id(panel)}`,
        axis(panel === 0 ? 'loss − prediction, nats' : '', { matches: 'y', showticklabels: panel === 0 }),
      ],
    ];
  });
  return {
    name: 'training-residuals',
    data: names.flatMap((_, panel) => {
      const place = { xaxis: `x${id(panel)}`, yaxis: `y${id(panel)}` };
      const at = [...new Set(values[panel])];
      const means = at.map((value) => mean(residuals.filter((__, row) => values[panel][row] === value)));
      return [
        {
          ...{ type: 'scatter', mode: 'markers', name: 'run', ...place },
          x: values[panel].map(short),
          y: residuals,
          hovertemplate: '%{x}: %{y:.4f}<extra></extra>',
          marker: { color: colours.blue, size: 6, opacity: 0.45 },
        },
        {
          ...{ type: 'scatter', mode: 'markers', name: 'mean', ...place },
          x: at.map(short),
          y: means,
          hovertemplate: '%{x}: mean %{y:.4f}<extra></extra>',
          marker: {
            color: colours.orange,
            size: 10,
            symbol: 'line-ew',
            line: { color: colours.orange, width: 3 },
          },
        },
      ];
    }),
    layout: makeLayout('What the law leaves', note, {
      grid: { rows: 1, columns: names.length, pattern: 'independent', xgap: 0.04 },
      ...Object.fromEntries(axes.flat()),
      shapes: names.map((_, panel) => band(deviation, `x${id(panel)} domain`, `y${id(panel)}`)),
      showlegend: false,
      height: 420,
    }),
  };
}

/**
 * Figure 8b: training curves of two or more groups of runs, a line a run. Pairs [tokens, loss].
 *
 * @example trainingCurves([{ name: 'one', curves: [[[1000, 6], [2000, 5]]] }], 'a note').name // 'training-curves'
 */
export function trainingCurves(
  groups: readonly { name: string; curves: readonly (readonly [number, number])[][] }[],
  note: string,
): Figure {
  const order = [colours.black, colours.orange, colours.blue, colours.green];
  return {
    name: 'training-curves',
    data: groups.flatMap(({ name, curves }, group) =>
      curves.map((curve, seed) => ({
        type: 'scatter',
        mode: 'lines',
        name: `${name}: ${curves.length} seeds`,
        legendgroup: name,
        showlegend: seed === 0,
        x: curve.map(([tokens]) => tokens),
        y: curve.map(([, loss]) => loss),
        line: { color: order[group % order.length], width: 1.5 },
        hovertemplate: `${name}, seed ${seed}<br>%{x:.3s} tokens: %{y:.3f}<extra></extra>`,
      })),
    ),
    layout: makeLayout('Figure 8b: training curves', note, {
      xaxis: axis('tokens seen', { tickformat: '~s' }),
      yaxis: axis('training loss, nats per token'),
      height: 460,
    }),
  };
}

/** A value as a category: a fraction where it is one, since that is shorter. */
const short = (value: number) =>
  value < 1 && Number.isInteger(1 / value) ? `1/${1 / value}` : String(Number(value.toPrecision(3)));

/** A grey band of one deviation to either side of zero. */
function band(deviation: number, xref = 'paper', yref = 'y') {
  const bounds = { x0: 0, x1: 1, y0: -deviation, y1: deviation };
  return {
    type: 'rect',
    xref,
    yref,
    ...bounds,
    fillcolor: colours.pale,
    opacity: 0.5,
    line: { width: 0 },
    layer: 'below',
  };
}
