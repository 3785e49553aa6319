import type { AuditedClaim } from '../audit/audit';
import type { Claim } from '../audit/claim';
import { countVerdicts } from '../audit/verdict';

const INDENT = 14;

/** The closing table, paper against reproduced, in lines of at most `width` characters where words allow. */
export function closingTable(claims: readonly Claim[], width = process.stdout.columns ?? 100): string {
  const lines = claims.flatMap(({ claim, paper, ours, verdict, why }) => {
    const mark = verdict === 'reproduced' ? '✓ reproduced' : '≠ differs';
    const [first, ...rest] = wrap(claim, width - INDENT);
    return [
      `${mark.padEnd(INDENT)}${first}`,
      ...[
        ...rest,
        ...wrap(`paper ${paper} | ours ${ours}`, width - INDENT),
        ...wrap(why, width - INDENT),
      ].map((line) => `${' '.repeat(INDENT)}${line}`),
    ];
  });
  const reproduced = claims.filter(({ verdict }) => verdict === 'reproduced').length;
  return ['PAPER AGAINST REPRODUCED', ...lines, `${reproduced} of ${claims.length} claims reproduced`].join(
    '\n',
  );
}

/** The audit in one line: how many claims of the paper have each verdict. */
export function auditSummary(audited: readonly AuditedClaim[]): string {
  const counts = Object.entries(countVerdicts(audited)).map(([verdict, count]) => `${count} ${verdict}`);
  return `AUDIT of ${audited.length} claims: ${counts.join(', ')}`;
}

/** `text` in lines of at most `width` characters, broken at spaces; a longer word has a line of its own. */
function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== '' && last.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
