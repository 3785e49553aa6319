import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuditedClaim } from '../../lib/audit/audit';
import { claim, show, showTable } from '../../lib/report/display';
import { auditHtml, claimCard, escapeHtml, formatNumber } from '../../lib/report/html';

describe('outside a kernel', () => {
  let said: string[];
  beforeEach(() => {
    said = [];
    vi.spyOn(console, 'log').mockImplementation((text) => said.push(text));
  });
  afterEach(() => vi.restoreAllMocks());

  it('a figure is named', () => {
    show({ name: 'line', data: [], layout: {} });
    expect(said).toEqual(['Figure: line']);
  });

  it('a table has its columns aligned, numbers to the right', () => {
    showTable(
      [
        { name: 'one', count: 1234567, share: 0.123456 },
        { name: 'thirteen', count: 13, share: 2 },
      ],
      'Counts',
    );
    expect(said[0].split('\n')).toEqual([
      'Counts',
      'name          count   share',
      'one       1,234,567  0.1235',
      'thirteen         13       2',
    ]);
  });

  it('a claim says what the paper says and what we get', () => {
    claim({ id: 'c', claim: 'A line', paper: '2', ours: '3', verdict: 'differs', why: 'we count both ends' });
    for (const text of ['differs', 'A line', '2', '3', 'we count both ends']) expect(said[0]).toContain(text);
  });
});

describe('HTML', () => {
  it('is escaped, also within attributes', () => {
    expect(escapeHtml(`<a href="x" title='&'>`)).toBe('&lt;a href=&quot;x&quot; title=&#39;&amp;&#39;&gt;');
    const script = '<script>alert(1)</script>';
    const card = claimCard({
      id: 'c',
      claim: script,
      paper: script,
      ours: script,
      verdict: 'differs',
      why: script,
    });
    expect(card).not.toContain('<script');
    const hostile = { id: 'c', part: script, place: script, says: script, paper: script, check: '' };
    const audited = {
      ...hostile,
      verdict: `"${script}`,
      ours: script,
      why: script,
    } as unknown as AuditedClaim;
    expect(auditHtml([audited], `"${script}`)).not.toContain(script);
  });
});

describe('numbers for people', () => {
  it.each([
    [0, '0'],
    [1234567, '1,234,567'],
    [0.123456, '0.1235'],
    [1234.56, '1,235'],
    [1e-9, '1.00e-9'],
    [Number.NaN, 'NaN'],
  ])('%d is %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});
