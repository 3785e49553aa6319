import type { Figure } from './figure';
import { colours, makeLayout } from './theme';

/** A line of a chart; whatever Plotly knows besides is handed on. */
export interface Series extends Record<string, unknown> {
  name?: string;
  x: ArrayLike<number>;
  y: ArrayLike<number>;
  /** Default the next of the palette. */
  color?: string;
  /** Default the next of Plotly's symbols, so that lines are told apart without colour. */
  symbol?: string;
  dash?: string;
}

export interface ChartOptions {
  /** File name without extension. */
  name: string;
  title: string;
  /** What is computed, reconstructed, assumed. */
  note: string;
  /** Axes, as `axis` and `logAxis` make them. */
  x: Record<string, unknown>;
  y: Record<string, unknown>;
  series: readonly Series[];
  /** What the layout has besides: shapes, annotations. */
  layout?: Record<string, unknown>;
}

const PALETTE = [colours.blue, colours.orange, colours.green, colours.purple, colours.yellow, colours.sky];
const SYMBOLS = ['circle', 'diamond', 'square', 'cross', 'x', 'triangle-up'];

/**
 * A chart of lines with marks: the figure for a notebook's own numbers.
 *
 * @example chart({ name: 'squares', title: 'Squares', note: '', x: axis('n'), y: axis('n²'),
 *   series: [{ x: [1, 2], y: [1, 4] }] }).name // 'squares'
 */
export function chart({ name, title, note, x, y, series, layout = {} }: ChartOptions): Figure {
  return {
    name,
    data: series.map(({ color, symbol, dash, ...each }, i) => ({
      type: 'scatter',
      mode: 'lines+markers',
      line: { color: color ?? PALETTE[i % PALETTE.length], ...(dash === undefined ? {} : { dash }) },
      marker: {
        color: color ?? PALETTE[i % PALETTE.length],
        symbol: symbol ?? SYMBOLS[i % SYMBOLS.length],
        size: 8,
      },
      ...each,
    })),
    layout: makeLayout(title, note, { xaxis: x, yaxis: y, ...layout }),
  };
}

/**
 * A band between two lines, as two series of a chart: the lower one unseen, the upper one filled down to it.
 *
 * @example band('90 %', [1, 2], [0, 1], [2, 3]).length // 2
 */
export function band(
  name: string,
  x: ArrayLike<number>,
  low: ArrayLike<number>,
  high: ArrayLike<number>,
): Series[] {
  const edge = { x, mode: 'lines', line: { width: 0 }, hoverinfo: 'skip' };
  return [
    { ...edge, y: low, showlegend: false },
    { ...edge, y: high, name, fill: 'tonexty', fillcolor: 'rgba(86, 180, 233, 0.35)' },
  ];
}

/**
 * A vertical or a horizontal line across a chart, for `layout.shapes`.
 *
 * @example ruler({ x: 2 }).x0 // 2
 */
export function ruler(at: { x?: number; y?: number }, dash = 'dot'): Record<string, unknown> {
  const line = { color: colours.grey, dash };
  return at.x === undefined
    ? { type: 'line', xref: 'paper', x0: 0, x1: 1, y0: at.y, y1: at.y, line }
    : { type: 'line', yref: 'paper', y0: 0, y1: 1, x0: at.x, x1: at.x, line };
}
