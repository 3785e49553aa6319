/** For notebooks: showing figures, frames and claims. Outside a kernel they are printed as text. */
import { readFileSync } from 'node:fs';
import type { AuditedClaim } from '../audit/audit';
import { refuse } from '../errors';
import type { Figure } from '../figures/figure';
import { AUDIT_MIME, PLOTLY_MIME } from './format';
import { auditMarks, claimsHtml } from './html';
import { renderTable, type TableLike } from './table';

/** What `show` shows. */
export type Shown = Figure | TableLike | readonly AuditedClaim[];

/**
 * Shows a figure, a data frame (with a caption, if it has one), or claims of the audit. All three are complete
 * in any front end and ask nothing of the network; a terminal gets text.
 *
 * @example show(frame(models()).head(5), 'Five models') // draws a table
 */
export function show(thing: Shown, caption = ''): void {
  if (Array.isArray(thing)) showClaims(thing);
  else if ('values' in thing && 'columns' in thing) showTable(thing as TableLike, caption);
  else if ('data' in thing && 'layout' in thing) showFigure(thing as Figure);
  else refuse('show() takes a figure, a frame or claims; a list of rows becomes one with frame(rows)');
}

/** As Plotly JSON for front ends that draw it, and as HTML that brings Plotly along, once per kernel. */
function showFigure({ name, data, layout }: Figure): void {
  const meta = { ...(layout.meta as object | undefined), name };
  const plotly = { data, layout: { ...layout, meta }, config: { responsive: true, displaylogo: false } };
  display({
    [PLOTLY_MIME]: plotly,
    'text/html': plotlyHtml(plotly),
    'text/plain': `Figure: ${name}`,
  });
}

function showTable(table: TableLike, caption: string): void {
  const { text, html } = renderTable(table, caption);
  display({ 'text/html': html, 'text/plain': text });
}

function showClaims(claims: readonly AuditedClaim[]): void {
  if (claims.some((claim) => claim?.verdict === undefined))
    refuse('show() takes a list of claims; a list of rows becomes a table with show(frame(rows))');
  const lines = claims.map(
    ({ place, says, paper, ours, verdict, why }) =>
      `${auditMarks[verdict]} ${verdict}: ${says} (${place})\n  paper: ${paper}\n  ours:  ${ours}\n  ${why}`,
  );
  display({
    [AUDIT_MIME]: claims,
    'text/html': claimsHtml(claims, `audit-${Math.random().toString(36).slice(2)}`),
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
/** Set for kernels whose notebooks get Plotly where they are written: it is large, and need not come in a message. */
export const PLOTLY_LATER = 'COLAW_PLOTLY_LATER';

function plotlyHtml(plotly: object): string {
  const id = `figure-${Math.random().toString(36).slice(2)}`;
  const bring = isPlotlySent ? '' : process.env[PLOTLY_LATER] ? PLOTLY_PLACE : plotlyScript(plotlySource());
  isPlotlySent = true;
  const json = JSON.stringify(plotly).replaceAll('<', '\\u003c');
  return `${bring}<div id="${id}"></div><script>{const f=${json},e=document.getElementById("${id}");
if(window.Plotly)Plotly.newPlot(e,f.data,f.layout,f.config);else e.textContent="Run the notebook's first figure again to draw this one.";}</script>`;
}

// Classic front ends define `define`, and Plotly would register there instead of as a global.
const plotlyScript = (source: string) =>
  `<script>{const define=undefined,module=undefined,exports=undefined;${source}}</script>`;
const PLOTLY_PLACE = plotlyScript('/* Plotly */');
let plotlyJson: string | undefined;

/** The JSON of a notebook whose kernel had `PLOTLY_LATER`, with Plotly in its place. */
export function withPlotly(notebook: string): string {
  return notebook.replace(PLOTLY_PLACE, () => {
    plotlyJson ??= JSON.stringify(plotlyScript(plotlySource())).slice(1, -1);
    return plotlyJson;
  });
}

/** The source of Plotly, with all of its traces. */
export function plotlySource(): string {
  return readFileSync(require.resolve('plotly.js-dist-min'), 'utf8').replaceAll('</script', '<\\/script');
}
