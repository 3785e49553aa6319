import type { VlaComparison } from '../vla/compare';
import type { StageName, VlaLatency } from '../vla/stages';
import type { Figure } from './figure';
import { axis, colours, equalityLine, makeLayout, millisecondsAxis } from './theme';

const STAGE_COLOURS: Record<StageName, string> = {
  vision: colours.green,
  projector: colours.yellow,
  prefill: colours.blue,
  adapter: colours.grey,
  action: colours.orange,
};

/**
 * Where the time of a control step goes: the share of each stage, and the whole beside the name.
 *
 * @example stageTimes([{ name: 'OpenVLA', ...vlaLatency(vla('openvla-7b'), setting) }], 'a note').name // 'stage-times'
 */
export function stageTimes(
  robots: readonly (Pick<VlaLatency, 'stages' | 'secondsPerChunk'> & { name: string })[],
  note: string,
): Figure {
  const secondsOf = (stage: StageName, { stages }: Pick<VlaLatency, 'stages'>) =>
    stages.find(({ name }) => name === stage)?.seconds ?? 0;
  return {
    name: 'stage-times',
    data: (Object.keys(STAGE_COLOURS) as StageName[]).map((stage) => ({
      type: 'bar',
      orientation: 'h',
      name: stage,
      y: robots.map(({ name, secondsPerChunk }) => `${name}, ${milliseconds(secondsPerChunk)}`),
      x: robots.map((robot) => (100 * secondsOf(stage, robot)) / robot.secondsPerChunk),
      customdata: robots.map((robot) => 1000 * secondsOf(stage, robot)),
      marker: { color: STAGE_COLOURS[stage] },
      hovertemplate: `%{y}: ${stage} %{customdata:.3g} ms, %{x:.0f} %<extra></extra>`,
    })),
    layout: makeLayout('Where the time of a control step goes', note, {
      barmode: 'stack',
      xaxis: axis('% of the time per chunk of actions', { range: [0, 100] }),
      yaxis: { autorange: 'reversed', automargin: true, ticksuffix: ' ' },
      height: 130 + 34 * robots.length,
      legend: { orientation: 'h', y: -0.14, yanchor: 'top', x: 0, traceorder: 'normal' },
    }),
  };
}

const milliseconds = (seconds: number) =>
  `${(1000 * seconds).toLocaleString('en-US', { maximumSignificantDigits: 3 })} ms`;

/**
 * Predicted against measured time per chunk, a colour for each series.
 *
 * @example robotsAgainstMeasured({ ideal: compareVlas(await readVlaMeasurements()) }, 'a note').name
 *   // 'robots-measured'
 */
export function robotsAgainstMeasured(
  series: Readonly<Record<string, readonly VlaComparison[]>>,
  note: string,
): Figure {
  const totals = Object.entries(series).map(
    ([name, all]) => [name, all.filter(({ quantity }) => quantity === 'total')] as const,
  );
  const seconds = totals.flatMap(([, all]) => all.flatMap((c) => [c.measuredSeconds, c.predictedSeconds]));
  const palette = [colours.blue, colours.orange, colours.green, colours.purple];
  return {
    name: 'robots-measured',
    data: [
      ...totals.map(([name, all], s) => ({
        type: 'scatter',
        mode: 'markers',
        name,
        x: all.map(({ measuredSeconds }) => 1000 * measuredSeconds),
        y: all.map(({ predictedSeconds }) => 1000 * predictedSeconds),
        text: all.map(
          ({ measurement: m }) =>
            `${m.vla.name} · ${m.engine} · ${m.device.name} · ${m.precision}<br>${m.id}`,
        ),
        hovertemplate: '%{text}<br>measured %{x:.3g} ms, predicted %{y:.3g} ms<extra></extra>',
        marker: { color: palette[s % palette.length], size: 8, opacity: 0.75 },
      })),
      ...(seconds.length === 0
        ? []
        : [equalityLine([800 * Math.min(...seconds), 1250 * Math.max(...seconds)])]),
    ],
    layout: makeLayout('Control steps, predicted against measured', note, {
      xaxis: millisecondsAxis('measured, ms per chunk of actions', { dtick: 1 }),
      yaxis: millisecondsAxis('predicted, ms per chunk of actions', { dtick: 1 }),
      height: 520,
    }),
  };
}
