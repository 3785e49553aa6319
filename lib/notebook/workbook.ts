import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sanitizeHtml from 'sanitize-html';
import type { Claim } from '../claims';
import { plotlySource } from './display';
import { type Cell, CLAIM_MIME, joined, type MimeBundle, type Output, PLOTLY_MIME } from './format';
import { escapeHtml } from './html';
import { type Heading, highlightCode, renderMarkdown } from './markdown';
import type { Run } from './run';

/**
 * All executed notebooks as one self-contained page: no request leaves it, by content security policy.
 * Outputs are escaped unless their type says that they are HTML; HTML is sanitised.
 */
export function workbook(runs: readonly Run[]): string {
  const notebooks = runs.map(renderNotebook);
  const claims = collectClaims(runs);
  const navigation = notebooks.map(({ name, headings }) => {
    const title = headings.find((heading) => heading.level === 1)?.text ?? name;
    const sections = headings.filter((heading) => heading.level === 2);
    const items = sections.map(({ id, text }) => `<li><a href="#${id}">${escapeHtml(text)}</a></li>`).join('');
    return `<li><a href="#${name}">${escapeHtml(title)}</a>${items === '' ? '' : `<ul>${items}</ul>`}</li>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:">
<title>colaw: hardware co-design scaling laws, reproduced</title>
<style>${katexStyle()}</style>
<style>${readAsset('workbook.css')}</style>
</head>
<body>
<nav aria-label="Contents"><p class="brand"><a href="#top">colaw</a></p><ol>${navigation.join('')}
<li><a href="#claims">Paper against reproduced</a></li></ol></nav>
<main id="top">
<header>
<h1>Hardware co-design scaling laws, reproduced</h1>
<p>Every notebook of colaw, run from top to bottom, with live figures: hover, zoom, click a legend entry. The
paper is Sun et al., “Hardware Co-Design Scaling Laws via Roofline Modelling for On-Device LLMs”
(arXiv 2602.10377). <a href="#claims">What was reproduced, and what differs</a>.</p>
</header>
${notebooks.map(({ html }) => html).join('\n')}
<section id="claims"><h1>Paper against reproduced</h1>${claimTable(claims)}</section>
</main>
<script>${plotlySource()}</script>
<script>${readAsset('workbook-page.js')}</script>
</body>
</html>
`;
}

/** Every claim that the notebooks made, in order. */
export function collectClaims(runs: readonly Run[]): Claim[] {
  return runs.flatMap(({ notebook }) => bundles(notebook.cells)).flatMap((data) => {
    const claim = data[CLAIM_MIME];
    return claim === undefined ? [] : [claim as Claim];
  });
}

/** Every MIME bundle that the cells displayed, in order. */
export function bundles(cells: readonly Cell[]): MimeBundle[] {
  return cells.flatMap((cell) => cell.outputs ?? []).flatMap((output) => ('data' in output ? [output.data] : []));
}

function renderNotebook({ name, notebook, error }: Run): { name: string; html: string; headings: Heading[] } {
  const headings: Heading[] = [];
  const cells = notebook.cells.map((cell, i) => {
    const source = joined(cell.source);
    if (cell.cell_type === 'markdown') {
      const rendered = renderMarkdown(source, `${name}-${i}`);
      headings.push(...rendered.headings);
      return `<div class="text">${rendered.html}</div>`;
    }
    if (cell.cell_type !== 'code' || source.trim() === '') return '';
    const outputs = (cell.outputs ?? []).map(renderOutput).join('');
    return `<pre class="code"><code>${highlightCode(source)}</code></pre>${outputs}`;
  });
  const failure = error === undefined ? '' : `<p class="failure"><strong>This notebook failed.</strong> ${escapeHtml(error)}</p>`;
  return { name, headings, html: `<article id="${escapeHtml(name)}">${failure}${cells.join('\n')}</article>` };
}

function renderOutput(output: Output): string {
  if (output.output_type === 'stream') return `<pre class="output ${output.name}">${escapeHtml(output.text)}</pre>`;
  if (output.output_type === 'error') return `<pre class="output failure">${escapeHtml(output.traceback.join('\n') || output.evalue)}</pre>`;
  const { data } = output;
  const text = (type: string) => joined(data[type] as string | string[]);
  if (data[PLOTLY_MIME] !== undefined) return renderFigure(data[PLOTLY_MIME] as PlotlyJson);
  if (data['text/html'] !== undefined) return `<div class="output html">${sanitise(text('text/html'))}</div>`;
  for (const type of ['image/png', 'image/jpeg'])
    if (data[type] !== undefined) return `<img class="output" alt="" src="data:${type};base64,${escapeHtml(text(type))}">`;
  if (data['image/svg+xml'] !== undefined)
    return `<img class="output" alt="" src="data:image/svg+xml;base64,${Buffer.from(text('image/svg+xml')).toString('base64')}">`;
  if (data['text/markdown'] !== undefined) return `<div class="text">${renderMarkdown(text('text/markdown'), 'output').html}</div>`;
  return `<pre class="output stdout">${escapeHtml(text('text/plain') ?? '')}</pre>`;
}

interface PlotlyJson {
  data: unknown[];
  layout: { meta?: { name?: string }; height?: number };
}

function renderFigure(figure: PlotlyJson): string {
  const name = escapeHtml(figure.layout.meta?.name ?? 'figure');
  const json = JSON.stringify({ data: figure.data, layout: figure.layout }).replaceAll('<', '\\u003c');
  return (
    `<figure class="figure" data-name="${name}" style="min-height:${Number(figure.layout.height ?? 480)}px">` +
    `<div></div><script type="application/json">${json}</script></figure>`
  );
}

function sanitise(html: string): string {
  return sanitizeHtml(html, {
    allowedTags: [...sanitizeHtml.defaults.allowedTags, 'details', 'summary'],
    allowedAttributes: { '*': ['style', 'class', 'title', 'colspan', 'rowspan'], a: ['href'] },
    allowedStyles: { '*': { 'text-align': [/^(left|right|center)$/], color: [/^#[0-9a-f]{3,8}$/i] } },
    allowedSchemes: ['https', 'http'],
  });
}

function claimTable(claims: readonly Claim[]): string {
  if (claims.length === 0) return '<p>The notebooks made no claim.</p>';
  const rows = claims.map(
    ({ claim, paper, ours, verdict, why }) =>
      `<tr class="${verdict}"><td>${escapeHtml(claim)}</td><td>${escapeHtml(paper)}</td><td>${escapeHtml(ours)}</td>` +
      `<td><strong>${verdict === 'reproduced' ? '✓' : '≠'} ${verdict}</strong></td><td>${escapeHtml(why)}</td></tr>`,
  );
  const reproduced = claims.filter((claim) => claim.verdict === 'reproduced').length;
  return (
    `<p>${reproduced} of ${claims.length} claims reproduced; ${claims.length - reproduced} differ, with the reason.</p>` +
    `<div class="wide"><table class="claims"><thead><tr><th>claim</th><th>paper</th><th>ours</th><th>verdict</th><th>why</th></tr></thead>` +
    `<tbody>${rows.join('')}</tbody></table></div>`
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

/** A file beside this module's source. */
function readAsset(name: string): string {
  return readFileSync(join(__dirname.replace(/([\\/])dist([\\/]notebook)$/, '$2'), name), 'utf8');
}
