import type { Figure } from '../figures/figure';
import { axis, makeLayout, millisecondsAxis } from '../figures/theme';
import {
  AXES,
  budgetLine,
  budgetName,
  type Canvas,
  modelNames,
  pinNames,
  type Ranges,
  regionNames,
  regions,
} from './annotations';
import type { View } from './engine';
import { camerasOf, gigabytes, latencyName, plain } from './format';
import { inPalette, type Palette } from './theme';
import { architectures, best, frontierLine, pinned, referenceModels } from './traces';

/** Below this width, in pixels, the picture does without a legend and without zoom. */
export const NARROW = 600;
/** Pixels that the label of a tick takes. */
const TICK = 58;

/**
 * Loss against latency: every architecture, the frontier, the budget, the regions of Table 2, reference models,
 * the best choice and the pins. `customdata` of a point is what pins it: an index into the space, or the id of a
 * model.
 */
export function picture(view: View, ranges: Ranges, palette: Palette, canvas: Canvas): Figure {
  const isNarrow = canvas.width < NARROW;
  const traces = [
    ...architectures(view, palette),
    ...frontierLine(view, palette),
    referenceModels(view, palette),
    ...best(view, palette),
    ...view.pins.map((pin, p) => pinned(pin, p, palette)),
  ];
  const layout = makeLayout('', '', {
    // A picture that is handed on says what it is of.
    title: {
      text: subject(view, isNarrow),
      font: { size: isNarrow ? 11 : 12 },
      xref: isNarrow ? 'container' : 'paper',
      x: 0,
      y: 1,
      yanchor: 'top',
      pad: { t: 8, l: 4 },
    },
    xaxis: millisecondsAxis(`${latencyName(view.inputs)}, ms`, {
      range: ranges.x,
      // Ticks at 1, 2 and 5 in each decade where there is room for their labels.
      dtick: 3 * TICK * (ranges.x[1] - ranges.x[0]) > canvas.width - AXES.width ? 1 : 'D2',
    }),
    yaxis: axis('predicted loss, nats per token', { range: ranges.y }),
    height: canvas.height,
    width: canvas.width,
    margin: { l: 58, r: 12, t: isNarrow ? 72 : 56, b: 46 },
    // Below the axis and its title, whatever the height.
    legend: {
      orientation: 'h',
      y: -76 / (canvas.height - AXES.height),
      yanchor: 'top',
      x: 0,
      font: { size: 12 },
      itemsizing: 'constant',
    },
    // A narrow screen has no room for a legend in the picture, nor for zooming where fingers scroll.
    showlegend: !isNarrow,
    dragmode: isNarrow ? false : 'zoom',
    // A zoom is kept as long as it looks at the same stretch of the world.
    uirevision: JSON.stringify(ranges),
    shapes: [...regions(view, palette, ranges.x), ...budgetLine(view, palette)],
    annotations: [
      ...regionNames(view, palette, ranges.x, isNarrow),
      ...budgetName(view, palette, ranges.x),
      ...modelNames(view, palette, canvas, ranges),
      ...pinNames(view, palette),
    ],
  });
  // All in one kind: what WebGL draws lies above all that SVG draws.
  const type = canvas.isWebgl ? 'scattergl' : 'scatter';
  return inPalette({ name: 'explorer', data: traces.map((trace) => ({ type, ...trace })), layout }, palette);
}

/** Board and task in a line, or two; and the law where it is not the published one. */
function subject({ inputs }: View, isNarrow: boolean): string {
  const { device, precision, workload, attention } = inputs.setting;
  const { batch, inputTokens, outputTokens } = workload;
  const { robot, profileKind } = inputs;
  const task =
    robot === undefined
      ? `batch ${batch}, ${plain(inputTokens)} tokens in, ${plain(outputTokens)} out`
      : `${robot.vla.name}, ${camerasOf(robot)}`;
  const times = { ideal: '', fitted: ', fitted times', own: ', times by own profile' }[profileKind];
  const law = inputs.law.name === 'published' ? '' : `, ${inputs.law.name ?? 'another'} law`;
  const head = inputs.vocabulary === undefined ? '' : ', with LM head';
  const form = attention === 'fused' || robot !== undefined ? '' : `, ${attention} attention`;
  const isOwn = inputs.memoryBudgetBytes < device.memoryCapacityBytes;
  const memory = isOwn ? `, at most ${gigabytes(inputs.memoryBudgetBytes)}` : '';
  return `${device.name}${isNarrow ? '<br>' : ', '}${precision}, ${task}${head}${form}${times}${memory}${law}`;
}

/** Axis ranges around everything that is drawn, with a margin. */
export function rangesOf({ length, seconds, loss, references, pins }: View): Ranges {
  let [fast, low] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  let [slow, high] = [0, Number.NEGATIVE_INFINITY];
  const take = (s: number, l: number) => {
    [fast, slow] = [Math.min(fast, s), Math.max(slow, s)];
    [low, high] = [Math.min(low, l), Math.max(high, l)];
  };
  for (let i = 0; i < length; i++) take(seconds[i], loss[i]);
  for (const model of references) take(model.seconds, model.loss);
  for (const pin of pins) take(pin.seconds, pin.loss.loss);
  const [left, right] = [Math.log10(1000 * fast), Math.log10(1000 * slow)];
  const [wide, tall] = [0.03 * (right - left + 0.1), 0.04 * (high - low + 0.01)];
  return { x: [left - wide, right + 2 * wide], y: [low - tall, high + tall] };
}
