import { describeArchitecture } from '../figures/theme';
import type { Detail, View } from './engine';
import { gigabytes } from './format';
import type { Palette } from './theme';

type Trace = Record<string, unknown>;

/** All architectures of the space, in two clouds: those that the memory budget allows, and the others. */
export function architectures(view: View, palette: Palette): Trace[] {
  const isOver = (i: number) => view.memoryBytes[i] > view.inputs.memoryBudgetBytes;
  const all = Uint32Array.from({ length: view.length }, (_, i) => i);
  const cloud = (name: string, chosen: Uint32Array, color: string) => ({
    mode: 'markers',
    name,
    ...points(chosen, view),
    marker: { size: 3.5, color, opacity: 0.45 },
    visible: chosen.length > 0,
  });
  return [
    cloud('beyond the memory budget', all.filter(isOver), palette.beyond),
    cloud(
      'architectures',
      all.filter((i) => !isOver(i)),
      palette.within,
    ),
  ];
}

/** The frontier of what the memory budget allows, and the frontier without that budget where it differs. */
export function frontierLine(view: View, palette: Palette): Trace[] {
  const isLimited = view.unlimitedFrontier.join() !== view.frontier.join();
  const unlimited = {
    mode: 'lines',
    name: 'frontier with any memory',
    ...points(view.unlimitedFrontier, view),
    line: { color: palette.quiet, width: 1, shape: 'hv', dash: 'dot' },
    hoverinfo: 'skip',
    hovertemplate: undefined,
  };
  const limited = {
    mode: 'lines+markers',
    name: 'frontier',
    ...points(view.frontier, view),
    line: { color: palette.frontier, width: 2, shape: 'hv' },
    marker: { size: 6 },
  };
  return isLimited ? [unlimited, limited] : [limited];
}

/** Published models under the same law, board and task; pale where they are beyond the memory budget. */
export function referenceModels({ references, inputs }: View, palette: Palette): Trace {
  const isOver = (bytes: number) => bytes > inputs.memoryBudgetBytes;
  return {
    mode: 'markers',
    name: 'reference models, loss by the law',
    meta: 'marks',
    x: references.map(({ seconds }) => 1000 * seconds),
    y: references.map(({ loss }) => loss),
    hovertext: references.map(
      ({ name, architecture, memoryBytes }) =>
        `<b>${name}</b><br>${describeArchitecture(architecture)}<br>memory ${gigabytes(memoryBytes)}` +
        `${isOver(memoryBytes) ? ', beyond the budget' : ''}`,
    ),
    hovertemplate: '%{hovertext}<br>loss %{y:.4f} by the law, not measured · %{x:.4~g} ms<extra></extra>',
    customdata: references.map(({ id }) => id),
    marker: {
      size: 8,
      symbol: 'square',
      color: references.map(({ memoryBytes }) => (isOver(memoryBytes) ? palette.quiet : palette.text)),
    },
  };
}

/** The best architecture within the budgets, if there is one. */
export function best(view: View, palette: Palette): Trace[] {
  if (view.choice === undefined) return [];
  return [
    {
      mode: 'markers',
      name: 'best within budgets',
      meta: 'marks',
      ...points([view.choice.index], view),
      marker: { size: 17, symbol: 'star', color: palette.best, line: { width: 1, color: palette.back } },
    },
  ];
}

/** A pinned architecture. */
export function pinned({ name, seconds, loss, architecture }: Detail, p: number, palette: Palette): Trace {
  return {
    mode: 'markers',
    name: `${'AB'[p]}: ${name}`,
    meta: 'marks',
    x: [1000 * seconds],
    y: [loss.loss],
    hovertext: [describeArchitecture(architecture)],
    hovertemplate: `%{hovertext}<br>loss %{y:.4f} · %{x:.4~g} ms<extra>${'AB'[p]}</extra>`,
    marker: { size: 18, symbol: 'circle', color: palette.pins[p], line: { width: 1, color: palette.text } },
  };
}

/** Coordinates and hover texts of some architectures of the space. */
function points(chosen: readonly number[] | Uint32Array, view: View) {
  return {
    x: Float64Array.from(chosen, (i) => 1000 * view.seconds[i]),
    y: Float64Array.from(chosen, (i) => view.loss[i]),
    text: Array.from(chosen, (i) => view.memoryBytes[i] / 1e9),
    hovertext: Array.from(chosen, (i) => view.descriptions[i]),
    customdata: Array.from(chosen),
    hovertemplate: '%{hovertext}<br>loss %{y:.4f} · %{x:.4~g} ms · memory %{text:.3~g} GB<extra></extra>',
  };
}
