/** What the checks of costs and theory are tried on. */
import { type Architecture, gqa, kvDimension } from '../architecture';
import { seededRandom } from '../random';
import { meanContext } from '../roofline/analytic';
import type { OperatorCost, Phase } from '../roofline/phase';
import type { Setting } from '../roofline/roofline';
import { type Regime, regimeProblem } from '../theory/regimes';
import { HALF_BYTES, linearPeak, paperWorkload, precisions, type Workload } from '../workload';
import type { Evidence } from './evidence';

export type PhaseName = 'prefill' | 'decode';
export type Costs = Partial<Record<'flops' | 'weightBytes' | 'activationBytes' | 'kvBytes', string>>;

export const DRAWS = 20;

/** Random dense architectures of one layer with heads · headDim = width, as the paper assumes. */
export function drawArchitectures(count = DRAWS, mixtures = false): Architecture[] {
  const random = seededRandom(2);
  const pick = (values: number[]) => values[Math.floor(random() * values.length)];
  return Array.from({ length: count }, () => {
    const heads = pick([4, 8, 12, 16, 24]);
    const kvHeads = pick([1, 2, 4].filter((kv) => heads % kv === 0));
    const [experts, activeExperts] = mixtures ? [pick([4, 8, 16]), pick([1, 2])] : [1, 1];
    const ffnRatio = pick([0.5, 1, 2, 4]);
    return { depth: 1, width: heads * 128, heads, headDim: 128, kvHeads, ffnRatio, experts, activeExperts };
  });
}

/** The symbols of Table 7 for an architecture and a workload; in decode, S is the context of the one step. */
export function symbols(
  architecture: Architecture,
  { workload, precision, device }: Setting,
  phase: PhaseName,
) {
  const { batch, inputTokens, outputTokens } = workload;
  const { depth, width, heads, headDim, ffnRatio, experts, activeExperts } = architecture;
  return {
    ...{ l: depth, d: width, dh: headDim, nh: heads, gqa: gqa(architecture), dm: kvDimension(architecture) },
    ...{ r: ffnRatio, E: experts, K: activeExperts, rho: activeExperts / experts },
    ...{ bw: precisions[precision].weight, ba: HALF_BYTES, bkv: HALF_BYTES },
    ...{ B: batch, S: phase === 'prefill' ? inputTokens : inputTokens + 1 },
    ...{ Sin: inputTokens, Sout: outputTokens, Sbar: meanContext(workload) },
    ...{ piH: linearPeak(device, precision), betaH: device.bandwidthBytesPerSecond },
  };
}

/** The setting of the paper with another workload. */
export function settingWith({ setting }: Evidence, workload: Partial<Workload>): Setting {
  const fp16 = setting('fp16');
  return { ...fp16, workload: { ...fp16.workload, ...workload } };
}

/** Sums over named operators, joined by `+`. */
export function costOf({ operators }: Phase, names: string): Record<keyof Costs, number> {
  const chosen = operators.filter(({ name }) => names.split('+').includes(name));
  const sum = (field: keyof Costs & keyof OperatorCost) =>
    chosen.reduce((total, operator) => total + operator[field], 0);
  return {
    flops: sum('flops'),
    weightBytes: sum('weightBytes'),
    activationBytes: sum('activationBytes'),
    kvBytes: sum('kvBytes'),
  };
}

export const VARIABLES = ['depth', 'ffnRatio', 'gqa', 'activationRate'] as const;

/** Budgets at which the bounds leave most widths of the space alone. */
const BUDGETS: Record<Regime, { latencyBudget?: number; memoryBudget?: number }> = {
  D1: { latencyBudget: 1e9 },
  P1: { latencyBudget: 1e9 },
  D2: { memoryBudget: 2e9 },
  P2: { memoryBudget: 2e9 },
  D3: { latencyBudget: 8e8, memoryBudget: 2e9 },
  P3: { latencyBudget: 7e8, memoryBudget: 2e9 },
};

/** A problem with the paper's context and two bytes per number. */
export function problem(
  { law }: Evidence,
  regime: Regime,
  width: number,
  changes: Record<string, unknown> = {},
) {
  const given = { law, rhoMin: 1 / 16, context: meanContext(paperWorkload), weightBytes: 2, kvBytes: 2 };
  return regimeProblem(regime, { ...given, width, ...BUDGETS[regime], ...changes });
}
