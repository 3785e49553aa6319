import type { Device } from '../device';
import type { Phase } from '../roofline/roofline';
import type { Figure } from './figure';
import { axis, colours, logAxis, makeLayout, precisionColours } from './theme';

/** Operators of a phase, under a name. */
export interface NamedPhase {
  name: string;
  phase: Phase;
  precision: 'fp16' | 'int8';
}

/** The roofline of a device and the operators of some phases on it: FLOP/s attained against intensity. */
export function rooflineChart(device: Device, phases: readonly NamedPhase[], note: string): Figure {
  const { bandwidthBytesPerSecond: bandwidth, peakFlopsPerSecond, vectorFlopsPerSecond } = device;
  const roofs: [string, number, string][] = [
    ['int8 matrix peak', peakFlopsPerSecond.int8 ?? Number.NaN, precisionColours.int8],
    ['fp16 matrix peak', peakFlopsPerSecond.fp16, precisionColours.fp16],
    ['vector rate', vectorFlopsPerSecond, colours.grey],
  ];
  const symbols = ['circle', 'diamond', 'square', 'triangle-up', 'x', 'star'];
  const [low, high] = [0.1, 3000];
  return {
    name: 'roofline-orin',
    data: [
      ...roofs
        .filter(([, peak]) => Number.isFinite(peak))
        .map(([name, peak, color]) => {
          const ridge = peak / bandwidth;
          return {
            type: 'scatter',
            mode: 'lines',
            name: `${name}, ${(peak / 1e12).toPrecision(3)} TFLOP/s`,
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
            `${o.name}: ${((100 * o.seconds) / phase.seconds).toFixed(1)} % of ${name}, ${o.bound}-bound`,
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

/** Where the time of several runs goes, operator by operator, as stacked bars. */
export function operatorTimes(phases: readonly { name: string; phase: Phase }[], note: string): Figure {
  const groups: [string, (name: string) => boolean, string][] = [
    ['FFN projections', (n) => /^(gate|up|down)Projection$/.test(n), colours.blue],
    ['attention projections', (n) => /^(query|key|value|output)Projection$/.test(n), colours.sky],
    ['attention', (n) => /^(attention|scores|softmax|weightedValues)$/.test(n), colours.green],
    ['LM head', (n) => n === 'head' || n === 'finalNorm', colours.purple],
    ['activation function', (n) => n === 'activation', colours.yellow],
    [
      'norms, residuals, router',
      (n) => /Norm$|Residual$|^router$/.test(n) && n !== 'finalNorm',
      colours.grey,
    ],
    ['conversion to int8', (n) => n.startsWith('quantize'), colours.orange],
  ];
  return {
    name: 'operator-times',
    data: groups.map(([name, belongs, color]) => ({
      type: 'bar',
      orientation: 'h',
      name,
      y: phases.map((p) => p.name),
      x: phases.map(({ phase }) =>
        phase.operators.filter((o) => belongs(o.name)).reduce((sum, o) => sum + 1000 * o.seconds, 0),
      ),
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
