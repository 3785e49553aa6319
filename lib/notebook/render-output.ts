/** A cell's outputs as HTML. What is not HTML by type is escaped; what is HTML is sanitised. */
import sanitizeHtml from 'sanitize-html';
import type { AuditedClaim } from '../audit/audit';
import { AUDIT_MIME, joined, type Output, PLOTLY_MIME } from '../report/format';
import { auditHtml, auditMarks, escapeHtml, MOST_CARDS } from '../report/html';
import type { PlotlyJson } from './collect';
import { renderMarkdown } from './markdown';

/** One output as HTML, in the richest form that it has. Ids of headings in it begin with `prefix`. */
export function renderOutput(output: Output, prefix: string): string {
  if (output.output_type === 'stream')
    return `<pre class="output ${output.name === 'stderr' ? 'stderr' : 'stdout'}">${escapeHtml(joined(output.text))}</pre>`;
  if (output.output_type === 'error')
    return `<pre class="output stderr">${escapeHtml(output.traceback.join('\n') || output.evalue)}</pre>`;
  const { data } = output;
  const text = (type: string) => joined(data[type] as string | string[]);
  if (data[PLOTLY_MIME] !== undefined) return renderFigure(data[PLOTLY_MIME] as PlotlyJson);
  if (data[AUDIT_MIME] !== undefined) return renderClaims(data[AUDIT_MIME] as AuditedClaim[], prefix);
  if (data['text/html'] !== undefined) return `<div class="output html">${sanitise(text('text/html'))}</div>`;
  if (data['image/svg+xml'] !== undefined)
    return image('image/svg+xml', Buffer.from(text('image/svg+xml')).toString('base64'));
  for (const type of ['image/png', 'image/jpeg', 'image/gif'])
    if (data[type] !== undefined) return image(type, text(type));
  if (data['text/markdown'] !== undefined)
    return `<div class="text">${renderMarkdown(text('text/markdown'), prefix).html}</div>`;
  return `<pre class="output stdout">${escapeHtml(text('text/plain') ?? '')}</pre>`;
}

/** The verdict of a claim: a mark and a word, so that it does not hang on colour alone. */
export function renderVerdict(verdict: AuditedClaim['verdict']): string {
  return `<strong class="verdict ${verdict.replaceAll(' ', '-')}">${auditMarks[verdict]} ${verdict}</strong>`;
}

function renderClaims(claims: readonly AuditedClaim[], prefix: string): string {
  return claims.length > MOST_CARDS ? auditHtml(claims, `${prefix}-audit`) : claims.map(renderClaim).join('');
}

function renderClaim({ says, place, paper, ours, verdict, why, isOurs }: AuditedClaim): string {
  const whose = isOurs ? ' <span class="whose">our question</span>' : '';
  return (
    `<div class="claim"><p>${renderVerdict(verdict)} ${escapeHtml(says)} <span class="place">${escapeHtml(place)}</span>${whose}</p>` +
    `<dl><dt>paper</dt><dd>${escapeHtml(paper)}</dd><dt>ours</dt><dd>${escapeHtml(ours)}</dd></dl>` +
    `<p class="why">${escapeHtml(why)}</p></div>`
  );
}

/** A place for a figure and its JSON; the page draws it when the reader comes near. */
function renderFigure({ data, layout = {} }: PlotlyJson): string {
  const name = escapeHtml(layout.meta?.name ?? 'figure');
  const json = JSON.stringify({ data, layout }).replaceAll('<', '\\u003c');
  return (
    `<figure class="figure" data-name="${name}"><div style="min-height:${Number(layout.height ?? 450)}px"></div>` +
    `<script type="application/json">${json}</script></figure>`
  );
}

function image(type: string, base64: string): string {
  return `<img class="output" alt="" src="data:${type};base64,${escapeHtml(base64)}">`;
}

/** No scripts, no images, no classes of the page's own, and of styles only alignment and colour. */
function sanitise(html: string): string {
  return sanitizeHtml(html, {
    allowedTags: [...sanitizeHtml.defaults.allowedTags, 'details', 'summary'],
    allowedAttributes: { '*': ['style', 'title', 'colspan', 'rowspan'], a: ['href'] },
    allowedStyles: { '*': { 'text-align': [/^(left|right|center)$/], color: [/^#[0-9a-f]{3,8}$/i] } },
    allowedSchemes: ['https', 'http'],
  });
}
