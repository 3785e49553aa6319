/** Node only: checks of the paper's latencies, traffic and memory (E.4 to E.7, §4.2) against the library's. */
import { type Architecture, parameters, toTable } from '../architecture';
import { models } from '../files/data';
import { analyticLatency, coefficients } from '../roofline/analytic';
import type { Phase } from '../roofline/phase';
import { rooflineLatencies, rooflineLatency } from '../roofline/roofline';
import { compileFormula } from '../theory/smooth';
import { costOf, DRAWS, drawArchitectures, type PhaseName, settingWith, symbols } from './cases';
import type { Evidence } from './evidence';
import { compared, consistent, type Finding, isClose } from './verdict';

/** Formulas of Table 16 against the coefficients of the analytic model, for random architectures. */
export function tableCoefficients(
  evidence: Evidence,
  { printed }: { printed: Record<string, string> },
): Finding {
  const setting = settingWith(evidence, {});
  let worst = 0;
  for (const architecture of drawArchitectures(DRAWS, true)) {
    const ours = coefficients(architecture, setting.workload, setting.precision);
    for (const [name, formula] of Object.entries(printed)) {
      const paper = compileFormula(formula)(symbols(architecture, setting, 'decode'));
      worst = Math.max(worst, Math.abs(ours[name as keyof typeof ours] / paper - 1));
    }
  }
  return compared(worst < 1e-12, {
    ours:
      worst < 1e-12
        ? `${Object.keys(printed).length} formulas agree`
        : `off by ${(100 * worst).toPrecision(3)} %`,
    how: `random mixtures, ${DRAWS} of them`,
    value: worst < 1e-12 ? 0 : worst,
  });
}

/** A printed latency of the analytic model; sums over decode steps (`t`) are done one by one. */
export function analyticPhase(
  evidence: Evidence,
  { phase, formula, perStep = false }: { phase: PhaseName; formula: string; perStep?: boolean },
): Finding {
  const printed = compileFormula(formula);
  let worst = 0;
  for (const [i, layer] of drawArchitectures(DRAWS, true).entries()) {
    const setting = settingWith(evidence, { inputTokens: 100 + 91 * i, outputTokens: 1 + 7 * i });
    const architecture = { ...layer, depth: 1 + i };
    const values = symbols(architecture, setting, phase);
    let paper = 0;
    for (let t = 1; t <= (perStep ? setting.workload.outputTokens : 1); t++)
      paper += printed({ ...values, t });
    worst = Math.max(worst, Math.abs(analyticLatency(architecture, setting)[phase].seconds / paper - 1));
  }
  return compared(worst < 1e-12, {
    ours: worst < 1e-12 ? 'agree' : `off by ${(100 * worst).toPrecision(3)} %`,
    how: `${formula}${perStep ? ', summed over the steps t' : ''}, against the analytic model, ${DRAWS} random cases`,
    value: worst < 1e-12 ? 0 : worst,
  });
}

/** KV traffic of Eq. 31 against Table 13, for a batch. */
export function cacheBatch(evidence: Evidence, { batch }: { batch: number }): Finding {
  const setting = { ...settingWith(evidence, { batch }), attention: 'materialized' as const };
  const layer = drawArchitectures(1)[0];
  const printed = analyticLatency(layer, setting).decode.kvBytes;
  const { operators } = rooflineLatency(layer, setting).decode;
  const loaded = costOf({ operators } as Phase, 'scores+weightedValues').kvBytes;
  return consistent(isClose(printed, loaded), {
    ours: `${(loaded / printed).toFixed(2)} times the traffic by Table 13`,
    how: `KV cache read at batch ${batch}: Table 13 against Eqs. 31 to 37, which have no batch factor`,
    value: loaded / printed,
  });
}

/** Eq. 42 for the published models: what share of the stored parameters it holds. */
export function footprint(evidence: Evidence, { within }: { within: number }): Finding {
  const setting = settingWith(evidence, {});
  const ratios = models()
    .filter(({ architecture }) => (architecture.ffnMatrices ?? 3) === 3)
    .map(
      ({ architecture }) =>
        analyticLatency(architecture, setting).memory.weightBytes / 2 / parameters(architecture).total,
    );
  const off = Math.max(...ratios.map((ratio) => Math.abs(ratio - 1)));
  const missed = ratios.filter((ratio) => Math.abs(ratio - 1) > within).length;
  return compared(missed === 0, {
    ours: `${missed} of ${ratios.length} published models more than ${100 * within} % off, the worst ${(100 * off).toFixed(0)} %`,
    how: 'Eq. 42 over the counted parameters: it leaves out embedding and LM head, and takes heads · headDim for width',
    value: off,
  });
}

/** Share of candidates of which a phase spends most of its time under one roof. */
export function boundShare(
  evidence: Evidence,
  given: {
    phase: PhaseName;
    bound: 'compute' | 'memory';
    among?: 'dense' | 'mixtures';
    atLeast: number;
    batch?: number;
  },
): Finding {
  const { phase, bound, among, atLeast, batch = 1 } = given;
  const chosen = evidence
    .candidates()
    .filter(({ experts }) => among === undefined || (experts === 1) === (among === 'dense'));
  const setting = settingWith(evidence, { batch });
  const percentOf = (of: Architecture[]) =>
    (100 * of.filter((a) => rooflineLatency(a, setting)[phase].bound === bound).length) / of.length;
  const percent = percentOf(chosen);
  const ofDense = percentOf(chosen.filter(({ experts }) => experts === 1));
  const differs = among === undefined && Math.abs(ofDense - percent) > 1;
  return compared(percent >= 100 * atLeast, {
    ours:
      `${percent.toFixed(0)} % of ${chosen.length.toLocaleString('en-US')} ${among ?? 'candidates'}` +
      (differs ? `; ${ofDense.toFixed(0)} % of the dense ones` : ''),
    how: `share whose ${phase} spends most of its time under the ${bound === 'memory' ? 'bandwidth' : 'compute'} roof, fp16, batch ${batch}; at least ${100 * atLeast} % counts as agreement`,
    value: percent,
  });
}

/** fp16 over int8 latency of every candidate: always above 1 and below a bound? */
export function int8Latency(evidence: Evidence, { below }: { below: number }): Finding {
  const table = toTable(evidence.candidates());
  const [fp16, int8] = (['fp16', 'int8'] as const).map((each) =>
    rooflineLatencies(table, evidence.setting(each)),
  );
  const gains = (['prefillSeconds', 'decodeSeconds', 'totalSeconds'] as const).map((phase) =>
    Array.from(fp16[phase], (seconds, i) => seconds / int8[phase][i]).sort((a, b) => a - b),
  );
  const [least, most] = [Math.min(...gains.map((g) => g[0])), Math.max(...gains.map((g) => g[g.length - 1]))];
  const middle = gains[2][Math.floor(gains[2].length / 2)];
  return compared(least > 1 && most < below, {
    ours: `${least.toFixed(2)} to ${most.toFixed(2)}, median of total ${middle.toFixed(2)}`,
    how: 'fp16 over int8 latency, all phases of 1,942 candidates; 16-bit parts and conversions keep it below 2',
    value: middle,
  });
}

/** What sixteen experts instead of one cost in latency, where the theory says nothing (Theorem 5.1). */
export function sparsityCost(
  evidence: Evidence,
  { phase, batch, atMost }: { phase: PhaseName; batch: number; atMost: number },
): Finding {
  const setting = settingWith(evidence, { batch });
  const dense = { ...drawArchitectures(1)[0], depth: 16, width: 2048, heads: 16, kvHeads: 4, ffnRatio: 1 };
  const seconds = (experts: number) => rooflineLatency({ ...dense, experts }, setting)[phase].seconds;
  const ratio = seconds(16) / seconds(1);
  return compared(ratio <= atMost, {
    ours: `${phase} takes ${ratio.toFixed(2)} times as long with 16 experts at batch ${batch}`,
    how: 'top-1, depth 16, width 2,048, r = 1, fp16, 1,024 tokens in; roofline with the experts that are read counted',
    value: ratio,
  });
}

/** Whether more experts at equal active size raise the traffic of a single-token decode step. */
export function expertTraffic(evidence: Evidence, { says }: { says: 'raises' | 'free' }): Finding {
  const dense = { ...drawArchitectures(1)[0], depth: 16 };
  const bytes = (a: Architecture) => rooflineLatency(a, settingWith(evidence, {})).decode.weightBytes;
  const ratio = bytes({ ...dense, experts: 16 }) / bytes(dense);
  const rises = ratio > 1.1;
  return consistent((says === 'raises') === rises, {
    ours: `weight traffic of decode × ${ratio.toFixed(3)} with 16 experts`,
    how: "batch 1, top-1, per-operator roofline; the paper's Eqs. 25 and 30 have no ρ at all",
    value: ratio,
  });
}
