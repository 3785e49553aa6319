import { describe, expect, it } from 'vitest';
import type { AuditedClaim } from '../../lib/audit/audit';
import { auditSummary } from '../../lib/report/audit-summary';

const claim = (verdict: AuditedClaim['verdict'], i: number): AuditedClaim => ({
  ...{ id: `c${i}`, part: 'law', place: `§4.3.${i}`, check: 'order', verdict },
  ...{
    says: 'Training R² of the fitted law, over the 138 runs that are fitted',
    paper: '0.975',
    ours: '0.9748',
  },
  why: 'the runs are a reconstruction whose noise puts the expected R² at 0.975',
});
const claims = [
  ...Array.from({ length: 90 }, (_, i) => claim('reproduced', i)),
  ...Array.from({ length: 15 }, (_, i) => claim('differs', 100 + i)),
  claim('not checkable', 200),
];

describe('the summary of an audit', () => {
  it('counts every verdict, and has a line for each claim that differs', () => {
    const text = auditSummary(claims, 100);
    expect(text).toContain('AUDIT of 106 claims');
    for (const count of ['90 ✓ reproduced', '15 ≠ differs', '1 – not checkable', '0 ✎ corrected'])
      expect(text).toContain(count);
    expect(text.match(/^≠ .*0\.975 \| ours 0\.9748$/gm)).toHaveLength(15);
  });

  it('fits a screen, also a narrow one', () => {
    for (const width of [40, 60, 80, 120]) {
      const lines = auditSummary(claims, width).split('\n');
      expect(lines.length).toBeLessThanOrEqual(24);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
    }
  });
});
