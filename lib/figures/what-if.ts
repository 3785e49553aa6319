import type { Candidate } from '../frontier/search';
import type { Figure } from './figure';
import { frontierHover, frontierPoints } from './frontiers';
import { axis, colours, makeLayout, millisecondsAxis } from './theme';

/** A frontier and what to call it. */
export interface NamedFrontier {
  name: string;
  frontier: readonly Candidate[];
}

const SHADES = [colours.blue, colours.orange, colours.green, colours.purple, colours.sky, colours.grey];
const SYMBOLS = ['circle', 'diamond', 'square', 'triangle-up', 'cross', 'star'];

/**
 * Several frontiers in one picture, each with a mark at its end.
 *
 * @example frontierLines([{ name: 'all', frontier: frontierOf(points) }], { name: 'mine', title: 'A title',
 *   note: 'a note' }).name // 'mine'
 */
export function frontierLines(
  frontiers: readonly NamedFrontier[],
  { name, title, note }: { name: string; title: string; note: string },
): Figure {
  const lines = frontiers.map(({ name: label, frontier }, i) => ({
    type: 'scatter',
    mode: 'lines+markers',
    name: label,
    ...frontierPoints(frontier),
    hovertemplate: frontierHover,
    line: { color: SHADES[i % SHADES.length], width: 2, shape: 'hv' },
    marker: {
      size: frontier.map((_, k) => (k === frontier.length - 1 ? 11 : 0)),
      symbol: SYMBOLS[i % SYMBOLS.length],
      opacity: 1,
    },
  }));
  return { name, data: lines, layout: frontierLayout(title, note, frontiers, []) };
}

/**
 * One frontier, and candidates beside it by name; the first of them is the one that matters.
 *
 * @example markedFrontier({ name: 'all', frontier: frontierOf(points) }, [{ name: 'one',
 *   candidate: points[0] }], { name: 'mine', title: 'A title', note: 'a note' }).name // 'mine'
 */
export function markedFrontier(
  named: NamedFrontier,
  marks: readonly { name: string; candidate: Candidate }[],
  { name, title, note }: { name: string; title: string; note: string },
): Figure {
  const points = marks.map(({ name: label, candidate }, i) => ({
    type: 'scatter',
    mode: 'markers+text',
    name: label,
    showlegend: false,
    ...frontierPoints([candidate]),
    customdata: frontierPoints([candidate]).text,
    hovertemplate: frontierHover.replace('%{text}', '%{customdata}'),
    text: [label],
    // To both sides in turn, so that neighbours do not cover each other.
    textposition: i % 2 === 0 ? 'top left' : 'top right',
    marker:
      i === 0
        ? { symbol: 'star', size: 15, color: colours.orange }
        : { symbol: 'square', size: 9, color: colours.black },
  }));
  const line = {
    type: 'scatter',
    mode: 'lines',
    name: named.name,
    ...frontierPoints(named.frontier),
    hovertemplate: frontierHover,
    line: { color: colours.blue, width: 2, shape: 'hv' },
  };
  const losses = marks.map(({ candidate }) => candidate.loss);
  return { name, data: [line, ...points], layout: frontierLayout(title, note, [named], losses) };
}

/** Shows the lowest nat of the frontiers, where the choices are, and everything at `losses`. */
function frontierLayout(
  title: string,
  note: string,
  frontiers: readonly NamedFrontier[],
  losses: readonly number[],
) {
  const ends = frontiers.flatMap(({ frontier }) => frontier.slice(-1).map(({ loss }) => loss));
  const least = Math.min(...ends, ...losses);
  return makeLayout(title, note, {
    xaxis: millisecondsAxis('total latency, ms'),
    yaxis: axis('predicted loss, nats per token', {
      range: [least - 0.1, Math.max(least + 1, ...ends, ...losses) + 0.1],
    }),
  });
}
