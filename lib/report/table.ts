/** Tables for people: right-aligned numbers, as many digits as tell them apart, the first rows of many. */
import { escapeHtml, formatNumber } from './html';

/** What a table is drawn from; a data frame is one. */
export interface TableLike {
  columns: string[];
  /** Row by row. */
  values: unknown[][] | unknown[];
  index?: (string | number)[];
}

/** A table of more rows is cut. */
const MOST_ROWS = 30;
/** Rows of it that are shown then. */
const FIRST_ROWS = 10;

/** A table as text and as HTML, which the workbook makes sortable. */
export function renderTable(table: TableLike, caption = ''): { text: string; html: string } {
  const { header, rows } = withLabels(table);
  const shown = rows.length > MOST_ROWS ? rows.slice(0, FIRST_ROWS) : rows;
  const columns = header.map((title, c) => ({
    title,
    cells: formatColumn(shown.map((row) => row[c])),
    isNumber: shown.every((row) => isNumeric(row[c])) && shown.some((row) => Number.isFinite(row[c])),
  }));
  const rest =
    rows.length > shown.length ? `… first ${shown.length} of ${rows.length.toLocaleString('en-US')}` : '';
  const widths = columns.map(({ title, cells }) =>
    Math.max(...[title, ...cells].map(({ length }) => length)),
  );
  const line = (read: (column: (typeof columns)[number]) => string) =>
    columns
      .map((column, c) =>
        column.isNumber ? read(column).padStart(widths[c]) : read(column).padEnd(widths[c]),
      )
      .join('  ')
      .trimEnd();
  const html = (tag: string, read: (column: (typeof columns)[number]) => string) =>
    `<tr>${columns
      .map(
        (column) =>
          `<${tag} style="text-align:${column.isNumber ? 'right' : 'left'}">${escapeHtml(read(column))}</${tag}>`,
      )
      .join('')}</tr>`;
  const rowsOf = shown.map((_, r) => (column: (typeof columns)[number]) => column.cells[r]);
  return {
    text: [caption, line(({ title }) => title), ...rowsOf.map(line), rest]
      .filter((each) => each !== '')
      .join('\n'),
    html:
      `<table>${caption === '' ? '' : `<caption>${escapeHtml(caption)}</caption>`}` +
      `<thead>${html('th', ({ title }) => title)}</thead>` +
      `<tbody>${rowsOf.map((read) => html('td', read)).join('')}</tbody></table>` +
      (rest === '' ? '' : `<p>${rest}</p>`),
  };
}

/** Header and rows; labels of rows that are words, as `describe()` gives them, become a first column. */
function withLabels({ columns, values, index = [] }: TableLike): { header: string[]; rows: unknown[][] } {
  const rows = (values as unknown[]).map((row) => (Array.isArray(row) ? row : [row]));
  if (!index.some((label) => typeof label === 'string')) return { header: columns, rows };
  return { header: ['', ...columns], rows: rows.map((row, r) => [index[r], ...row]) };
}

const isNumeric = (value: unknown) => typeof value === 'number' || value === null || value === undefined;

/**
 * A column's values as text. Whole numbers are written out; others have the decimals that show four digits of
 * the largest, and each its own four digits where sizes differ too much for that.
 *
 * @example formatColumn([3.11604, 2.9]) // ['3.116', '2.900']
 */
export function formatColumn(values: readonly unknown[]): string[] {
  const numbers = values.filter((value) => Number.isFinite(value)) as number[];
  const sizes = numbers.map(Math.abs).filter((size) => size > 0);
  const largest = Math.max(...sizes, 0);
  const isEven = numbers.every(Number.isInteger) && largest < 1e15;
  const isUneven = !isEven && (largest >= 1e7 || Math.min(...sizes) < largest / 100);
  const most = isEven || largest === 0 ? 0 : Math.min(8, Math.max(0, 3 - Math.floor(Math.log10(largest))));
  const decimals = fewest(numbers, most);
  return values.map((value) => {
    if (value === null || value === undefined || (typeof value === 'number' && Number.isNaN(value)))
      return '–';
    if (typeof value !== 'number') return String(value);
    if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
    if (isUneven) return formatNumber(value);
    const options = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    return (value + 0).toLocaleString('en-US', options).replace(/^-(0\.?0*)$/, '$1');
  });
}

/** The decimals that say all of `numbers`, where a few do; otherwise those that say as much as `most` would. */
function fewest(numbers: readonly number[], most: number): number {
  const same = (a: number, b: number) => Math.abs(a - b) <= 1e-12 * Math.abs(a);
  for (let decimals = 0; decimals <= most + 1; decimals++)
    if (numbers.every((each) => same(each, Number(each.toFixed(decimals))))) return decimals;
  for (let decimals = 0; decimals < most; decimals++)
    if (numbers.every((each) => Number(each.toFixed(decimals)) === Number(each.toFixed(most))))
      return decimals;
  return most;
}
