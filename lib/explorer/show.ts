import type { Figure } from '../figures/figure';
import { escapeHtml } from '../report/html';
import type { Ranges } from './annotations';
import { drawRooflines, showCards } from './cards';
import { comparison } from './comparison';
import { type Drawing, element, Plotly } from './elements';
import type { View } from './engine';
import { frontierTable } from './frontier-table';
import { NARROW, picture, rangesOf } from './picture';
import { preferMarks } from './pointer';
import { dark, light } from './theme';
import { summary, verdict } from './verdict';

const isDark = matchMedia('(prefers-color-scheme: dark)');
const CONFIG = { displaylogo: false, displayModeBar: false, doubleClick: false, showTips: false };
/** What to do next, by the number of pins. */
const HINTS = [
  'Pin one or two architectures to compare: click in the picture, or use the table or the list of models.',
  'The pin is compared with the best. With a second pin, the two are compared.',
  'Another pin takes the place of the second.',
];
/** A second click within so many milliseconds makes a double click. */
const DOUBLE = 350;
/** How long the controls have to rest before what is below the fold is drawn, in milliseconds. */
const REST = 120;

let rest: ReturnType<typeof setTimeout> | undefined;
/** Ends of the axes when everything is shown. */
let ranges: Ranges;

/**
 * Draws the view: verdict, picture and comparison at once; rooflines when the controls rest. Points are drawn
 * by WebGL where there is one.
 */
export async function show(view: View, isWebgl: boolean): Promise<void> {
  const focus = rememberFocus();
  element('verdict').innerHTML = verdict(view);
  element('summary').textContent = summary(view);
  await drawPicture(view, isWebgl);
  element('comparison').innerHTML = comparison(view.compared, view);
  element('compare-hint').textContent = HINTS[view.pins.length];
  showCards(view.compared, view);
  showFrontierTable(view);
  focus();
  clearTimeout(rest);
  rest = setTimeout(() => drawRooflines(view.compared, view, palette()), REST);
}

async function drawPicture(view: View, isWebgl: boolean): Promise<void> {
  const place = element<Drawing>('picture');
  const width = place.clientWidth;
  const canvas = { width, height: Math.round(Math.min(560, Math.max(380, 0.62 * width))), isWebgl };
  ranges = rangesOf(view);
  const { data, layout } = picture(view, ranges, palette(), canvas);
  element('zoom').textContent = canvas.width < NARROW ? '' : ', drag to zoom, double-click to see all again';
  await Plotly.react(place, data, layout, CONFIG);
  element('legend').innerHTML = layout.showlegend ? '' : legend(data);
}

/** What the colours of a picture mean, where the picture itself has no room to say it. */
function legend(data: Figure['data']): string {
  return data
    .filter(({ visible }) => visible !== false)
    .map(({ name, line, marker }) => {
      const { color } = (line ?? marker) as { color: string | string[] };
      return `<span><i style="background:${[color].flat()[0]}"></i>${escapeHtml(String(name))}</span>`;
    })
    .join(' ');
}

/**
 * Remembers which button has the focus; the function returned gives it to the button that is written in its
 * place, or to what is pinned where that button is gone, so that a keyboard never starts from the top again.
 */
function rememberFocus(): () => void {
  const focused = document.activeElement;
  const selector =
    focused instanceof HTMLButtonElement && focused.id === ''
      ? Object.entries(focused.dataset)
          .map(([key, value]) => `[data-${key}="${value}"]`)
          .join('')
      : '';
  if (selector === '') return () => {};
  const region = focused!.closest('[id]')?.id;
  return () => {
    if (focused!.isConnected || region === undefined) return;
    (document.querySelector<HTMLElement>(`#${region} ${selector}`) ?? element('details-title')).focus();
  };
}

/** The frontier as a table, made only where it is open. */
export function showFrontierTable(view: View): void {
  element('frontier-count').textContent = `${view.frontier.length} architectures`;
  element('frontier-table').innerHTML = element<HTMLDetailsElement>('frontier-details').open
    ? frontierTable(view)
    : '';
}

/**
 * Tells what a click in the picture points at: an architecture by its index, a model by its id. A double click
 * shows everything again, and points at nothing.
 */
export function onPictureClick(pin: (point: number | string) => void): void {
  const place = element<Drawing>('picture');
  let pending: ReturnType<typeof setTimeout> | undefined;
  let last = Number.NEGATIVE_INFINITY;
  preferMarks(place);
  place.on('plotly_click', ({ points }) => {
    const point = points[0]?.customdata;
    const isSecond = performance.now() - last < DOUBLE;
    last = performance.now();
    clearTimeout(pending);
    if (isSecond || (typeof point !== 'number' && typeof point !== 'string')) return;
    pending = setTimeout(() => pin(point), DOUBLE);
  });
  place.on('plotly_doubleclick', () => {
    clearTimeout(pending);
    last = performance.now();
    Plotly.relayout(place, { 'xaxis.range': [...ranges.x], 'yaxis.range': [...ranges.y] });
  });
}

/** Calls `redraw` when the window changes its width or its theme. */
export function onSurroundings(redraw: () => void): void {
  let width = innerWidth;
  isDark.addEventListener('change', redraw);
  addEventListener('resize', () => {
    if (innerWidth !== width) redraw();
    width = innerWidth;
  });
}

function palette() {
  return isDark.matches ? dark : light;
}
