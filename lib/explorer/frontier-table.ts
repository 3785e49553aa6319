import type { View } from './engine';
import { gigabytes, latencyName, milliseconds, nats, plain } from './format';

/** The frontier as an HTML table with a button in each row that pins it: what a click does, without a mouse. */
export function frontierTable(view: View): string {
  const head = [
    latencyName(view.inputs),
    ...['loss', 'memory', 'depth', 'width', 'FFN ratio', 'experts, active', 'KV heads'],
  ];
  const rows = view.frontier.map((i) => {
    const { depth, width, ffnRatio, experts, activeExperts, kvHeads } = view.architectures[i];
    const cells = [
      milliseconds(view.seconds[i]),
      nats(view.loss[i]),
      gigabytes(view.memoryBytes[i]),
      ...[depth, width, plain(ffnRatio, 3), `${experts}, ${activeExperts}`, kvHeads],
    ];
    const label = `Pin: ${milliseconds(view.seconds[i])}, loss ${nats(view.loss[i])}`;
    const button = `<td><button type="button" data-pin="${i}" aria-label="${label}">Pin</button></td>`;
    const isBest = i === view.choice?.index ? ' class="chosen"' : '';
    return `<tr${isBest}>${button}${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const titles = head.map((title) => `<th scope="col">${title}</th>`).join('');
  return `<table><thead><tr><td></td>${titles}</tr></thead><tbody>${rows.join('')}</tbody></table>`;
}
