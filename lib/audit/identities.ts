/** Checks of the paper's equations as identities: against the library's formulas, at random points. */
import { substitute } from '../law/formula/formula';
import { seededRandom } from '../random';
import { limitFormulas, lossFormula } from '../theory/regimes';
import { compileFormula, partial } from '../theory/smooth';
import type { Evidence } from './evidence';
import { compared, corrected, type Finding, isClose } from './verdict';

const POINTS = 50;

/** Where identities are tried: every symbol of the theory between these bounds. */
const RANGES: Record<string, [number, number]> = {
  depth: [2, 60],
  width: [256, 4096],
  ffnRatio: [0.1, 6],
  gqa: [1, 16],
  activationRate: [0.05, 1],
  context: [0, 8192],
  weightBytes: [0.5, 2],
  kvBytes: [1, 2],
  mu: [0.1, 10],
  eta: [0.1, 2],
  inputTokens: [1, 4096],
  outputTokens: [1, 512],
};

/** What a formula may name: the costs and the loss of the library, and the paper's abbreviations (Table 24). */
function expand(formula: string, evidence: Evidence): string {
  const { prefill, decode, memory } = limitFormulas;
  const names: [string, string][] = [
    ['Gamma', 'decode/depth'],
    ['xiF', 'prefill/(depth*width^2)'],
    ['xiEff', 'decode/(depth*width^2*weightBytes)'],
    ['xiDec', `(${substitute(decode, 'context', '0')})/(depth*width^2*weightBytes)`],
    ['xiAll', 'memory/(depth*width^2*weightBytes)'],
    ['Dtilde', 'kr*activationRate^ar*width^(b2 - b1) + kd'],
    ['delta', '2*context*kvBytes/(gqa*width*weightBytes)'],
    ['prefill', prefill],
    ['decode', decode],
    ['memory', memory],
    ['loss', lossFormula(evidence.law)],
  ];
  return names.reduce((text, [name, meaning]) => substitute(text, name, meaning), formula);
}

/** Equations of the paper against the library, at random points; `instead` is what holds where they do not. */
export function identities(
  evidence: Evidence,
  { equal, instead }: { equal: [string, string][]; instead?: [string, string][] },
): Finding {
  const pairs = (equations: [string, string][]) =>
    equations.map(([left, right]) => ({ left: expand(left, evidence), right: expand(right, evidence) }));
  const worst = furthest(evidence, pairs(equal));
  const how = `${equal.map(([left, right]) => `${left} = ${right}`).join('; ')}; at ${POINTS} random points`;
  const found = { ours: agreement(worst), how, value: worst };
  if (instead === undefined) return compared(worst === 0, found);
  const right = instead.map(([left, expression]) => `${left} = ${expression}`).join('; ');
  const corrections = furthest(evidence, pairs(instead));
  return corrected(worst === 0, corrections === 0, {
    ...found,
    ours: `${agreement(worst)}; ${right}: ${agreement(corrections)}`,
  });
}

/** Printed partial derivatives of a cost, of the loss or of a Lagrangian, against mathjs's symbolic ones. */
export function derivatives(
  evidence: Evidence,
  { of, by }: { of: string; by: Record<string, string> },
): Finding {
  const formula = expand(of, evidence);
  const pairs = Object.entries(by).map(([variable, printed]) => ({
    left: partial(formula, variable),
    right: expand(printed, evidence),
    size: `(${formula})/${variable}`,
  }));
  const worst = furthest(evidence, pairs);
  return compared(worst === 0, {
    ours: agreement(worst),
    how: `∂/∂(${Object.keys(by).join(', ')}) of ${of}, symbolic; at ${POINTS} random points`,
    value: worst,
  });
}

const agreement = (worst: number) =>
  worst === 0 ? 'agree' : `differ by up to ${(100 * worst).toPrecision(3)} %`;

/**
 * Largest relative difference of the sides at random points; 0 where all agree to 1e-9, or to 1e-12 of the
 * `size` of what is derived, since a derivative that is zero may come out as the rest of a cancellation.
 */
function furthest(
  { law }: Evidence,
  pairs: readonly { left: string; right: string; size?: string }[],
): number {
  const random = seededRandom(1);
  const sides = pairs.map(({ left, right, size = '0' }) => [left, right, size].map(compileFormula));
  let worst = 0;
  for (let i = 0; i < POINTS; i++) {
    const point: Record<string, number> = { ...law.parameters };
    for (const [name, [low, high]] of Object.entries(RANGES)) point[name] = low + (high - low) * random();
    for (const [left, right, size] of sides) {
      const [a, b] = [left(point), right(point)];
      if (isClose(a, b) || Math.abs(a - b) <= 1e-12 * Math.abs(size(point))) continue;
      worst = Math.max(worst, Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b)));
    }
  }
  return worst;
}
