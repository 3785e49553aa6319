import type { AuditedClaim } from '../audit/audit';
import { verdicts } from '../audit/verdict';

/** `text` with the characters that mean something in HTML replaced. */
export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}

/** A number for people: whole numbers in groups of three digits, others to four significant digits. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return value.toLocaleString('en-US');
  if (size >= 1e6 || size < 1e-3) return value.toExponential(2);
  return size >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(4)));
}

/** Marks of the verdicts of an audit; each stands beside its word. */
export const auditMarks: Record<AuditedClaim['verdict'], string> = {
  reproduced: '✓',
  corrected: '✎',
  'contradicts itself': '⇄',
  differs: '≠',
  'not checkable': '–',
};

const COLOURS: Record<AuditedClaim['verdict'], string> = {
  reproduced: '#00694d',
  corrected: '#0b57a4',
  'contradicts itself': '#8a5a00',
  differs: '#a34700',
  'not checkable': '#5f6368',
};

/** As many claims are cards; more are a table that can be searched. */
export const MOST_CARDS = 24;

/** Claims as cards or, where there are many, as a table with a search field. `id` must be unique in the page. */
export function claimsHtml(claims: readonly AuditedClaim[], id: string): string {
  return claims.length > MOST_CARDS ? auditHtml(claims, id) : claims.map(claimCard).join('');
}

/** A claim as a small table; the verdict is a word, and its colour only repeats it. */
function claimCard({ says, place, paper, ours, verdict, why, isOurs }: AuditedClaim): string {
  const row = (title: string, text: string) =>
    `<tr><td>${title}</td><td style="text-align:left">${escapeHtml(text)}</td></tr>`;
  return (
    `<table class="claim"><tbody><tr><th style="text-align:left;color:${COLOURS[verdict]}">${auditMarks[verdict]} ${escapeHtml(verdict)}</th>` +
    `<td style="text-align:left">${escapeHtml(`${says} (${place})`)}</td></tr>` +
    `${row(isOurs ? 'our question' : 'paper', paper)}${row('ours', ours)}${row('', why)}</tbody></table>`
  );
}

/**
 * An audit as a table with a search field and a choice of verdicts, which hide rows. Without scripts the whole
 * table is there. `id` must be unique in the page.
 */
export function auditHtml(audited: readonly AuditedClaim[], id: string): string {
  const options = ['all', ...verdicts].map((verdict) => {
    const count = audited.filter((each) => verdict === 'all' || each.verdict === verdict).length;
    return `<option value="${verdict}">${verdict} (${count})</option>`;
  });
  const rows = audited.map(({ place, says, paper, ours, verdict, why, part }) => {
    const cells = [place, says, paper, ours, `${auditMarks[verdict]} ${verdict}`, why];
    const shown = cells.map((cell) => `<td style="text-align:left">${escapeHtml(cell)}</td>`).join('');
    return `<tr data-verdict="${escapeHtml(verdict)}" data-part="${escapeHtml(part)}">${shown}</tr>`;
  });
  const head = ['place', 'the paper says', 'its value', 'ours', 'verdict', 'how and why'];
  return (
    `<div class="audit" id="${escapeHtml(id)}"><p><label>Find <input type="search"></label> ` +
    `<label>Verdict <select>${options.join('')}</select></label> <span aria-live="polite"></span></p>` +
    `<div class="wide"><table class="claims"><thead><tr>${head.map((title) => `<th>${title}</th>`).join('')}</tr></thead>` +
    `<tbody>${rows.join('')}</tbody></table></div></div>` +
    `<script>{const audit=document.getElementById(${JSON.stringify(id).replaceAll('<', '\\u003c')}),find=audit.querySelector("input"),` +
    `choose=audit.querySelector("select"),rows=[...audit.querySelectorAll("tbody tr")],filter=()=>{let shown=0;` +
    `for(const row of rows){row.hidden=!((choose.value==="all"||row.dataset.verdict===choose.value)&&` +
    `(row.textContent+row.dataset.part).toLowerCase().includes(find.value.toLowerCase()));shown+=!row.hidden}` +
    `audit.querySelector("span").textContent=shown+" of "+rows.length+" claims"};` +
    `find.oninput=choose.onchange=filter;filter()}</script>`
  );
}
