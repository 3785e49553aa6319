import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuditedClaim } from '../../lib/audit/audit';
import { frame } from '../../lib/notebook/frame';
import { show } from '../../lib/report/display';
import { auditHtml, claimsHtml, escapeHtml, formatNumber } from '../../lib/report/html';
import { formatColumn, renderTable } from '../../lib/report/table';

const CLAIM: AuditedClaim = {
  ...{ id: 'c', part: 'law', place: 'Fig. 1', says: 'A line', paper: '2', check: 'order' },
  ...{ ours: '3', verdict: 'differs', why: 'we count both ends' },
};

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

  it('a frame is a table, with its columns aligned, numbers to the right', () => {
    const rows = [
      { name: 'one', count: 1234567, share: 0.123456 },
      { name: 'thirteen', count: 13, share: 2 },
    ];
    show(frame(rows), 'Counts');
    expect(said[0].split('\n')).toEqual([
      'Counts',
      'name          count  share',
      'one       1,234,567  0.123',
      'thirteen         13  2.000',
    ]);
  });

  it('claims say what the paper says and what we get', () => {
    show([CLAIM]);
    for (const text of ['differs', 'A line (Fig. 1)', '2', '3', 'we count both ends'])
      expect(said[0]).toContain(text);
  });

  it.each([[[{ a: 1 }]], [{ a: 1 }]])('%j is refused, with the way out', (thing) => {
    expect(() => show(thing as never)).toThrow('show(');
    expect(said).toEqual([]);
  });
});

describe('a table', () => {
  const table = (length: number) => ({ columns: ['n'], values: Array.from({ length }, (_, n) => [n]) });

  it('shows its first rows where there are many, and says of how many', () => {
    expect(renderTable(table(30)).text.split('\n')).toHaveLength(31);
    const { text, html } = renderTable(table(8160));
    expect(text.split('\n')).toHaveLength(12);
    expect(text).toMatch(/… first 10 of 8,160$/);
    expect(html.match(/<tr>/g)).toHaveLength(11);
  });

  it('has the labels of its rows as a column where they are words', () => {
    const { text } = renderTable({ columns: ['n'], values: [[1], [2]], index: ['min', 'max'] });
    expect(text.split('\n')).toEqual(['     n', 'min  1', 'max  2']);
  });

  it.each([
    [
      [1, 20000],
      ['1', '20,000'],
    ],
    [
      [3.11604, 2.9],
      ['3.116', '2.900'],
    ],
    [
      [0.25, 0.5, 1, 4],
      ['0.25', '0.50', '1.00', '4.00'],
    ],
    [
      [1, 0.0625],
      ['1.0000', '0.0625'],
    ],
    [
      [500, 0.031],
      ['500', '0.031'],
    ],
    [
      [1e-23, 9.733],
      ['1.00e-23', '9.733'],
    ],
    [
      [-0.00001, 1.234567],
      ['-1.00e-5', '1.235'],
    ],
    [
      [Number.NaN, 1.5, Number.POSITIVE_INFINITY],
      ['–', '1.5', '∞'],
    ],
    [
      ['fp16', 'int8'],
      ['fp16', 'int8'],
    ],
  ])('writes %j as %j', (values, text) => {
    expect(formatColumn(values)).toEqual(text);
  });
});

describe('HTML', () => {
  it('is escaped, also within attributes', () => {
    expect(escapeHtml(`<a href="x" title='&'>`)).toBe('&lt;a href=&quot;x&quot; title=&#39;&amp;&#39;&gt;');
    const script = '<script>alert(1)</script>';
    const hostile = { id: 'c', part: script, place: script, says: script, paper: script, check: '' };
    const audited = {
      ...hostile,
      verdict: `"${script}`,
      ours: script,
      why: script,
    } as unknown as AuditedClaim;
    expect(auditHtml([audited], `"${script}`)).not.toContain(script);
    expect(claimsHtml([audited], 'one')).not.toContain(script);
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
