/** Checks of the paper's costs (App. E) against the library's operators, phases and parameter counts. */
import { type Architecture, weightGroups } from '../architecture';
import { rooflineLatency } from '../roofline/roofline';
import { compileFormula } from '../theory/smooth';
import { type Costs, costOf, DRAWS, drawArchitectures, type PhaseName, settingWith, symbols } from './cases';
import type { Evidence } from './evidence';
import { compared, consistent, type Finding, isClose, roundsTo } from './verdict';

/** Cells of a table of operator costs, as formulas, against the operators of the roofline. */
export function operatorCosts(
  evidence: Evidence,
  { prefill, decode }: { prefill?: Record<string, Costs>; decode?: Record<string, Costs> },
): Finding {
  let worst = 0;
  let cells = 0;
  for (const [phase, table] of Object.entries({ prefill, decode }) as [PhaseName, Record<string, Costs>][])
    for (const [names, costs] of Object.entries(table ?? {}))
      for (const [field, formula] of Object.entries(costs) as [keyof Costs, string][]) {
        cells++;
        const printed = compileFormula(formula);
        for (const [i, architecture] of drawArchitectures().entries()) {
          const workload = { batch: 1 + (i % 4), inputTokens: 64 + 37 * i, outputTokens: 1 };
          const setting = { ...settingWith(evidence, workload), attention: 'materialized' as const };
          const ours = costOf(rooflineLatency(architecture, setting)[phase], names)[field];
          const paper = printed(symbols(architecture, setting, phase));
          worst = Math.max(worst, Math.abs(ours - paper) / Math.max(ours, paper, 1e-300));
        }
      }
  return compared(worst < 1e-12, {
    ours: worst < 1e-12 ? 'all agree' : `differ by up to ${(100 * worst).toPrecision(3)} %`,
    how: `${cells} formulas (loads and stores of activations as one) against the operators of the roofline, ${DRAWS} random layers`,
    value: worst < 1e-12 ? 0 : worst,
  });
}

/** An approximate arithmetic intensity of the query projection against all of Table 8. */
export function intensity(
  evidence: Evidence,
  { phase, formula }: { phase: PhaseName; formula: string },
): Finding {
  const setting = settingWith(evidence, { outputTokens: 1 });
  const [architecture] = drawArchitectures(1).map((each) => ({
    ...each,
    width: 2048,
    heads: 16,
    kvHeads: 4,
  }));
  const approximate = compileFormula(formula)(symbols(architecture, setting, phase));
  const { intensity: exact } = rooflineLatency(architecture, setting)[phase].operators.find(
    ({ name }) => name === 'queryProjection',
  )!;
  return compared(Math.abs(approximate / exact - 1) < 0.1, {
    ours: `${approximate.toPrecision(4)} by the formula, ${exact.toPrecision(4)} FLOP/B by Table 8`,
    how: 'query projection at width 2,048, 1,024 tokens, fp16; agreement means within 10 %',
    value: exact,
  });
}

/** How the FLOPs of operators grow with sequence length and with width: exponents between a size and its double. */
export function growth(
  evidence: Evidence,
  { phase, operators, printed }: { phase: PhaseName; operators: string; printed: { S?: number; d?: number } },
): Finding {
  const flops = (length: number, heads: number) => {
    const setting = {
      ...settingWith(evidence, { inputTokens: length, outputTokens: 1 }),
      attention: 'materialized' as const,
    };
    const layer = { ...drawArchitectures(1)[0], width: heads * 128, heads, kvHeads: 1 };
    return costOf(rooflineLatency(layer, setting)[phase], operators).flops;
  };
  const step = 65536 - (phase === 'decode' ? 1 : 0); // in decode the one step has a context of one more
  const double = 131072 - (phase === 'decode' ? 1 : 0);
  const exponents = {
    S: Math.log2(flops(double, 16) / flops(step, 16)),
    d: Math.log2(flops(step, 32) / flops(step, 16)),
  };
  const holds = (Object.entries(printed) as ['S' | 'd', number][]).every(([name, power]) =>
    isClose(exponents[name], power, 1e-6),
  );
  return consistent(holds, {
    ours: Object.keys(printed)
      .map((name) => `${name}^${Number(exponents[name as 'S' | 'd'].toFixed(3))}`)
      .join(' '),
    how: `FLOPs of ${operators.replaceAll('+', ', ')} in ${phase}, which follow Tables 10 to 13, on doubling`,
    value: exponents.S,
  });
}

/** A share of FLOPs within attention at given sizes: at most, or at least, a bound. */
export function flopShare(
  evidence: Evidence,
  given: {
    of: string;
    among: string;
    width: number;
    heads: number;
    inputTokens: number;
    atMost?: number;
    atLeast?: number;
  },
): Finding {
  const { of, among, width, heads, inputTokens, atMost = 1, atLeast = 0 } = given;
  const setting = { ...settingWith(evidence, { inputTokens }), attention: 'materialized' as const };
  const layer = { ...drawArchitectures(1)[0], width, heads, headDim: width / heads, kvHeads: heads };
  const { prefill } = rooflineLatency(layer, setting);
  const share = costOf(prefill, of).flops / costOf(prefill, among).flops;
  return compared(share >= atLeast && share <= atMost, {
    ours: `${(100 * share).toPrecision(3)} %`,
    how: `share of ${of.replaceAll('+', ', ')} in the FLOPs of attention at width ${width}, ${heads} heads, ${inputTokens} tokens`,
    value: share,
  });
}

/** Share of the FFN in FLOPs beside the projections at r = 4, for several gqa, against a printed range in %. */
export function ffnShare(evidence: Evidence, { range }: { range: [number, number] }): Finding {
  const shares = [1, 4, 8].map((group) => {
    const layer = { ...drawArchitectures(1)[0], width: 2048, heads: 16, kvHeads: 16 / group, ffnRatio: 4 };
    const { prefill } = rooflineLatency(layer, settingWith(evidence, {}));
    const ffn = costOf(prefill, 'gateProjection+upProjection+downProjection').flops;
    const projections = costOf(
      prefill,
      'queryProjection+keyProjection+valueProjection+outputProjection',
    ).flops;
    return (100 * ffn) / (ffn + projections);
  });
  return consistent(
    shares.every((share) => share >= range[0] && share <= range[1]),
    {
      ours: shares.map((share, i) => `${share.toFixed(1)} % at gqa ${[1, 4, 8][i]}`).join(', '),
      how: "the paper's own Eqs. 17 and 19 at r = 4; its range needs the scores of a long context on top, or r = 8/3",
      value: shares[0],
    },
  );
}

/** Weights of the four projections saved by grouped queries, against a printed share. */
export function groupedSaving(_: Evidence, { group, printed }: { group: number; printed: string }): Finding {
  const weights = (kvHeads: number) => {
    const layer = { ...drawArchitectures(1)[0], width: 2048, heads: 16, kvHeads };
    const { linear, expert } = weightGroups(layer);
    return linear - expert;
  };
  const saving = 1 - weights(16 / group) / weights(16);
  return compared(roundsTo(saving, printed), {
    ours: `${(100 * saving).toFixed(2)} %`,
    how: `weights of Q, K, V and O with and without gqa ${group}`,
    value: saving,
  });
}

/** Stored FFN weights of a mixture over those of a dense model with the same FLOPs: E / K (Eq. 20, Table 15). */
export function expertStorage(
  evidence: Evidence,
  { experts, activeExperts, ratio }: { experts: number; activeExperts: number; ratio: number },
): Finding {
  const dense = { ...drawArchitectures(1)[0], ffnRatio: 2 };
  const mixture = { ...dense, experts, activeExperts };
  const stored = (a: Architecture) => a.experts * weightGroups(a).expert;
  const ffn = (a: Architecture) =>
    costOf(
      rooflineLatency(a, settingWith(evidence, {})).prefill,
      'gateProjection+upProjection+downProjection',
    ).flops;
  const ours = stored(mixture) / stored(dense);
  return compared(isClose(ours, ratio) && isClose(ffn(mixture), ffn(dense)), {
    ours: `${ours}× the weights, ${(ffn(mixture) / ffn(dense)).toFixed(3)}× the FLOPs`,
    how: `${experts} experts, ${activeExperts} active, against a dense FFN of the same r`,
    value: ours,
  });
}
