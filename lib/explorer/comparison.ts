import { parameters } from '../architecture';
import { millions } from '../figures/theme';
import { countParameters } from '../layers';
import { escapeHtml } from '../report/html';
import type { Detail, View } from './engine';
import { gigabytes, milliseconds, nats, plain } from './format';

/** A row: what it is, how it is read and shown, and what the last column says of two. */
interface Row {
  title: string;
  read: (detail: Detail) => number;
  show: (value: number, detail: Detail) => string;
  /** `ratio`, `difference`, or nothing. */
  against?: 'ratio' | 'difference';
}

/** Names of the published law's terms, in words. */
const TERMS: Record<string, string> = { kvCache: 'KV dimension', irreducible: 'irreducible, L∞' };

/**
 * Architectures side by side as an HTML table: size, memory, latency by phase, loss by term. With two, the
 * last column compares the second with the first.
 */
export function comparison(details: readonly Detail[], view: View): string {
  if (details.length === 0) return '<p>Nothing is within the budgets, and nothing is pinned.</p>';
  const terms = [...new Set(details.flatMap(({ loss }) => Object.keys(loss.terms)))];
  const rows: Row[] = [
    ...shapeRows,
    ...sizeRows,
    ...timeRows(view, details),
    { title: 'loss, nats per token', read: ({ loss }) => loss.loss, show: nats, against: 'difference' },
    ...terms.map(
      (term): Row => ({
        title: `– of it: ${TERMS[term] ?? term}`,
        read: ({ loss }) => loss.terms[term],
        show: nats,
        against: 'difference',
      }),
    ),
    {
      title: 'predicted perplexity',
      read: ({ loss }) => Math.exp(loss.loss),
      show: (value) => plain(value),
      against: 'ratio',
    },
  ];
  const isPair = details.length === 2;
  const head = details.map(({ name, field }) => {
    const unpin = `<button type="button" data-unpin="${field}" aria-label="Unpin ${escapeHtml(name)}">Unpin</button>`;
    const letter = field === undefined ? '' : `${field.slice(-1)}: `;
    return `<th scope="col">${letter}${escapeHtml(name)} ${field === undefined ? '' : unpin}</th>`;
  });
  const body = rows.map((row) => {
    const values = details.map(row.read);
    const cells = details.map((detail, i) => `<td>${escapeHtml(row.show(values[i], detail))}</td>`);
    const last = isPair ? `<td>${row.against === undefined ? '' : relation(values, row.against)}</td>` : '';
    return `<tr><th scope="row">${escapeHtml(row.title)}</th>${cells.join('')}${last}</tr>`;
  });
  return (
    `<table><thead><tr><td></td>${head.join('')}${isPair ? '<th scope="col">second against first</th>' : ''}</tr></thead>` +
    `<tbody>${body.join('')}</tbody></table>`
  );
}

const shapeRows: Row[] = [
  { title: 'depth', read: ({ architecture }) => architecture.depth, show: String },
  { title: 'width', read: ({ architecture }) => architecture.width, show: String },
  {
    title: 'heads × head dimension',
    read: ({ architecture }) => architecture.heads,
    show: (heads, { architecture }) => `${heads} × ${architecture.headDim}`,
  },
  { title: 'KV heads', read: ({ architecture }) => architecture.kvHeads, show: String },
  { title: 'FFN ratio', read: ({ architecture }) => architecture.ffnRatio, show: (ratio) => plain(ratio, 3) },
  {
    title: 'experts, active',
    read: ({ architecture }) => architecture.experts,
    show: (experts, { architecture }) =>
      experts === 1 ? 'dense' : `${experts}, ${architecture.activeExperts}`,
  },
];

/** Counts of the model as it is, or of the architecture. */
function countsOf({ model, architecture }: Detail) {
  return model ? countParameters(model) : parameters(architecture);
}

const sizeRows: Row[] = [
  {
    title: 'parameters',
    read: (detail) => countsOf(detail).total,
    show: millions,
    against: 'ratio',
  },
  {
    title: '– active per token',
    read: (detail) => countsOf(detail).active,
    show: millions,
    against: 'ratio',
  },
  { title: 'weights', read: ({ memory }) => memory.weightBytes, show: gigabytes, against: 'ratio' },
  {
    title: 'KV cache',
    read: ({ memory }) => memory.kvCacheBytes,
    show: gigabytes,
    against: 'ratio',
  },
  {
    title: 'memory in all',
    read: ({ memory }) => memory.totalBytes,
    show: gigabytes,
    against: 'ratio',
  },
];

function timeRows({ inputs }: View, [{ phases }]: readonly Detail[]): Row[] {
  const { batch, outputTokens } = inputs.setting.workload;
  const isRobot = inputs.robot !== undefined;
  const total = (detail: Detail) => detail.phases.reduce((sum, { phase }) => sum + phase.seconds, 0);
  const rates: Row[] = isRobot
    ? [
        {
          title: 'chunks per second',
          read: (detail) => 1 / total(detail),
          show: (rate) => plain(rate),
          against: 'ratio',
        },
      ]
    : [
        {
          title: 'tokens per second in decode',
          read: (detail) => (batch * outputTokens) / detail.phases[1].phase.seconds,
          show: (rate) => (outputTokens === 0 ? '–' : plain(rate)),
          against: 'ratio',
        },
      ];
  return [
    ...phases.map(
      ({ name }, p): Row => ({
        title: !isRobot && name === 'decode' ? `decode, ${outputTokens} tokens` : name,
        read: (detail) => detail.phases[p].phase.seconds,
        show: (seconds, detail) =>
          seconds === 0 ? '–' : `${milliseconds(seconds)}, ${detail.phases[p].phase.bound}-bound`,
        against: 'ratio',
      }),
    ),
    ...rates,
    { title: isRobot ? 'time per chunk' : 'total', read: total, show: milliseconds, against: 'ratio' },
  ];
}

function relation([first, second]: number[], against: 'ratio' | 'difference'): string {
  if (!Number.isFinite(first) || !Number.isFinite(second)) return '';
  if (against === 'ratio') return `× ${plain(second / first, 3)}`;
  const difference = second - first;
  return `${difference < 0 ? '−' : '+'}${nats(Math.abs(difference))}`;
}
