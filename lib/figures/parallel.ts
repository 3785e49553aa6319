import { kvDimension } from '../architecture';
import type { Candidate } from '../frontier/search';
import type { Figure } from './figure';
import { makeLayout } from './theme';

/** Ticks of an axis: the values that occur, at most this many. */
const MOST_TICKS = 9;

/**
 * Architectures as lines across parallel axes, one for each of their numbers, coloured by loss. Drag along an axis
 * to see what the architectures within a range have in common.
 *
 * @example parallelArchitectures(points, 'a note').name // 'frontier-parallel'
 */
export function parallelArchitectures(points: readonly Candidate[], note: string): Figure {
  const losses = points.map(({ loss }) => loss);
  const linear = (label: string, read: (point: Candidate) => number) => {
    const values = points.map(read);
    const ticks = [...new Set(values)].sort((a, b) => a - b);
    return { label, values, ...(ticks.length <= MOST_TICKS ? { tickvals: ticks } : {}) };
  };
  const logarithmic = (label: string, read: (point: Candidate) => number, ticks?: number[]) => {
    const values = points.map(read);
    const tickvals = ticks ?? [...new Set(values)].sort((a, b) => a - b);
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const within = tickvals.filter((tick) => tick >= least && tick <= most);
    return {
      label,
      values: values.map(Math.log2),
      tickvals: within.map(Math.log2),
      ticktext: within.map((tick) => String(Number(tick.toPrecision(4)))),
    };
  };
  const milliseconds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000];
  return {
    name: 'frontier-parallel',
    data: [
      {
        type: 'parcoords',
        line: { color: losses, colorscale: 'Cividis', showscale: false },
        dimensions: [
          logarithmic('latency, ms', ({ latencySeconds }) => 1000 * latencySeconds, milliseconds),
          { ...linear('loss, nats', ({ loss }) => loss), tickformat: '.2f' },
          linear('depth', ({ architecture }) => architecture.depth),
          linear('width', ({ architecture }) => architecture.width),
          logarithmic('FFN ratio', ({ architecture }) => architecture.ffnRatio),
          linear('experts', ({ architecture }) => architecture.experts),
          linear('active', ({ architecture }) => architecture.activeExperts),
          logarithmic(
            'KV dimension',
            ({ architecture }) => kvDimension(architecture),
            [128, 256, 512, 1024, 2048],
          ),
        ],
      },
    ],
    layout: makeLayout('The frontier as architectures', note, {
      height: 520,
      margin: { l: 60, r: 60, t: 150, b: 40 },
    }),
  };
}
