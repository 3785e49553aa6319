import { paperApplications } from '../figures/applications';
import type { Figure } from '../figures/figure';
import { axis, describeArchitecture, makeLayout, millisecondsAxis } from '../figures/theme';
import type { Detail, Reference, View } from './engine';
import { placeLabels } from './labels';
import { inPalette, type Palette } from './theme';

/** How large the picture is drawn, and whether points may be drawn by the graphics processor. */
export interface Canvas {
  width: number;
  height: number;
  isWebgl: boolean;
}

/**
 * Loss against latency: every architecture, the frontier, the budget, the regions of Table 2, reference models,
 * the best choice and the pins. `customdata` of a point is what pins it: an index into the space, or the id of a
 * model.
 */
export function picture(view: View, palette: Palette, canvas: Canvas): Figure {
  const { inputs, choice } = view;
  const { objective } = inputs;
  const ranges = rangesOf(view);
  const narrow = canvas.width < 600;
  const best = choice && [choice.index];
  const layout = makeLayout('', '', {
    xaxis: millisecondsAxis(`${objective} latency, ms`, { range: ranges.x, dtick: narrow ? 1 : 'D2' }),
    yaxis: axis('predicted loss, nats per token', { range: ranges.y }),
    height: canvas.height,
    width: canvas.width,
    margin: { l: 58, r: 12, t: 34, b: 46 },
    legend: { orientation: 'h', y: -0.14, yanchor: 'top', x: 0, font: { size: 12 } },
    uirevision: objective,
    shapes: [...regions(view, palette, ranges.x), ...budgetLine(view, palette)],
    annotations: [...regionNames(view, palette, ranges.x, narrow), ...budgetName(view, palette)],
  });
  const isOver = (i: number) => view.memoryBytes[i] > inputs.memoryBudgetBytes;
  const data = [
    cloud('beyond the memory budget', indices(view.length, isOver), view, palette.beyond, canvas),
    cloud(
      'architectures',
      indices(view.length, (i) => !isOver(i)),
      view,
      palette.within,
      canvas,
    ),
    ...(view.unlimitedFrontier.join() === view.frontier.join()
      ? []
      : [line('frontier with any memory', view.unlimitedFrontier, view, palette.quiet, 'dot')]),
    line('frontier', view.frontier, view, palette.frontier, 'solid'),
    references(view.references, palette, canvas, ranges, view),
    ...(best ? [mark('best within budgets', best, view, palette.best)] : []),
    ...view.pins.map((pin, p) => pinMark(pin, p, view, palette)),
  ];
  return inPalette({ name: 'explorer', data, layout }, palette);
}

const HOVER = '%{hovertext}<br>loss %{y:.4f} · %{x:.4~g} ms · memory %{text:.3~g} GB';

/** Coordinates and hover texts of some architectures of the space. */
function points(chosen: readonly number[] | Uint32Array, view: View) {
  return {
    x: Float64Array.from(chosen, (i) => 1000 * view.seconds[i]),
    y: Float64Array.from(chosen, (i) => view.loss[i]),
    text: Array.from(chosen, (i) => view.memoryBytes[i] / 1e9),
    hovertext: Array.from(chosen, (i) => view.descriptions[i]),
    customdata: Array.from(chosen),
    hovertemplate: `${HOVER}<extra></extra>`,
  };
}

function cloud(name: string, chosen: Uint32Array, view: View, color: string, { isWebgl }: Canvas) {
  return {
    type: isWebgl ? 'scattergl' : 'scatter',
    mode: 'markers',
    name,
    ...points(chosen, view),
    marker: { size: 3.5, color, opacity: 0.45 },
    visible: chosen.length > 0,
  };
}

function line(name: string, chosen: readonly number[], view: View, color: string, dash: string) {
  const isSolid = dash === 'solid';
  return {
    type: 'scatter',
    mode: isSolid ? 'lines+markers' : 'lines',
    name,
    ...points(chosen, view),
    line: { color, width: isSolid ? 2 : 1.2, shape: 'hv', dash },
    marker: { size: 6 },
    ...(isSolid ? {} : { hoverinfo: 'skip', hovertemplate: undefined }),
  };
}

function mark(name: string, chosen: readonly number[], view: View, color: string) {
  return {
    type: 'scatter',
    mode: 'markers',
    name,
    ...points(chosen, view),
    marker: { size: 17, symbol: 'star', color, line: { width: 1, color: 'white' } },
  };
}

function references(
  models: readonly Reference[],
  palette: Palette,
  canvas: Canvas,
  ranges: Ranges,
  view: View,
) {
  const place = (value: number, [low, high]: [number, number]) => (value - low) / (high - low);
  const marks = models.map(({ name, seconds, loss }) => ({
    text: name,
    x: place(Math.log10(1000 * seconds), ranges.x) * (canvas.width - 70),
    y: place(loss, ranges.y) * (canvas.height - 80),
  }));
  const isNamed = placeLabels(marks, canvas.width - 70);
  const isOver = (model: Reference) => model.memoryBytes > view.inputs.memoryBudgetBytes;
  return {
    type: 'scatter',
    mode: 'markers+text',
    name: 'reference models',
    x: models.map(({ seconds }) => 1000 * seconds),
    y: models.map(({ loss }) => loss),
    text: models.map(({ name }, i) => (isNamed[i] ? name : '')),
    textposition: 'top center',
    textfont: { size: 10.5, color: palette.text },
    hovertext: models.map(
      (model) =>
        `<b>${model.name}</b><br>${describeArchitecture(model.architecture)}<br>` +
        `loss ${model.loss.toFixed(4)} by the law, not measured · memory ${(model.memoryBytes / 1e9).toPrecision(3)} GB` +
        `${isOver(model) ? ', beyond the budget' : ''}`,
    ),
    hovertemplate: '%{hovertext} · %{x:.4~g} ms<extra></extra>',
    customdata: models.map(({ id }) => id),
    marker: {
      size: 7,
      symbol: models.map((model) => (isOver(model) ? 'square-open' : 'square')),
      color: palette.text,
    },
  };
}

function pinMark({ name, latency, loss, architecture }: Detail, p: number, view: View, palette: Palette) {
  return {
    type: 'scatter',
    mode: 'markers+text',
    name: `pin ${'AB'[p]}: ${name}`,
    x: [1000 * latency[`${view.inputs.objective}Seconds`]],
    y: [loss.loss],
    text: ['AB'[p]],
    textposition: 'middle center',
    textfont: { size: 11, color: palette.back },
    hovertext: [describeArchitecture(architecture)],
    hovertemplate: `%{hovertext}<br>loss %{y:.4f} · %{x:.4~g} ms<extra>pin ${'AB'[p]}</extra>`,
    marker: { size: 18, symbol: 'circle', color: palette.pins[p], line: { width: 1, color: palette.text } },
  };
}

interface Ranges {
  /** Decades of milliseconds. */
  x: [number, number];
  y: [number, number];
}

/** Axis ranges around everything that is drawn, with a margin. */
function rangesOf({ length, seconds, loss, references: models, pins, inputs }: View): Ranges {
  let [fast, slow, low, high] = [Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY, 0];
  const take = (s: number, l: number) => {
    if (s > 0) [fast, slow] = [Math.min(fast, s), Math.max(slow, s)];
    [low, high] = [Math.min(low, l), Math.max(high, l)];
  };
  for (let i = 0; i < length; i++) take(seconds[i], loss[i]);
  for (const model of models) take(model.seconds, model.loss);
  for (const pin of pins) take(pin.latency[`${inputs.objective}Seconds`], pin.loss.loss);
  if (slow === 0) [fast, slow] = [1e-3, 1];
  const [left, right] = [Math.log10(1000 * fast), Math.log10(1000 * slow)];
  const [wide, tall] = [0.03 * (right - left + 0.1), 0.04 * (high - low + 0.01)];
  return { x: [left - wide, right + 2 * wide], y: [low - tall, high + tall] };
}

/** Where an application's latency lies, from the next stricter target of Table 2 to its own, in decades of ms. */
function stretches(view: View, [low, high]: [number, number]) {
  const targets = paperApplications.filter(({ objective }) => objective === view.inputs.objective);
  return targets.map(({ name, seconds }, i) => {
    const from = i === 0 ? low : Math.log10(1000 * targets[i - 1].seconds);
    const to = Math.log10(1000 * seconds);
    return { name, seconds, from: Math.max(low, from), to: Math.min(high, to) };
  });
}

function regions(view: View, palette: Palette, range: [number, number]) {
  return stretches(view, range)
    .filter(({ from, to }, i) => from < to && i % 2 === 0)
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

function regionNames(view: View, palette: Palette, range: [number, number], narrow: boolean) {
  return stretches(view, range)
    .filter(({ from, to }) => to - from > 0.1 * (range[1] - range[0]))
    .map(({ name, seconds, from, to }) => ({
      x: (from + to) / 2,
      y: 1,
      yref: 'paper',
      yanchor: 'bottom',
      showarrow: false,
      text: narrow ? name.replace(' ', '<br>') : `${name}<br>< ${1000 * seconds} ms`,
      font: { size: 10.5, color: palette.quiet },
    }));
}

function budgetLine({ inputs }: View, palette: Palette) {
  if (!Number.isFinite(inputs.latencyBudgetSeconds)) return [];
  const x = 1000 * inputs.latencyBudgetSeconds;
  return [
    {
      type: 'line',
      x0: x,
      x1: x,
      y0: 0,
      y1: 1,
      yref: 'paper',
      line: { color: palette.best, dash: 'dash', width: 1.5 },
    },
  ];
}

function budgetName({ inputs }: View, palette: Palette) {
  if (!Number.isFinite(inputs.latencyBudgetSeconds)) return [];
  return [
    {
      x: Math.log10(1000 * inputs.latencyBudgetSeconds),
      y: 0.99,
      yref: 'paper',
      xanchor: 'left',
      yanchor: 'top',
      showarrow: false,
      text: ` budget ${Number((1000 * inputs.latencyBudgetSeconds).toPrecision(4))} ms`,
      font: { size: 11, color: palette.best },
    },
  ];
}

function indices(length: number, keep: (i: number) => boolean): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => i).filter(keep);
}
