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
