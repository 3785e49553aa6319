import type { AuditedClaim } from '../audit/audit';
import { countVerdicts } from '../audit/verdict';
import { auditMarks } from './html';

/** An audit on a screen of a terminal: how many claims have each verdict, then what differs, one line each. */
export function auditSummary(claims: readonly AuditedClaim[], width = process.stdout.columns ?? 100): string {
  const counts = Object.entries(countVerdicts(claims)).map(
    ([verdict, count]) => `${count} ${auditMarks[verdict as AuditedClaim['verdict']]} ${verdict}`,
  );
  const differing = claims.filter(({ verdict }) => verdict === 'differs');
  const lines = differing.map(({ place, paper, ours }) => cut(`≠ ${place}: ${paper} | ours ${ours}`, width));
  return [
    cut(`AUDIT of ${claims.length} claims`, width),
    ...fill(counts, width),
    ...(lines.length === 0 ? [] : ['', cut('What differs, the paper | ours:', width), ...lines]),
  ].join('\n');
}

/** `parts` with commas between them, in lines of at most `width` characters. */
function fill(parts: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + part.length + 3 <= width)
      lines[lines.length - 1] = `${last}, ${part}`;
    else lines.push(part);
  }
  return lines;
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, width - 1)}…`;
}
