import { type Architecture, activationRate, parameters } from '../architecture';
import type { Figure } from './figure';
import { axis, colours, describeArchitecture, logAxis, makeLayout } from './theme';

/**
 * The space, the candidates and the trained ones, by active and total parameters.
 *
 * @example coverageByParameters(enumerateSpace(paperSpace), candidates, trainedArchitectures()).name
 *   // 'coverage-parameters'
 */
export function coverageByParameters(
  space: readonly Architecture[],
  candidates: readonly Architecture[],
  trained: readonly Architecture[],
): Figure {
  const trace = (name: string, architectures: readonly Architecture[], marker: object) => ({
    type: 'scatter',
    mode: 'markers',
    name: `${name} (${architectures.length.toLocaleString('en-US')})`,
    x: architectures.map((a) => parameters(a).active),
    y: architectures.map((a) => parameters(a).total),
    text: architectures.map(describeArchitecture),
    hovertemplate: '%{text}<extra></extra>',
    marker,
  });
  return {
    name: 'coverage-parameters',
    data: [
      trace('search space', space, { size: 3, color: colours.pale }),
      trace('candidates', candidates, { size: 4, color: colours.sky }),
      trace('trained', trained, {
        size: 7,
        color: colours.orange,
        symbol: 'diamond',
        line: { width: 0.5, color: 'white' },
      }),
    ],
    layout: makeLayout(
      'From the space to the runs',
      'Parameters without embeddings; samples by seeded Latin hypercube',
      {
        xaxis: logAxis('active parameters'),
        yaxis: logAxis('total parameters'),
      },
    ),
  };
}

/**
 * How often each value of each hyperparameter occurs, in per cent of the whole.
 *
 * @example coverageByValue({ candidates }).name // 'coverage-values'
 */
export function coverageByValue(groups: Record<string, readonly Architecture[]>): Figure {
  const panels: [string, (a: Architecture) => number | string][] = [
    ['depth', (a) => a.depth],
    ['width', (a) => a.width],
    ['FFN ratio', (a) => Number(a.ffnRatio.toPrecision(3))],
    ['experts / active', (a) => `${a.experts} / ${a.activeExperts}`],
    ['KV heads', (a) => a.kvHeads],
    ['activation rate ρ', (a) => activationRate(a)],
  ];
  const shades = [colours.pale, colours.sky, colours.orange];
  const data = panels.flatMap(([, read], panel) => {
    const all = [...new Set(Object.values(groups).flatMap((architectures) => architectures.map(read)))];
    const values = all.sort((a, b) => (typeof a === 'number' ? a - (b as number) : 0)).map(String);
    return Object.entries(groups).map(([name, architectures], g) => ({
      type: 'bar',
      name,
      legendgroup: name,
      showlegend: panel === 0,
      xaxis: `x${panel + 1}`,
      yaxis: `y${panel + 1}`,
      x: values,
      y: values.map(
        (value) =>
          (100 * architectures.filter((a) => String(read(a)) === value).length) / architectures.length,
      ),
      marker: { color: shades[g] },
      hovertemplate: `%{x}: %{y:.1f} % of ${name}<extra></extra>`,
    }));
  });
  const axes = Object.fromEntries(
    panels.flatMap(([title], panel) => [
      [`xaxis${panel + 1}`, axis(title, { type: 'category' })],
      [`yaxis${panel + 1}`, axis(panel % 3 === 0 ? 'share, %' : '', { rangemode: 'tozero' })],
    ]),
  );
  return {
    name: 'coverage-values',
    data,
    layout: makeLayout('Every value is drawn about as often as it occurs', '', {
      ...axes,
      grid: { rows: 2, columns: 3, pattern: 'independent', xgap: 0.14, ygap: 0.3 },
      barmode: 'group',
      height: 560,
      legend: { orientation: 'h', y: -0.14, yanchor: 'top', x: 0 },
    }),
  };
}
