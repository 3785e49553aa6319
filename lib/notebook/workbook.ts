import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AuditedClaim } from '../audit/audit';
import { countVerdicts } from '../audit/verdict';
import { plotlySource } from '../report/display';
import { joined } from '../report/format';
import { escapeHtml } from '../report/html';
import { readAsset, selfContainedPage } from '../report/page';
import { collectClaims } from './collect';
import { type Heading, highlightCode, renderMarkdown } from './markdown';
import { renderOutput, renderVerdict } from './render-output';
import type { Run } from './run';

/** Plotly's WebGL traces make functions from text, which needs `unsafe-eval`. */
const POLICY = "script-src 'unsafe-inline' 'unsafe-eval'; font-src data:";

/**
 * All executed notebooks as one self-contained page: no request leaves it, by content security policy.
 * Outputs are escaped unless their type says that they are HTML; HTML is sanitised.
 */
export function workbook(runs: readonly Run[]): string {
  const notebooks = runs.map(renderNotebook);
  return selfContainedPage({
    title: 'colaw: hardware co-design scaling laws, reproduced',
    policy: POLICY,
    styles: [katexStyle(), readAsset('notebook', 'workbook.css')],
    body: `<nav aria-label="Contents"><p class="brand"><a href="#top">colaw</a></p><ol>
${notebooks.map(renderNavigation).join('\n')}
<li><a href="#claims">Paper against reproduced</a></li></ol></nav>
<main id="top">
<header>
<h1>Hardware co-design scaling laws, reproduced</h1>
<p>Every notebook of colaw, run from top to bottom, with live figures: hover, zoom, click a legend entry. The
paper is Sun et al., “Hardware Co-Design Scaling Laws via Roofline Modelling for On-Device LLMs”
(<a href="https://arxiv.org/abs/2602.10377">arXiv 2602.10377</a>).
<a href="#claims">What was reproduced, and what differs</a>. Another board, a longer prompt, a tighter budget:
<a href="explorer.html">move the sliders of the explorer</a>.</p>
</header>
${notebooks.map(({ html }) => html).join('\n')}
<section id="claims"><h1>Paper against reproduced</h1>${renderClaims(collectClaims(runs))}</section>
</main>
<script>${plotlySource()}</script>
<script>${readAsset('notebook', 'workbook-page.js')}</script>`,
  });
}

interface RenderedNotebook {
  /** Anchor of the notebook. */
  id: string;
  headings: Heading[];
  html: string;
}

function renderNotebook({ name, notebook, error, failedCell }: Run): RenderedNotebook {
  const id = escapeHtml(name);
  const headings: Heading[] = [];
  const failure = (text: string) => `<p class="failure"><strong>This notebook failed.</strong> ${text}</p>`;
  const cells = notebook.cells.map((cell, i) => {
    const source = joined(cell.source);
    if (cell.cell_type === 'markdown') {
      const rendered = renderMarkdown(source, `${name}-${i}`);
      headings.push(...rendered.headings);
      return `<div class="text">${rendered.html}</div>`;
    }
    if (cell.cell_type !== 'code' || source.trim() === '') return '';
    const outputs = (cell.outputs ?? []).map((output, o) => renderOutput(output, `${name}-${i}-output-${o}`));
    const end = cell === failedCell ? failure('The cells below this one were not run.') : '';
    return `<pre class="code"><code>${highlightCode(source)}</code></pre>${outputs.join('')}${end}`;
  });
  const begin = error === undefined ? '' : failure(escapeHtml(error));
  return { id, headings, html: `<article id="${id}">${begin}${cells.join('\n')}</article>` };
}

/** A notebook's entry in the list of contents: its title and its sections. */
function renderNavigation({ id, headings }: RenderedNotebook): string {
  const title = headings.find((heading) => heading.level === 1)?.text;
  const items = headings
    .filter((heading) => heading.level === 2)
    .map((heading) => `<li><a href="#${escapeHtml(heading.id)}">${escapeHtml(heading.text)}</a></li>`);
  const sections = items.length === 0 ? '' : `<ul>${items.join('')}</ul>`;
  return `<li><a href="#${id}">${title === undefined ? id : escapeHtml(title)}</a>${sections}</li>`;
}

/** How many claims have each verdict, and those that do not hold as a table. */
function renderClaims(claims: readonly AuditedClaim[]): string {
  if (claims.length === 0) return '<p>The notebooks showed no claim.</p>';
  const counts = Object.entries(countVerdicts(claims)).map(
    ([verdict, count]) => `<li>${count} ${renderVerdict(verdict as AuditedClaim['verdict'])}</li>`,
  );
  const open = claims.filter(({ verdict }) => verdict !== 'reproduced');
  const rows = open.map(({ says, place, paper, ours, verdict, why }) => {
    const cells = [`${says} (${place})`, paper, ours].map(escapeHtml);
    return `<tr>${[...cells, renderVerdict(verdict), escapeHtml(why)].map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const head = ['claim', 'paper', 'ours', 'verdict', 'why'].map((title) => `<th>${title}</th>`).join('');
  return (
    `<p>${claims.length} claims, each checked by a function of the library:</p><ul class="counts">${counts.join('')}</ul>` +
    `<p>What does not hold, or could not be checked, with the reason:</p>` +
    `<div class="wide"><table class="claims"><thead><tr>${head}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`
  );
}

/** KaTeX's style sheet with its fonts in it. */
function katexStyle(): string {
  const folder = dirname(require.resolve('katex/dist/katex.min.css'));
  const css = readFileSync(join(folder, 'katex.min.css'), 'utf8');
  return css.replaceAll(/src:(url\(fonts\/[^)]+\.woff2\)) format\("woff2"\)[^;}]*/g, (_, url: string) => {
    const font = readFileSync(join(folder, url.slice(4, -1))).toString('base64');
    return `src:url(data:font/woff2;base64,${font}) format("woff2")`;
  });
}
