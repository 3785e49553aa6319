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
addEventListener('beforeprint', () => figures.forEach(draw));

const links = new Map([...document.querySelectorAll('nav a[href^="#"]')].map((a) => [a.hash.slice(1), a]));
const mark = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.classList.remove('current');
      links.get(entry.target.id)?.classList.add('current');
    }
  },
  { rootMargin: '0px 0px -80% 0px' },
);
for (const id of links.keys()) if (document.getElementById(id)) mark.observe(document.getElementById(id));
