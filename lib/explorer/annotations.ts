import { paperApplications } from '../figures/applications';
import type { View } from './engine';
import { milliseconds } from './format';
import { placeLabels } from './labels';
import type { Palette } from './theme';

/** How large the picture is drawn, and whether the graphics processor draws it. */
export interface Canvas {
  width: number;
  height: number;
  isWebgl: boolean;
}

/** Ends of the axes. */
export interface Ranges {
  /** Decades of milliseconds. */
  x: [number, number];
  /** Nats per token. */
  y: [number, number];
}

type Layer = Record<string, unknown>[];

/** Pixels of a picture that its axes take. */
export const AXES = { width: 70, height: 102 };

/** Where an application's latency lies, from the next stricter target of Table 2 to its own, in decades of ms. */
function stretches(view: View, [low, high]: [number, number]) {
  const { robot, objective } = view.inputs;
  const targets = robot === undefined ? paperApplications.filter((each) => each.objective === objective) : [];
  return targets
    .map(({ name, seconds }, i) => {
      const from = i === 0 ? low : Math.log10(1000 * targets[i - 1].seconds);
      return { name, seconds, from: Math.max(low, from), to: Math.min(high, Math.log10(1000 * seconds)) };
    })
    .filter(({ from, to }) => from < to);
}

/** Every other region of Table 2 as a shade behind the points. */
export function regions(view: View, palette: Palette, range: [number, number]): Layer {
  return stretches(view, range)
    .filter((_, i) => i % 2 === 0)
    .map(({ from, to }) => ({
      type: 'rect',
      layer: 'below',
      x0: 10 ** from,
      x1: 10 ** to,
      y0: 0,
      y1: 1,
      yref: 'paper',
      line: { width: 0 },
      fillcolor: palette.region,
    }));
}

/** Names of the regions that are wide enough for one. */
export function regionNames(view: View, palette: Palette, range: [number, number], isNarrow: boolean): Layer {
  return stretches(view, range)
    .filter(({ from, to }) => to - from > 0.1 * (range[1] - range[0]))
    .map(({ name, seconds, from, to }) => ({
      x: (from + to) / 2,
      y: 1,
      yref: 'paper',
      yanchor: 'bottom',
      showarrow: false,
      text: isNarrow ? name.replace(' ', '<br>') : `${name}<br>< ${1000 * seconds} ms`,
      font: { size: 10.5, color: palette.quiet },
    }));
}

/** The latency budget as a line. */
export function budgetLine({ inputs }: View, palette: Palette): Layer {
  const x = 1000 * inputs.latencyBudgetSeconds;
  if (!Number.isFinite(x)) return [];
  const line = { color: palette.best, dash: 'dash', width: 1.5 };
  return [{ type: 'line', x0: x, x1: x, y0: 0, y1: 1, yref: 'paper', line }];
}

/** Its name beside it, or at the edge beyond which it lies. */
export function budgetName({ inputs }: View, palette: Palette, [left, right]: [number, number]): Layer {
  const x = Math.log10(1000 * inputs.latencyBudgetSeconds);
  if (!Number.isFinite(x)) return [];
  const text = `budget ${milliseconds(inputs.latencyBudgetSeconds)}`;
  const font = { size: 11, color: palette.bestText };
  const place = { y: 0.99, yref: 'paper', yanchor: 'top', showarrow: false, font };
  if (x < left) return [{ ...place, x: left, xanchor: 'left', text: ` ◂ ${text}` }];
  if (x > right) return [{ ...place, x: right, xanchor: 'right', text: `${text} ▸ ` }];
  const isLate = x > right - 0.2 * (right - left);
  return [{ ...place, x, xanchor: isLate ? 'right' : 'left', text: ` ${text} ` }];
}

/** How far above its mark a name stands, in pixels. */
const SHIFT = 11;

/** Names of reference models, as many as there is room for. */
export function modelNames(view: View, palette: Palette, canvas: Canvas, { x, y }: Ranges): Layer {
  const [width, height] = [canvas.width - AXES.width, canvas.height - AXES.height];
  const place = (text: string, seconds: number, loss: number) => ({
    text,
    x: (width * (Math.log10(1000 * seconds) - x[0])) / (x[1] - x[0]),
    y: (height * (loss - y[0])) / (y[1] - y[0]),
  });
  const places = view.references.map(({ name, seconds, loss }) => place(name, seconds, loss));
  const pins = view.pins.map(({ seconds, loss }) => {
    const pin = place('pin', seconds, loss.loss);
    return { ...pin, y: pin.y - SHIFT };
  });
  const isPlaced = placeLabels(places, width, pins);
  return view.references
    .filter((_, i) => isPlaced[i])
    .map(({ name, seconds, loss }) => ({
      x: Math.log10(1000 * seconds),
      y: loss,
      yshift: SHIFT,
      showarrow: false,
      text: name,
      font: { size: 10.5, color: palette.text },
      bgcolor: palette.label,
      borderpad: 0,
      captureevents: false,
    }));
}

/** The letters of the pins. */
export function pinNames(view: View, palette: Palette): Layer {
  return view.pins.map(({ seconds, loss }, p) => ({
    x: Math.log10(1000 * seconds),
    y: loss.loss,
    showarrow: false,
    text: `<b>${'AB'[p]}</b>`,
    font: { size: 11, color: palette.onPin },
    captureevents: false,
  }));
}
