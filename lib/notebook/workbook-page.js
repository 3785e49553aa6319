// Draws the figures of the workbook when they come near the window, and marks the current section.
const draw = (figure) => {
  const place = figure.querySelector('div');
  if (place.className.includes('js-plotly-plot')) return;
  const { data, layout } = JSON.parse(figure.querySelector('script').textContent);
  Plotly.newPlot(place, data, layout, { responsive: true, displaylogo: false });
};
const figures = document.querySelectorAll('figure.figure');
const seen = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
  },
  { rootMargin: '1000px' },
);
for (const figure of figures) seen.observe(figure);
addEventListener('beforeprint', () => {
  for (const figure of figures) draw(figure);
});

// The current section is the last one whose heading has reached the upper part of the window.
const links = [...document.querySelectorAll('nav a[href^="#"]')];
const sections = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
let current;
const mark = () => {
  const reached = sections.findLastIndex((section) => section?.getBoundingClientRect().top < innerHeight / 4);
  if (links[reached] === current) return;
  current?.removeAttribute('aria-current');
  current = links[reached];
  current?.setAttribute('aria-current', 'true');
  const { parentElement: nav } = document.querySelector('nav ol');
  const { top, bottom } = current?.getBoundingClientRect() ?? {};
  if (getComputedStyle(nav).position === 'sticky' && (top < 0 || bottom > innerHeight))
    nav.scrollBy({ top: top - innerHeight / 2 });
};
addEventListener('scroll', mark, { passive: true });
mark();

// A click on a column's title sorts the table by it, the next one the other way round.
const sizeOf = (cell) => {
  const text = cell.textContent.replaceAll(',', '').replace('−', '-');
  return text === '–'
    ? Number.NaN
    : text.includes('∞')
      ? (text[0] === '-' ? -1 : 1) * Number.POSITIVE_INFINITY
      : Number(text);
};
const sort = (table, column, title) => {
  const isAscending = title.getAttribute('aria-sort') !== 'ascending';
  const isNumber = title.style.textAlign === 'right';
  const order = ([a, b]) => {
    if (!isNumber) return a.textContent.localeCompare(b.textContent, 'en', { numeric: true });
    const [x, y] = [sizeOf(a), sizeOf(b)];
    return Number.isNaN(x) ? 1 : Number.isNaN(y) ? -1 : x - y;
  };
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => (isAscending ? 1 : -1) * order([a.cells[column], b.cells[column]]));
  table.tBodies[0].append(...rows);
  for (const each of table.tHead.rows[0].cells) each.removeAttribute('aria-sort');
  title.setAttribute('aria-sort', isAscending ? 'ascending' : 'descending');
};
for (const table of document.querySelectorAll('.output.html table')) {
  if (table.tHead === null || table.tBodies.length === 0) continue;
  for (const [column, title] of [...table.tHead.rows[0].cells].entries()) {
    const button = document.createElement('button');
    button.append(...title.childNodes);
    title.append(button);
    button.addEventListener('click', () => sort(table, column, title));
  }
}
