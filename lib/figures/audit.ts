import type { AuditedClaim, Part } from '../audit/audit';
import { type Verdict, verdicts } from '../audit/verdict';
import type { Figure } from './figure';
import { axis, colours, makeLayout } from './theme';

const VERDICT_COLOURS: Record<Verdict, string> = {
  reproduced: colours.blue,
  corrected: colours.green,
  'contradicts itself': colours.yellow,
  differs: colours.orange,
  'not checkable': colours.pale,
};

/**
 * How many claims of each part of the paper have each verdict, as stacked bars.
 *
 * @example verdictsByPart(await auditPaper({ claims: paperClaims().slice(0, 1) }), 'a note').name
 *   // 'audit-verdicts'
 */
export function verdictsByPart(audited: readonly AuditedClaim[], note: string): Figure {
  const parts = [...new Set(audited.map(({ part }) => part))];
  const count = (part: Part, verdict: Verdict) =>
    audited.filter((each) => each.part === part && each.verdict === verdict).length;
  return {
    name: 'audit-verdicts',
    data: verdicts.map((verdict) => ({
      type: 'bar',
      orientation: 'h',
      name: verdict,
      y: parts,
      x: parts.map((part) => count(part, verdict)),
      text: parts.map((part) => String(count(part, verdict) || '')),
      textposition: 'inside',
      insidetextanchor: 'middle',
      textangle: 0,
      marker: { color: VERDICT_COLOURS[verdict] },
      hovertemplate: `%{y}: %{x} ${verdict}<extra></extra>`,
    })),
    layout: makeLayout('Verdicts by part of the paper', note, {
      barmode: 'stack',
      legend: { orientation: 'h', y: -0.2, yanchor: 'top', x: 0, traceorder: 'normal' },
      xaxis: axis('claims'),
      yaxis: axis('', { autorange: 'reversed' }),
      height: 420,
    }),
  };
}
