import type { Claim } from '../claims';

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
  if (Number.isInteger(value)) return value.toLocaleString('en-US');
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(2);
  return size >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(4)));
}

const COLOURS = { reproduced: '#00694d', differs: '#a34700' };

/** A claim as a small table; the verdict is a word, and its colour only repeats it. */
export function claimCard({ claim, paper, ours, verdict, why }: Claim): string {
  const mark = verdict === 'reproduced' ? '✓' : '≠';
  return (
    `<table class="claim"><tbody><tr><th style="text-align:left;color:${COLOURS[verdict]}">${mark} ${verdict}</th>` +
    `<td style="text-align:left">${escapeHtml(claim)}</td></tr>` +
    `<tr><td>paper</td><td style="text-align:left">${escapeHtml(paper)}</td></tr>` +
    `<tr><td>ours</td><td style="text-align:left">${escapeHtml(ours)}</td></tr>` +
    `<tr><td></td><td style="text-align:left">${escapeHtml(why)}</td></tr></tbody></table>`
  );
}
