// Draws the figures of the workbook when they come near the window, and marks the current section.

/** Text in lines of at most `most` characters, where its words allow. */
const wrapped = (text, most) =>
  text.split(' ').reduce((lines, word) => {
    const last = lines.slice(lines.lastIndexOf('<br>') + 1).replace('br>', '');
    return lines === '' ? word : `${lines}${last.length + word.length >= most ? '<br>' : ' '}${word}`;
  }, '');

/** A figure for a narrow window: fewer panels side by side, legend on top, title and note as text above it. */
const narrowed = ({ data, layout }) => {
  const [title, ...note] = (layout.title?.text ?? '').split('<br>');
  const panels = (layout.grid?.rows ?? 1) * (layout.grid?.columns ?? 1);
  const columns = Math.min(layout.grid?.columns ?? 1, innerWidth < 600 ? 1 : 2);
  const rows = Math.ceil(panels / columns);
  const height = panels === 1 ? (layout.height ?? 450) : 140 + 210 * rows;
  const more = {
    ...(panels > 1 && { grid: { rows, columns, pattern: 'independent', xgap: 0.2, ygap: 0.4 } }),
    title: undefined,
    height,
    margin: { l: 8, r: 8, t: 30, b: 40 },
    font: { ...layout.font, size: 11 },
    legend: { ...layout.legend, orientation: 'h', x: 0, y: 1 + 26 / height, yanchor: 'bottom' },
  };
  // The names of parallel axes stand aslant, with room above and beside them.
  const isParallel = ({ type }) => type === 'parcoords';
  if (data.some(isParallel)) more.margin = { l: 36, r: 48, t: 90, b: 30 };
  // Labels that stand side by side on a wide axis are set aslant, and titles that are longer than a panel is high wrapped.
  const most = { x: panels > 1 || innerWidth < 600 ? 24 : 60, y: panels > 1 ? 22 : 46 };
  for (const [name, axis] of Object.entries(layout)) {
    if (!/^[xy]axis/.test(name)) continue;
    const isAslant = name[0] === 'x' && (axis.type === 'log' || axis.tickangle === 0);
    more[name] = {
      ...axis,
      title: { ...axis.title, text: wrapped(axis.title?.text ?? '', most[name[0]]) },
      ...(isAslant && { tickangle: axis.type === 'log' ? 45 : 90 }),
    };
  }
  return {
    caption: [title, ...note].map((text) => text.replace(/<[^>]*>/g, '')),
    data: data.map((trace) => ({
      ...trace,
      ...(trace.name && { name: wrapped(trace.name, 46) }),
      ...(isParallel(trace) && { labelangle: -45, tickfont: { size: 9 } }),
    })),
    layout: { ...layout, ...more },
  };
};
// Beside the list of contents, a window of this width leaves too little for four panels and a line of notes.
const isNarrow = matchMedia('(max-width: 1200px)');
const draw = (figure) => {
  const place = figure.querySelector('div');
  const whole = JSON.parse(figure.querySelector('script').textContent);
  const { data, layout, caption } = isNarrow.matches ? narrowed(whole) : whole;
  figure.querySelector('figcaption')?.remove();
  if (caption !== undefined) {
    const text = document.createElement('figcaption');
    for (const line of caption)
      text.append(Object.assign(document.createElement('p'), { textContent: line }));
    figure.prepend(text);
  }
  Plotly.react(place, data, layout, {
    responsive: true,
    displaylogo: false,
    displayModeBar: isNarrow.matches ? false : 'hover',
  });
};
const isDrawn = (figure) => figure.querySelector('.js-plotly-plot') !== null;
const drawOnce = (figure) => {
  if (!isDrawn(figure)) draw(figure);
};
isNarrow.addEventListener('change', () => {
  for (const figure of figures) if (isDrawn(figure)) draw(figure);
});
const figures = document.querySelectorAll('figure.figure');
const seen = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) if (entry.isIntersecting) drawOnce(entry.target);
  },
  { rootMargin: '1000px' },
);
for (const figure of figures) seen.observe(figure);
addEventListener('beforeprint', () => {
  for (const figure of figures) drawOnce(figure);
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
