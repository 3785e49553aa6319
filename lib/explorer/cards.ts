import { groupSeconds, operatorGroups, rooflineChart } from '../figures/roofline';
import { outsideRanges } from '../law/law';
import { escapeHtml } from '../report/html';
import type { Phase } from '../roofline/phase';
import { latencyCommand } from './downloads';
import { type Drawing, element, Plotly } from './elements';
import type { Detail, View } from './engine';
import { gigabytes, milliseconds, percent } from './format';
import { inPalette, type Palette } from './theme';

/** What stands below the comparison for each architecture: where its time and its memory go. */
export function showCards(details: readonly Detail[], view: View): void {
  const cards = element('cards');
  while (cards.children.length > details.length) cards.lastElementChild!.remove();
  while (cards.children.length < details.length) {
    const card = document.createElement('article');
    card.innerHTML = '<div class="numbers"></div><div class="roofline"></div>';
    cards.append(card);
  }
  details.forEach((detail, i) => {
    cards.children[i].querySelector('.numbers')!.innerHTML = numbers(detail, i, view);
  });
}

/** Draws the rooflines of the cards. */
export async function drawRooflines(details: readonly Detail[], view: View, palette: Palette): Promise<void> {
  const { device, precision } = view.inputs.setting;
  const places = document.querySelectorAll<Drawing>('#cards .roofline');
  for (const [i, { phases: all, name }] of details.entries()) {
    const place = places[i];
    const phases = all.filter(({ phase }) => phase.seconds > 0).map((each) => ({ ...each, precision }));
    const { layout, name: kind, data } = rooflineChart(device, phases, '');
    const roofs = data.slice(0, data.length - phases.length);
    const marks = phases.map(({ phase }, p) => inGroupColours(data[roofs.length + p], phase));
    const own = {
      ...layout,
      title: { text: '' },
      width: place.clientWidth,
      xaxis: {
        ...(layout.xaxis as object),
        // The whole title has no room on a narrow screen.
        title: { text: place.clientWidth < 420 ? 'FLOP per byte' : 'arithmetic intensity, FLOP per byte' },
      },
      height: 350,
      margin: { l: 58, r: 8, t: 10, b: 46 },
      showlegend: false,
      uirevision: name,
    };
    const lines = roofs.map((roof) => roof.name).join('; ');
    place.previousElementSibling!.querySelector('.roofs')!.textContent = `Lines: ${lines}.`;
    const figure = inPalette({ name: kind, data: [...roofs, ...marks], layout: own }, palette);
    await Plotly.react(place, figure.data, figure.layout, { displayModeBar: false });
  }
}

/** The marks of a phase in the colours that its bar has. */
function inGroupColours(trace: Record<string, unknown>, phase: Phase): Record<string, unknown> {
  const colourOf = (operator: string) => operatorGroups.find(({ belongs }) => belongs(operator))?.color;
  const color = phase.operators.map(({ name }) => colourOf(name));
  return { ...trace, marker: { ...(trace.marker as object), color } };
}

/** What `rooflineChart` draws the operators of each phase as. */
const SYMBOLS = ['circles', 'diamonds', 'squares', 'triangles', 'crosses'];

function numbers(detail: Detail, i: number, view: View): string {
  const { name, field, architecture, phases } = detail;
  const shown = phases.filter(({ phase }) => phase.seconds > 0);
  const marks = shown.map((each, p) => `${SYMBOLS[p]} in ${each.name}`).join(', ');
  const extrapolated = outsideRanges(view.inputs.law, architecture);
  return [
    `<h3>${field === undefined ? '' : `${field.slice(-1)}: `}${escapeHtml(name)}</h3>`,
    extrapolated.length === 0
      ? ''
      : `<p class="hint">The loss is extrapolated: ${escapeHtml(extrapolated.join('; '))}.</p>`,
    ...shown.map((each) => bar(each.name, each.phase)),
    legend(phases),
    memoryBar(detail, view),
    '<p class="buttons">',
    `<button type="button" data-save="json" data-card="${i}">Architecture as JSON</button>`,
    `<button type="button" data-save="config" data-card="${i}">Trainable config.json</button>`,
    '</p>',
    '<p class="hint said" role="status"></p>',
    `<p class="command"><code>${escapeHtml(latencyCommand(detail, view.inputs))}</code></p>`,
    '<h4>Operators under the roofs</h4>',
    '<p class="hint">Each mark is an operator, in the colour of its group and larger the more time it takes: ' +
      `${marks}. Left of the bend the bandwidth limits it, right of it the peak. ` +
      '<span class="roofs"></span></p>',
  ].join('');
}

/** A phase's time by groups of operators, as a stacked bar. */
function bar(title: string, phase: Phase): string {
  const parts = groupSeconds(phase).map((seconds, g) => {
    const share = seconds / phase.seconds;
    const text = `${operatorGroups[g].name}: ${milliseconds(seconds)}, ${percent(share)}`;
    return `<span style="width:${100 * share}%;background:${operatorGroups[g].color}" title="${escapeHtml(text)}"></span>`;
  });
  return (
    `<p class="bar-title">${title[0].toUpperCase()}${title.slice(1)} ${milliseconds(phase.seconds)}, mostly ${phase.bound}-bound</p>` +
    `<div class="bar" aria-hidden="true">${parts.join('')}</div>`
  );
}

/** The shares behind the bars, in words. */
function legend(phases: Detail['phases']): string {
  const sharesOf = phases.map(({ phase }) =>
    groupSeconds(phase).map((seconds) => (phase.seconds > 0 ? seconds / phase.seconds : 0)),
  );
  const rows = operatorGroups
    .map(({ name, color }, g) => ({ name, color, shares: sharesOf.map((shares) => shares[g]) }))
    .filter(({ shares }) => Math.max(...shares) > 0)
    .map(
      ({ name, color, shares }) =>
        `<tr><th scope="row"><i style="background:${color}"></i>${name}</th>${shares.map((share) => `<td>${percent(share)}</td>`).join('')}</tr>`,
    );
  const heads = phases.map(({ name }) => `<th scope="col">${name}</th>`);
  return `<table class="shares"><thead><tr><td></td>${heads.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}

function memoryBar({ memory }: Detail, { inputs }: View): string {
  const { weightBytes, kvCacheBytes, totalBytes, fits } = memory;
  const capacity = inputs.setting.device.memoryCapacityBytes;
  const scale = 100 / Math.max(capacity, totalBytes);
  const isWithin = totalBytes <= inputs.memoryBudgetBytes;
  const verdict = !fits ? 'does NOT fit the board' : isWithin ? 'fits' : 'fits the board, but NOT the budget';
  return (
    `<p class="bar-title">Memory ${gigabytes(totalBytes)} of ${gigabytes(capacity)}: ${verdict}</p>` +
    `<div class="bar" aria-hidden="true"><span class="weights" style="width:${weightBytes * scale}%" title="weights ${gigabytes(weightBytes)}"></span>` +
    `<span class="cache" style="width:${kvCacheBytes * scale}%" title="KV cache ${gigabytes(kvCacheBytes)}"></span></div>` +
    `<p class="hint">weights ${gigabytes(weightBytes)}, KV cache ${gigabytes(kvCacheBytes)}</p>`
  );
}
