import type { Fit } from '../law/fit/fit';
import type { Runs } from '../law/fit/runs';
import type { Figure } from './figure';
import { axis, colours, equalityLine, logAxis, makeLayout } from './theme';

/**
 * Figure 4: predicted against observed loss, training and validation runs, with the line of equality. `status` says
 * what the losses are.
 *
 * @example fitScatter(runs, predictRows(fitted.law, runs.columns, runs.loss.length), fitted, 'a note').name
 *   // 'figure-4-fit'
 */
export function fitScatter(
  runs: Runs,
  predictions: ArrayLike<number>,
  fit: Fit,
  note: string,
  status: 'reconstructed' | 'measured' = 'reconstructed',
): Figure {
  const groups: [string, boolean, string, string, number | null][] = [
    ['training', true, colours.blue, 'circle', fit.r2.train],
    ['validation', false, colours.orange, 'diamond', fit.r2.validation],
  ];
  const ends = [Math.min(...runs.loss) - 0.05, Math.max(...runs.loss) + 0.05];
  return {
    name: status === 'measured' ? 'fit-measured' : 'figure-4-fit',
    data: [
      equalityLine(ends),
      ...groups.map(([name, isTraining, color, symbol, r2]) => {
        const rows = [...runs.loss.keys()].filter((row) => runs.isTraining[row] === isTraining);
        return {
          type: 'scatter',
          mode: 'markers',
          name: `${name}: ${rows.length} runs, R² = ${(r2 ?? Number.NaN).toFixed(3)}`,
          x: rows.map((row) => runs.loss[row]),
          y: rows.map((row) => predictions[row]),
          text: rows.map((row) =>
            Object.entries(runs.columns)
              .map(([column, values]) => `${column} ${Number(values[row].toPrecision(4))}`)
              .join(' · '),
          ),
          hovertemplate: `%{text}<br>${status} %{x:.3f}, predicted %{y:.3f}<extra></extra>`,
          marker: { color, symbol, size: 7, opacity: 0.75, line: { width: 0.5, color: 'white' } },
        };
      }),
    ],
    layout: makeLayout(
      status === 'measured' ? 'The law against the runs' : 'Figure 4: the law against the runs',
      note,
      {
        xaxis: axis(`loss of the run (${status}), nats`),
        yaxis: axis('loss by the fitted law, nats per token'),
        height: 540,
      },
    ),
  };
}

/**
 * Fitted parameters over published ones, with two standard errors; what lies off the scale is written out.
 *
 * @example coefficientRatios(fitted, law().parameters, 'a note').name // 'coefficients'
 */
export function coefficientRatios(fit: Fit, published: Record<string, number>, note: string): Figure {
  const names = Object.keys(published);
  const [low, high] = [-2, 6];
  const ratio = (name: string) => fit.parameters[name] / published[name];
  const error = (name: string) => Math.abs((2 * fit.standardErrors[name]) / published[name]);
  const loose = new Set(fit.unidentified.map(({ parameter }) => parameter));
  const group = (label: string, members: string[], color: string, symbol: string) => ({
    type: 'scatter',
    mode: 'markers',
    name: label,
    x: members.map(ratio),
    y: members,
    error_x: { type: 'data', array: members.map(error), color, thickness: 1.5 },
    text: members.map(
      (name) =>
        `${name}: ${fit.parameters[name].toPrecision(3)} ± ${fit.standardErrors[name].toPrecision(2)}, Table 6: ${published[name]}`,
    ),
    hovertemplate: '%{text}<extra></extra>',
    marker: { color, symbol, size: 9 },
  });
  const offScale = names.filter((name) => ratio(name) < low || ratio(name) > high);
  return {
    name: 'coefficients',
    data: [
      group(
        'identified',
        names.filter((name) => !loose.has(name)),
        colours.blue,
        'circle',
      ),
      group(
        'standard error larger than the value',
        names.filter((name) => loose.has(name)),
        colours.orange,
        'diamond',
      ),
    ],
    layout: makeLayout('Coefficients over those of Table 6', note, {
      xaxis: axis('fitted / published, with two standard errors', { range: [low, high] }),
      yaxis: axis('', { categoryorder: 'array', categoryarray: [...names].reverse() }),
      shapes: [unity],
      annotations: offScale.map((name) => ({
        x: ratio(name) < low ? low : high,
        y: name,
        xanchor: ratio(name) < low ? 'left' : 'right',
        yshift: 10,
        showarrow: false,
        text: `off the scale: ${Number(ratio(name).toPrecision(3))} ± ${Number(error(name).toPrecision(2))}`,
      })),
      height: 520,
    }),
  };
}

const unity = {
  type: 'line',
  x0: 1,
  x1: 1,
  y0: 0,
  y1: 1,
  yref: 'paper',
  line: { color: colours.black, dash: 'dot', width: 1 },
};

/**
 * Profile of the fit along one parameter: the least squared error that the others can reach, and where L∞ goes.
 *
 * @example profile([{ value: 1, rmse: 0.1, irreducible: 2 }], 'a note').name // 'profile-kv-exponent'
 */
export function profile(
  points: readonly { value: number; rmse: number; irreducible: number }[],
  note: string,
): Figure {
  return {
    name: 'profile-kv-exponent',
    data: [
      {
        type: 'scatter',
        mode: 'lines+markers',
        name: 'RMSE',
        x: points.map((p) => p.value),
        y: points.map((p) => p.rmse),
        line: { color: colours.blue },
        hovertemplate: 'α<sub>m</sub> = %{x}: RMSE %{y:.5f}<extra></extra>',
      },
      {
        type: 'scatter',
        mode: 'lines+markers',
        name: 'L∞',
        xaxis: 'x2',
        yaxis: 'y2',
        x: points.map((p) => p.value),
        y: points.map((p) => p.irreducible),
        line: { color: colours.orange },
        hovertemplate: 'α<sub>m</sub> = %{x}: L∞ = %{y:.2f}<extra></extra>',
      },
    ],
    layout: makeLayout('α<sub>m</sub>, κ<sub>m</sub> and L∞ trade off', note, {
      grid: { rows: 1, columns: 2, pattern: 'independent', xgap: 0.2 },
      xaxis: logAxis('α<sub>m</sub> held at', { tickformat: '~r' }),
      xaxis2: logAxis('α<sub>m</sub> held at', { tickformat: '~r' }),
      yaxis: axis('RMSE of the best fit, nats', { rangemode: 'tozero' }),
      yaxis2: axis('fitted L∞, nats'),
      showlegend: false,
      height: 400,
    }),
  };
}
