import type { Device } from '../device';
import type { Phase } from '../roofline/phase';
import { type Precision, precisions } from '../workload';
import type { Figure } from './figure';
import { axis, colours, logAxis, makeLayout, precisionColours } from './theme';

/** Operators of a phase, under a name. */
export interface NamedPhase {
  name: string;
  phase: Phase;
  precision: Precision;
}

/**
 * The roofline of a device and the operators of some phases on it: FLOP/s attained against intensity.
 *
 * @example rooflineChart(orin, [{ name: 'decode', phase: rooflineLatency(qwen, setting).decode,
 *   precision: 'fp16' }], 'a note').name // 'roofline-orin'
 */
export function rooflineChart(device: Device, phases: readonly NamedPhase[], note: string): Figure {
  const { bandwidthBytesPerSecond: bandwidth, peakFlopsPerSecond, vectorFlopsPerSecond } = device;
  // Attention is computed in 16 bits at every precision.
  const used = new Set(['fp16', ...phases.map(({ precision }) => precisions[precision].peak)]);
  const { fp16, int8, fp4 } = peakFlopsPerSecond;
  const peaks: [string, number | null | undefined, string][] = [
    ['fp4', fp4, precisionColours.nvfp4],
    ['int8', int8, precisionColours.int8],
    ['fp16', fp16, precisionColours.fp16],
  ];
  const roofs: [string, number, string][] = [
    ...peaks.flatMap(([name, peak, color]): [string, number, string][] =>
      peak && used.has(name) ? [[`${name} matrix peak`, peak, color]] : [],
    ),
    ...(vectorFlopsPerSecond === null
      ? []
      : [['vector rate', vectorFlopsPerSecond, colours.grey] satisfies [string, number, string]]),
  ];
  const symbols = ['circle', 'diamond', 'square', 'triangle-up', 'x', 'star'];
  const [low, high] = [0.1, 3000];
  return {
    name: 'roofline-orin',
    data: [
      ...roofs.map(([name, peak, color]) => {
        const ridge = peak / bandwidth;
        return {
          type: 'scatter',
          mode: 'lines',
          name: `${name}, ${Number((peak / 1e12).toPrecision(3))} ${name.startsWith('int8') ? 'TOP/s' : 'TFLOP/s'}`,
          x: [low, ridge, high],
          y: [low * bandwidth, peak, peak],
          line: { color, width: 2 },
          hovertemplate: `${name}: ridge at ${ridge.toFixed(0)} FLOP/B<extra></extra>`,
        };
      }),
      ...phases.map(({ name, phase, precision }, p) => ({
        type: 'scatter',
        mode: 'markers',
        name,
        x: phase.operators.map((o) => o.intensity),
        y: phase.operators.map((o) => o.flops / o.seconds),
        text: phase.operators.map(
          (o) =>
            `${words(o.name)}: ${((100 * o.seconds) / phase.seconds).toFixed(1)} % of ${name}, ${o.bound}-bound`,
        ),
        hovertemplate: '%{text}<br>%{x:.3g} FLOP/B, %{y:.3s}FLOP/s<extra></extra>',
        marker: {
          symbol: symbols[p],
          color: precisionColours[precision],
          opacity: 0.85,
          size: phase.operators.map((o) => 6 + 22 * Math.sqrt(o.seconds / phase.seconds)),
          line: { width: 1, color: 'white' },
        },
      })),
    ],
    layout: makeLayout(`Operators on the roofline of ${device.name}`, note, {
      xaxis: logAxis('arithmetic intensity, FLOP per byte', {
        range: [Math.log10(low), Math.log10(high)],
        dtick: 1,
        tickformat: '~r',
      }),
      yaxis: logAxis('attained FLOP/s', { dtick: 1 }),
      height: 540,
    }),
  };
}

/** `valueProjection` as `value projection`. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`);
}

/** What operators are for, so that a reader sees seven parts of the time and not twenty-four. */
export const operatorGroups: readonly {
  name: string;
  color: string;
  belongs: (operator: string) => boolean;
}[] = [
  {
    name: 'FFN projections',
    color: colours.blue,
    belongs: (o) => /^((gate|up|down)|(shared|expert)(Gate|Up|Down))Projection$/.test(o),
  },
  {
    name: 'attention projections',
    color: colours.sky,
    belongs: (o) => /^(query|key|value|latent|input|output)(Down|Up|Gate)?Projection$/.test(o),
  },
  {
    name: 'attention',
    color: colours.green,
    belongs: (o) => /^(attention|scores|softmax|weightedValues|convolution|recurrence)$/.test(o),
  },
  { name: 'LM head', color: colours.purple, belongs: (o) => o === 'head' || o === 'finalNorm' },
  {
    name: 'activation function',
    color: colours.yellow,
    belongs: (o) => o === 'activation' || o === 'sharedActivation',
  },
  {
    name: 'norms, residuals, router',
    color: colours.grey,
    belongs: (o) => /Norm$|Residual$|^router$/.test(o) && o !== 'finalNorm',
  },
  { name: 'conversion to int8', color: colours.orange, belongs: (o) => o.startsWith('quantize') },
];

/** Seconds of a phase by group, in the order of `operatorGroups`. */
export function groupSeconds(phase: Phase): number[] {
  return operatorGroups.map(({ belongs }) =>
    phase.operators.filter((o) => belongs(o.name)).reduce((sum, o) => sum + o.seconds, 0),
  );
}

/**
 * Where the time of several runs goes, operator by operator, as stacked bars.
 *
 * @example operatorTimes([{ name: 'decode', phase: rooflineLatency(qwen, setting).decode }], 'a note').name
 *   // 'operator-times'
 */
export function operatorTimes(phases: readonly { name: string; phase: Phase }[], note: string): Figure {
  const seconds = phases.map(({ phase }) => groupSeconds(phase));
  const used = operatorGroups
    .map((group, g) => ({ ...group, g }))
    .filter(({ g }) => seconds.some((groups) => groups[g] > 0));
  return {
    name: 'operator-times',
    data: used.map(({ name, color, g }) => ({
      type: 'bar',
      orientation: 'h',
      name,
      y: phases.map((p) => p.name),
      x: seconds.map((groups) => 1000 * groups[g]),
      marker: { color },
      hovertemplate: `${name}: %{x:.3g} ms<extra></extra>`,
    })),
    layout: makeLayout('Where the time goes', note, {
      barmode: 'stack',
      xaxis: axis('milliseconds'),
      yaxis: { autorange: 'reversed', automargin: true, ticksuffix: ' ' },
      height: 120 + 62 * phases.length,
      legend: { orientation: 'h', y: -0.16, yanchor: 'top', x: 0, traceorder: 'normal' },
    }),
  };
}
