import { type Architecture, architectureColumns, parameters } from '../architecture';
import { millions } from '../figures/theme';
import type { Space } from '../space';
import type { Purchase } from './choice';
import type { View } from './engine';
import { gigabytes, latencyWords, milliseconds, nats, plain } from './format';

/** The best architecture within the budgets, what binds, and what more of each budget would buy, as HTML. */
export function verdict(view: View): string {
  const { inputs, choice } = view;
  const limits = [
    Number.isFinite(inputs.latencyBudgetSeconds)
      ? `${latencyWords(inputs.latencyBudgetSeconds, inputs)} and `
      : '',
    memoryLimit(view),
  ].join('');
  if (choice === undefined)
    return `<p><strong>No architecture of this space is within ${limits}.</strong> ${least(view)}</p>`;
  const { index, latency, memory } = choice;
  const architecture = view.architectures[index];
  return [
    `<p class="best"><span class="tag">Best ${inputs.robot === undefined ? '' : 'backbone '}within ${limits}</span> <strong>${name(architecture)}</strong></p>`,
    `<p>loss <strong id="best-loss">${nats(view.loss[index])}</strong> nats per token · ${inputs.robot === undefined ? inputs.objective : 'a chunk in'} ` +
      `<strong id="best-latency">${milliseconds(view.seconds[index])}</strong>` +
      `${inputs.robot === undefined ? '' : ` (${plain(1 / view.seconds[index], 3)} Hz)`} · memory ` +
      `<strong id="best-memory">${gigabytes(view.memoryBytes[index])}</strong>` +
      `${beside(inputs)} · ` +
      `${millions(parameters(architecture).active)} active of ${millions(parameters(architecture).total)} parameters ` +
      `${isPinned(view, architecture) ? '(pinned)' : `<button type="button" data-pin="${index}">Pin it</button>`}</p>`,
    '<ul>',
    `<li>Binds: <strong id="binds">${binding(view)}</strong>.</li>`,
    ...(Number.isFinite(inputs.latencyBudgetSeconds)
      ? [`<li id="more-latency">1 ms more ${buys(latency, milliseconds)}</li>`]
      : []),
    `<li id="more-memory">100 MB more ${buys(memory, gigabytes)}</li>`,
    ...edges(architecture, inputs.space),
    '</ul>',
  ].join('');
}

/** What the memory counts beside the layers, or does not. */
function beside({ robot, vocabulary }: View['inputs']): string {
  if (robot !== undefined) return ', vision tower and action head included';
  return vocabulary === undefined ? ', without embedding and LM head' : '';
}

/** The memory budget; where it is all that the board has, in the GiB of its name as well. */
function memoryLimit({ inputs }: View): string {
  const budget = inputs.memoryBudgetBytes;
  if (budget < inputs.setting.device.memoryCapacityBytes) return gigabytes(budget);
  return `${gigabytes(budget)} (${plain(budget / 2 ** 30)} GiB, all of the board’s)`;
}

function isPinned({ pins }: View, best: Architecture): boolean {
  return pins.some(({ architecture }) =>
    architectureColumns.every((name) => architecture[name] === best[name]),
  );
}

/** The same in one line, for screens on which the controls push the rest out of sight. */
export function summary({ choice, loss, seconds, memoryBytes }: View): string {
  if (choice === undefined) return 'Nothing is within the budgets.';
  const { index } = choice;
  return `Best: loss ${nats(loss[index])} · ${milliseconds(seconds[index])} · ${gigabytes(memoryBytes[index])}`;
}

/** An architecture in a few words. */
export function name(architecture: Architecture): string {
  const { depth, width, heads, kvHeads, ffnRatio, experts, activeExperts } = architecture;
  const mixture = experts > 1 ? `${experts} experts, ${activeExperts} active` : 'dense';
  return `depth ${depth}, width ${width}, FFN ratio ${Number(ffnRatio.toPrecision(3))}, ${mixture}, ${heads} heads, ${kvHeads} KV head${kvHeads === 1 ? '' : 's'}`;
}

function binding({ choice }: View): string {
  const { binds, bindsTogether } = choice!;
  if (binds.length > 0) return `${binds.join(' and ')} budget${binds.length > 1 ? 's' : ''}`;
  return bindsTogether ? 'both budgets together' : 'neither budget; it is the best of the whole space';
}

function buys({ gain, next }: Purchase, show: (value: number) => string): string {
  if (gain > 0) return `buys ${nats(gain)} nats of loss.`;
  if (next === undefined) return 'buys nothing.';
  return `buys nothing yet; the next better architecture needs ${show(next.more)} more and has ${nats(next.gain)} nats less.`;
}

function least(view: View): string {
  const smallest = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => Math.min(a, b));
  return `The fastest takes ${milliseconds(smallest(view.seconds))}; the smallest needs ${gigabytes(smallest(view.memoryBytes))}.`;
}

/** Where the best architecture lies at an end of a list: a longer list might hold a better one. */
function edges(architecture: Architecture, space: Space): string[] {
  const { depth, width, ffnRatio, experts } = architecture;
  const lists: [string, number, readonly number[]][] = [
    ['depth', depth, [Math.min(...space.depths), Math.max(...space.depths)]],
    ['width', width, [Math.min(...space.widths), Math.max(...space.widths)]],
    ['FFN ratio', ffnRatio, [Math.min(...space.ffnRatios), Math.max(...space.ffnRatios)]],
    ['experts', experts, [Math.max(...space.mixtures.map(([stored]) => stored))]],
  ];
  const at = lists
    .filter(([, value, ends]) => ends.includes(value))
    .map(([what, value]) => `${what} ${plain(value)}`);
  return at.length === 0
    ? []
    : [`<li>At the end of its list: ${at.join(', ')}. A longer list might hold a better one.</li>`];
}
