import { type Architecture, kvDimension } from '../architecture';
import type { Device } from '../device';
import { positiveNumber, refuse } from '../errors';
import { type Law, predictLoss } from '../law/law';
import { coefficients, meanContext } from '../roofline/analytic';
import { type Latency, rooflineLatency } from '../roofline/roofline';
import { HALF_BYTES, linearPeak, type Precision, precisions, type Workload } from '../workload';
import { findOptimum, type Optimum } from './optimum';
import type { Limit, Problem } from './regimes';

/** A board, a workload and what may be spent. */
export interface DesignRequest {
  device: Device;
  workload: Workload;
  precision: Precision;
  law: Law;
  /** T_lat^pre and T_lat^dec, the latter for the whole answer. */
  prefillSeconds: number;
  decodeSeconds: number;
  /** Bytes for the weights. */
  memoryBudget: number;
  /** Least activation rate. Default 1/16, the least that was trained. */
  rhoMin?: number;
  /** Where the width is searched. Default: everywhere. */
  widthRange?: readonly [number, number];
  /** Dimension of a head; widths are its multiples. Default 128. */
  headDim?: number;
}

/** An architecture that can be built, with its loss and what it costs in the analytic model. */
export interface BuildableArchitecture {
  architecture: Architecture;
  loss: number;
  used: Record<Limit, number>;
}

export interface Design {
  budgets: Record<Limit, number>;
  /** η = M̄_d / M_budget and η_p = F̄_p / M_budget (Eqs. 104, 153). */
  ratios: { eta: number; etaPrefill: number };
  optimum: Optimum;
  /** Buildable neighbours of the optimum within all budgets, the best first. */
  candidates: BuildableArchitecture[];
  /** The best of them, judged again by the per-operator roofline. */
  architecture: Architecture;
  loss: number;
  roofline: Latency;
  /**
   * Whether it keeps the time targets by that roofline, and fits the board with its KV cache; the roofline counts
   * more than the analytic model does.
   */
  meets: Record<Limit, boolean>;
}

/** Thirty years, and a thousand times what any board has: more is a wrong unit. */
const MOST_SECONDS = 1e9;
const MOST_BUDGET = 1e18;
/** Heads that may stand side by side in what can be built. */
const MOST_HEADS = 1e5;

/** Normalised budgets of a board (E.8): F̄_p = T·π/(B·S_in), M̄_d = T·β/S_out, and the memory. */
export function normalisedBudgets(request: DesignRequest): Record<Limit, number> {
  const { device, workload, precision, prefillSeconds, decodeSeconds, memoryBudget } = request;
  const { batch, inputTokens, outputTokens } = workload;
  if (outputTokens === 0) refuse('outputTokens 0 leaves nothing to decode');
  return {
    prefill:
      (positiveNumber(prefillSeconds, 'prefill-seconds', MOST_SECONDS) * linearPeak(device, precision)) /
      (batch * inputTokens),
    decode:
      (positiveNumber(decodeSeconds, 'decode-seconds', MOST_SECONDS) * device.bandwidthBytesPerSecond) /
      outputTokens,
    memory: positiveNumber(memoryBudget, 'memory-budget', MOST_BUDGET),
  };
}

/**
 * From a board to an architecture: budgets, the exact optimum under all three, its buildable neighbours ranked
 * by loss, and the best of them judged by the per-operator roofline. Which regime applies is said by the
 * optimum's multipliers, not by the size of η.
 *
 * @example designArchitecture({ device: orin, precision: 'fp16', workload: paperWorkload, prefillSeconds: 0.05,
 *   decodeSeconds: 0.1, memoryBudget: 4e9, law: law() }).meets.memory // true
 */
export function designArchitecture(request: DesignRequest): Design {
  const { device, workload, precision, law, rhoMin = 1 / 16, headDim = 128, widthRange } = request;
  const budgets = normalisedBudgets(request);
  const problem: Problem = {
    law,
    budgets,
    rhoMin,
    widthRange,
    context: meanContext(workload),
    weightBytes: precisions[precision].weight,
    kvBytes: HALF_BYTES,
  };
  const optimum = findOptimum(problem);
  if (!(optimum.width / headDim < MOST_HEADS))
    refuse(
      `the budgets lead to width ${optimum.width.toPrecision(3)}, which nobody builds; ask for less, or give a width range`,
    );
  const candidates = buildableNeighbours(optimum, problem, request, headDim);
  const [best] = candidates;
  if (best === undefined)
    refuse(
      `the budgets allow no architecture with at least one layer of width ${headDim} (depth ${optimum.depth.toPrecision(3)} at width ${optimum.width.toPrecision(3)})`,
    );
  const roofline = rooflineLatency(best.architecture, { device, workload, precision });
  return {
    budgets,
    ratios: { eta: budgets.decode / budgets.memory, etaPrefill: budgets.prefill / budgets.memory },
    optimum,
    candidates: candidates.slice(0, 10),
    architecture: best.architecture,
    loss: best.loss,
    roofline,
    meets: {
      prefill: roofline.prefillSeconds <= request.prefillSeconds,
      decode: roofline.decodeSeconds <= request.decodeSeconds,
      memory: roofline.memory.fits ?? roofline.memory.totalBytes <= request.memoryBudget,
    },
  };
}

/**
 * Architectures on the grid around the best ones at the widths beside the optimum's, within all budgets: FFN sizes
 * next to the optimum's with the most layers that fit, and for each number of layers there the largest FFN.
 */
function buildableNeighbours(
  optimum: Optimum,
  problem: Problem,
  { workload, precision, law }: DesignRequest,
  headDim: number,
): BuildableArchitecture[] {
  const { budgets, rhoMin } = problem;
  const limits = Object.entries(budgets) as [Limit, number][];
  const found: BuildableArchitecture[] = [];
  for (const columns of around(optimum.width / headDim, 1)) {
    const width = columns * headDim;
    if (problem.widthRange && (width < problem.widthRange[0] || width > problem.widthRange[1])) continue;
    const there = findOptimum({ ...problem, width, widthRange: undefined });
    const divisors = Array.from({ length: columns }, (_, i) => i + 1).filter((kv) => columns % kv === 0);
    for (const activeExperts of [1, 2])
      for (const experts of around(activeExperts / there.activationRate, activeExperts))
        for (const kvHeads of nearest(divisors, columns / there.gqa, 3)) {
          if (activeExperts / experts < rhoMin) continue;
          const layer = (tiles: number): Architecture => ({
            ...{ depth: 1, width, heads: columns, headDim, kvHeads },
            ...{ ffnRatio: (activeExperts * tiles * 64) / width, experts, activeExperts },
          });
          const costs = (tiles: number) => layerCosts(layer(tiles), workload, precision);
          const deepest = (tiles: number) => {
            const cost = costs(tiles);
            return Math.floor(Math.min(...limits.map(([limit, budget]) => budget / cost[limit])));
          };
          // A layer's cost is linear in its tiles.
          const [one, two] = [costs(1), costs(2)];
          const widest = (depth: number) =>
            Math.floor(
              Math.min(
                ...limits.map(
                  ([limit, budget]) => 1 + (budget / depth - one[limit]) / (two[limit] - one[limit]) + 1e-9,
                ),
              ),
            );
          const nearby = around((there.ffnRatio * width) / activeExperts / 64, 1);
          const fitting = around(there.depth, 1).map(widest);
          for (const tiles of new Set([...nearby, ...fitting].filter((each) => each >= 1))) {
            const depth = deepest(tiles);
            if (depth < 1) continue;
            const architecture = { ...layer(tiles), depth };
            const cost = costs(tiles);
            const used = {
              prefill: depth * cost.prefill,
              decode: depth * cost.decode,
              memory: depth * cost.memory,
            };
            found.push({ architecture, loss: predictLoss(law, architecture).loss, used });
          }
        }
  }
  return found.sort((a, b) => a.loss - b.loss || kvDimension(a.architecture) - kvDimension(b.architecture));
}

/** Costs of one layer in the analytic model (Eqs. 43, 45, 46). */
function layerCosts(layer: Architecture, workload: Workload, precision: Precision): Record<Limit, number> {
  const xi = coefficients(layer, workload, precision);
  const { weight } = precisions[precision];
  const area = layer.width ** 2;
  return {
    prefill: xi.flops * area,
    decode: xi.effectiveWeights * area * weight,
    memory: xi.storedWeights * area * weight,
  };
}

/** Whole numbers next to `value`, below, at and above, not less than `least`. */
function around(value: number, least: number): number[] {
  const base = Math.floor(value);
  return [...new Set([base - 1, base, base + 1, base + 2].map((each) => Math.max(least, each)))];
}

function nearest(choices: number[], target: number, count: number): number[] {
  return [...choices]
    .sort((a, b) => Math.abs(Math.log(a / target)) - Math.abs(Math.log(b / target)))
    .slice(0, count);
}
