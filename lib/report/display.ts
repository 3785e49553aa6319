/** For notebooks: showing figures, tables and claims. Outside a kernel they are printed as text. */
import { readFileSync } from 'node:fs';
import type { AuditedClaim } from '../audit/audit';
import type { Claim } from '../audit/claim';
import type { Figure } from '../figures/figure';
import { AUDIT_MIME, CLAIM_MIME, PLOTLY_MIME } from './format';
import { auditHtml, auditMarks, claimCard, escapeHtml, formatNumber } from './html';

type Cell = string | number | boolean;

/**
 * Shows a figure: as Plotly JSON for front ends that draw it themselves, and as HTML that brings Plotly along
 * (once per kernel) for those that do not. Neither needs the network.
 *
 * @example show(frontierPanels(frontiers, 'a note')) // in a notebook the figure, elsewhere its name
 */
export function show(figure: Figure): void {
  const { name, data, layout } = figure;
  const meta = { ...(layout.meta as object | undefined), name };
  const plotly = { data, layout: { ...layout, meta }, config: { responsive: true, displaylogo: false } };
  display({
    [PLOTLY_MIME]: plotly,
    'text/html': plotlyHtml(plotly),
    'text/plain': `Figure: ${name}`,
  });
}

/**
 * Shows rows as a table; columns are the keys of the first row.
 *
 * @example showTable([{ depth: 4, loss: 3.2 }]) // a table of one row
 */
export function showTable(rows: Record<string, Cell>[], caption = ''): void {
  const header = Object.keys(rows[0] ?? {});
  const text = (cell: Cell) => (typeof cell === 'number' ? formatNumber(cell) : String(cell));
  const lines = [header, ...rows.map((row) => header.map((key) => text(row[key])))];
  const widths = header.map((_, c) => Math.max(...lines.map((line) => line[c].length)));
  const isNumber = (c: number) => typeof rows[0]?.[header[c]] === 'number';
  const pad = (cell: string, c: number) => (isNumber(c) ? cell.padStart(widths[c]) : cell.padEnd(widths[c]));
  const tag = (name: string, cell: string, c: number) =>
    `<${name}${isNumber(c) ? ' style="text-align:right"' : ''}>${escapeHtml(cell)}</${name}>`;
  const [head, ...body] = lines.map((line, i) =>
    line.map((cell, c) => tag(i === 0 ? 'th' : 'td', cell, c)).join(''),
  );
  display({
    'text/html':
      `<table>${caption === '' ? '' : `<caption>${escapeHtml(caption)}</caption>`}<thead><tr>${head}</tr></thead>` +
      `<tbody>${body.map((row) => `<tr>${row}</tr>`).join('')}</tbody></table>`,
    'text/plain': [
      ...(caption === '' ? [] : [caption]),
      ...lines.map((line) => line.map(pad).join('  ').trimEnd()),
    ].join('\n'),
  });
}

/**
 * States what the paper says and what we get; collected into `results.json` and the closing table.
 *
 * @example claim({ id: 'one', claim: 'One is one', paper: '1', ours: '1', verdict: 'reproduced',
 *   why: 'counted' }) // a card
 */
export function claim(stated: Claim): void {
  const { verdict, paper, ours, why } = stated;
  display({
    [CLAIM_MIME]: stated,
    'text/html': claimCard(stated),
    'text/plain': `${verdict}: ${stated.claim}\n  paper: ${paper}\n  ours:  ${ours}\n  ${why}`,
  });
}

/**
 * Shows an audit as a table that can be searched; `reproduce` writes the last one shown to `audit.json`.
 *
 * @example showAudit(await auditPaper({ claims: paperClaims().slice(0, 1) })) // a table of one claim
 */
export function showAudit(audited: readonly AuditedClaim[]): void {
  const lines = audited.map(
    ({ place, says, paper, ours, verdict, why }) =>
      `${auditMarks[verdict]} ${verdict}: ${says} (${place})\n  paper: ${paper}\n  ours:  ${ours}\n  ${why}`,
  );
  display({
    [AUDIT_MIME]: audited,
    'text/html': auditHtml(audited, `audit-${Math.random().toString(36).slice(2)}`),
    'text/plain': lines.join('\n'),
  });
}

function display(data: Record<string, unknown>): void {
  // tslab's public display takes one MIME type at a time; this is the function beneath it.
  const jupyter = require('tslab/dist/jupyter') as {
    lastWriteDisplayData?: (content: object, update: boolean) => void;
  };
  if (jupyter.lastWriteDisplayData)
    jupyter.lastWriteDisplayData({ data, metadata: {}, transient: {} }, false);
  else console.log(data['text/plain']);
}

let isPlotlySent = false;

function plotlyHtml(plotly: object): string {
  const id = `figure-${Math.random().toString(36).slice(2)}`;
  // Classic front ends define `define`, and Plotly would register there instead of as a global.
  const bring = isPlotlySent
    ? ''
    : `<script>{const define=undefined,module=undefined,exports=undefined;${plotlySource()}}</script>`;
  isPlotlySent = true;
  const json = JSON.stringify(plotly).replaceAll('<', '\\u003c');
  return `${bring}<div id="${id}"></div><script>{const f=${json},e=document.getElementById("${id}");
if(window.Plotly)Plotly.newPlot(e,f.data,f.layout,f.config);else e.textContent="Run the notebook's first figure again to draw this one.";}</script>`;
}

/** The source of Plotly (scatter, bar, heatmap and the other Cartesian traces). */
export function plotlySource(): string {
  return readFileSync(require.resolve('plotly.js-cartesian-dist-min'), 'utf8').replaceAll(
    '</script',
    '<\\/script',
  );
}
