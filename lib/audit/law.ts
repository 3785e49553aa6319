/** Checks of the law: its form, its coefficients, what runs can tell of them. */
import type { Architecture } from '../architecture';
import { refuse } from '../errors';
import { type Law, predictLoss, predictLosses } from '../law/law';
import { compileFormula } from '../theory/smooth';
import type { Evidence } from './evidence';
import { compared, consistent, type Finding } from './verdict';

/** The law's predictions over the space against a printed formula in l, ρ, r, d and d_m. */
export function lawEquals(evidence: Evidence, { formula }: { formula: string }): Finding {
  const printed = compileFormula(formula);
  const losses = predictLosses(evidence.law, evidence.candidates());
  const worst = Math.max(
    ...evidence.candidates().map((a, i) => {
      const { depth: l, width: d, ffnRatio: r } = a;
      const values = {
        l,
        d,
        r,
        rho: a.activeExperts / a.experts,
        dm: a.headDim * a.kvHeads,
        ...evidence.law.parameters,
      };
      return Math.abs(losses[i] / printed(values) - 1);
    }),
  );
  return compared(worst < 1e-12, {
    ours: worst < 1e-12 ? 'agree' : `differ by up to ${(100 * worst).toPrecision(3)} %`,
    how: `${formula} against the law at the 1,942 candidates`,
    value: worst < 1e-12 ? 0 : worst,
  });
}

const rangesOf = new WeakMap<Law, Map<string, [number, number]>>();

/** Least and greatest value of each term but the floor, computed once for a law. */
function termRanges(law: Law, architectures: readonly Architecture[]): Map<string, [number, number]> {
  const known = rangesOf.get(law);
  if (known !== undefined) return known;
  const ranges = new Map<string, [number, number]>();
  for (const architecture of architectures)
    for (const [name, value] of Object.entries(predictLoss(law, architecture).terms)) {
      if (name === 'irreducible') continue;
      const [low, high] = ranges.get(name) ?? [value, value];
      ranges.set(name, [Math.min(low, value), Math.max(high, value)]);
    }
  rangesOf.set(law, ranges);
  return ranges;
}

/** Range of each term of the law over the space: is the named one the largest, or the smallest? */
export function termRange(
  { law, grid }: Evidence,
  { term, extreme }: { term: string; extreme: 'largest' | 'smallest' },
): Finding {
  const ranges = termRanges(law, grid());
  if (!ranges.has(term)) refuse(`the law has no term "${term}"`);
  const widths = [...ranges].map(([name, [low, high]]) => ({ name, width: high - low }));
  widths.sort((a, b) => b.width - a.width);
  const found = (extreme === 'largest' ? widths[0] : widths[widths.length - 1]).name;
  return compared(found === term, {
    ours: widths.map(({ name, width }) => `${name} ${width.toFixed(3)}`).join(', '),
    how: 'nats that each term moves over the 8,160 architectures of the space',
    value: ranges.get(term)![1] - ranges.get(term)![0],
  });
}

/** Whether one exponent is larger in size than all others of the law. */
export function largestExponent(
  { law }: Evidence,
  { exponent, among }: { exponent: string; among: string[] },
): Finding {
  const missing = among.find((name) => !(name in law.parameters));
  if (missing !== undefined) refuse(`the law has no "${missing}", which the claim compares`);
  const sizes = among
    .map((name) => ({ name, size: Math.abs(law.parameters[name]) }))
    .sort((a, b) => b.size - a.size);
  return compared(sizes[0].name === exponent, {
    ours: sizes.map(({ name, size }) => `${name} ${size}`).join(', '),
    how: 'sizes of the exponents of the law',
    value: law.parameters[exponent],
  });
}

/** R² of the fit. The paper's losses are not public, so this tests the method and not the claim. */
export async function fitQuality(
  { fit }: Evidence,
  { split }: { split: 'train' | 'validation' },
): Promise<Finding> {
  const { r2 } = await fit();
  const value = r2[split]!;
  return {
    verdict: 'not checkable',
    ours: `${value.toFixed(3)} on reconstructed runs`,
    how: 'the 170 losses are not public; on runs reconstructed from the published law the method reaches this',
    value,
  };
}

/**
 * Whether runs pin every coefficient down: all standard errors below the coefficients' own size. The paper's runs
 * are not public, so this speaks of runs like them.
 */
export async function identified({ fit }: Evidence): Promise<Finding> {
  const { unidentified, conditionNumber } = await fit();
  return {
    verdict: 'not checkable',
    ours:
      unidentified.length === 0
        ? 'all coefficients'
        : `not ${unidentified.map(({ parameter, relativeError }) => `${parameter} (error ${(100 * relativeError).toFixed(0)} % of it)`).join(', ')}`,
    how: `138 reconstructed runs with the noise that R² = 0.975 implies; condition number ${conditionNumber.toExponential(0)}`,
    value: unidentified.length,
  };
}

/** Whether a table that claims to list what was varied has every variable of the law. */
export function listed({ law }: Evidence, { lists }: { lists: string[] }): Finding {
  const missing = law.variables.filter((name) => !lists.includes(name));
  return consistent(missing.length === 0, {
    ours: missing.length === 0 ? 'all listed' : `${missing.join(', ')} not listed`,
    how: 'variables of the law against the rows of the table',
    value: missing.length,
  });
}
