import { type Architecture, activationRate, kvDimension } from '../architecture';
import { enumerateSpace, paperSpace } from '../space';
import { plain } from './format';

/** What the published law looks at. */
const quantities: [string, (architecture: Architecture) => number][] = [
  ['depth', (a) => a.depth],
  ['width', (a) => a.width],
  ['FFN ratio', (a) => a.ffnRatio],
  ['activation rate', activationRate],
  ['KV dimension', kvDimension],
];

const ranges = quantities.map(([name, read]) => {
  const values = enumerateSpace(paperSpace).map(read);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return { name, read, low, high };
});

/** What of an architecture lies outside the paper's space, where the law has seen no run; empty if nothing. */
export function outsideFitted(architecture: Architecture): string[] {
  return ranges
    .map(({ name, read, low, high }) => ({ name, value: read(architecture), low, high }))
    .filter(({ value, low, high }) => value < low || value > high)
    .map(({ name, value, low, high }) => `${name} ${plain(value)} (${plain(low)} to ${plain(high)})`);
}
