import { type Architecture, parameters } from '../architecture';

/** Okabe and Ito's palette: told apart by readers with any colour vision. */
export const colours = {
  blue: '#0072B2',
  orange: '#D55E00',
  green: '#009E73',
  purple: '#CC79A7',
  sky: '#56B4E9',
  yellow: '#E69F00',
  grey: '#8A8A8A',
  pale: '#C8CDD3',
  black: '#222222',
} as const;

/** One colour per precision, in every figure. */
export const precisionColours = {
  fp16: colours.blue,
  int8: colours.orange,
  int4: colours.green,
  nvfp4: colours.purple,
} as const;

/**
 * An axis with a title, a light grid and, if asked for, a log scale.
 *
 * @example axis('loss, nats').title // { text: 'loss, nats', standoff: 8 }
 */
export function axis(title: string, options: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    title: { text: title, standoff: 8 },
    gridcolor: '#E6E8EB',
    linecolor: '#9AA0A6',
    ticks: 'outside',
    tickcolor: '#9AA0A6',
    zeroline: false,
    automargin: true,
    ...options,
  };
}

/**
 * A log axis with ticks at 1, 2 and 5 times the powers of ten, and SI prefixes from a thousand.
 *
 * @example logAxis('parameters').type // 'log'
 */
export function logAxis(title: string, options: Record<string, unknown> = {}): Record<string, unknown> {
  return axis(title, { type: 'log', dtick: 'D2', tickformat: '~s', ...options });
}

/**
 * `logAxis` for milliseconds, with plain numbers.
 *
 * @example millisecondsAxis('latency, ms').tickformat // ',~r'
 */
export function millisecondsAxis(
  title: string,
  options: Record<string, unknown> = {},
): Record<string, unknown> {
  return logAxis(title, { tickformat: ',~r', ...options });
}

/**
 * The layout that all figures share. `note` stands below the title: what is computed, reconstructed, assumed.
 *
 * @example makeLayout('A title', 'a note').height // 480
 */
export function makeLayout(title: string, note: string, options: Record<string, unknown> = {}) {
  return {
    title: {
      text: note === '' ? title : `${title}<br><span style="font-size:12px;color:#5F6368">${note}</span>`,
      x: 0,
      xref: 'paper',
      xanchor: 'left',
      font: { size: 16 },
    },
    font: { family: 'system-ui, "Segoe UI", "Liberation Sans", sans-serif', size: 13, color: '#202124' },
    paper_bgcolor: 'white',
    plot_bgcolor: 'white',
    hovermode: 'closest',
    hoverlabel: { align: 'left', bgcolor: 'white', font: { size: 12 } },
    legend: { orientation: 'h', y: -0.2, yanchor: 'top', x: 0 },
    margin: { l: 70, r: 24, t: 80, b: 60 },
    width: undefined,
    height: 480,
    ...options,
  };
}

/** An architecture in one line of words, for hover text. */
export function describeArchitecture(architecture: Architecture): string {
  const { depth, width, heads, kvHeads, headDim, ffnRatio, experts, activeExperts } = architecture;
  const { total, active } = parameters(architecture);
  const mixture = experts > 1 ? `${experts} experts, top-${activeExperts}` : 'dense';
  return [
    `depth ${depth} · width ${width} · FFN ratio ${Number(ffnRatio.toPrecision(3))} · ${mixture}`,
    `${heads} heads of ${headDim}, ${kvHeads} KV · ${millions(active)} active of ${millions(total)} parameters`,
  ].join('<br>');
}

/** A count of parameters for people, e.g. `494 M`. */
export function millions(count: number): string {
  return count >= 1e9 ? `${(count / 1e9).toPrecision(3)} G` : `${(count / 1e6).toPrecision(3)} M`;
}

/** The line on which two quantities are equal. */
export function equalityLine(ends: readonly number[]): Record<string, unknown> {
  const line = { color: colours.black, dash: 'dot', width: 1 };
  return { type: 'scatter', mode: 'lines', name: 'equal', x: ends, y: ends, line, hoverinfo: 'skip' };
}
