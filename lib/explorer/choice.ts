/** Architectures as columns: what a choice within budgets depends on. */
export interface Columns {
  length: number;
  /** The latency that the objective names. */
  seconds: ArrayLike<number>;
  memoryBytes: ArrayLike<number>;
  loss: ArrayLike<number>;
}

export interface Budgets {
  latencySeconds: number;
  memoryBytes: number;
}

/** What more of one budget would buy. */
export interface Purchase {
  /** How much more: seconds or bytes. */
  step: number;
  /** Nats by which the best loss falls with `step` more; 0 when nothing better comes within reach. */
  gain: number;
  /** The next better architecture along this budget alone, however far; undefined when there is none. */
  next?: { index: number; more: number; gain: number };
}

/** The best architecture within the budgets, and what stands in the way of a better one. */
export interface Choice {
  index: number;
  /** Budgets of which more, alone, would lower the loss. */
  binds: ('latency' | 'memory')[];
  /** Whether a better architecture needs more of both. */
  bindsTogether: boolean;
  latency: Purchase;
  memory: Purchase;
}

/** The steps for which the shadow prices are asked: 1 ms and 100 MB. */
export const STEPS = { latencySeconds: 1e-3, memoryBytes: 100e6 } as const;

/** Index of the lowest loss within the budgets, of equal ones the fastest; −1 when there is none. */
export function bestWithin({ length, seconds, memoryBytes, loss }: Columns, budgets: Budgets): number {
  let best = -1;
  for (let i = 0; i < length; i++) {
    if (seconds[i] > budgets.latencySeconds || memoryBytes[i] > budgets.memoryBytes) continue;
    if (best < 0 || loss[i] < loss[best] || (loss[i] === loss[best] && seconds[i] < seconds[best])) best = i;
  }
  return best;
}

/**
 * The best architecture within the budgets and its shadow prices, by asking again with more: of latency, of
 * memory, of both. Undefined when no architecture is within the budgets.
 */
export function choose(columns: Columns, budgets: Budgets): Choice | undefined {
  const index = bestWithin(columns, budgets);
  if (index < 0) return undefined;
  const purchase = (budget: keyof Budgets, values: ArrayLike<number>): Purchase => {
    const step = STEPS[budget];
    const richer = bestWithin(columns, { ...budgets, [budget]: budgets[budget] + step });
    const unlimited = { ...budgets, [budget]: Number.POSITIVE_INFINITY };
    const next = cheapestBetter(columns, unlimited, index, values);
    const gain = columns.loss[index] - columns.loss[richer];
    if (next === undefined) return { step, gain };
    const nextGain = columns.loss[index] - columns.loss[next];
    return { step, gain, next: { index: next, more: values[next] - budgets[budget], gain: nextGain } };
  };
  const latency = purchase('latencySeconds', columns.seconds);
  const memory = purchase('memoryBytes', columns.memoryBytes);
  const all = bestWithin(columns, {
    latencySeconds: Number.POSITIVE_INFINITY,
    memoryBytes: Number.POSITIVE_INFINITY,
  });
  const binds = [
    ...(latency.next ? (['latency'] as const) : []),
    ...(memory.next ? (['memory'] as const) : []),
  ];
  const bindsTogether = binds.length === 0 && columns.loss[all] < columns.loss[index];
  return { index, binds, bindsTogether, latency, memory };
}

/** Index of the least of `values` with a lower loss than `index` has, within the budgets. */
function cheapestBetter(
  { length, seconds, memoryBytes, loss }: Columns,
  budgets: Budgets,
  index: number,
  values: ArrayLike<number>,
): number | undefined {
  let found: number | undefined;
  for (let i = 0; i < length; i++) {
    if (seconds[i] > budgets.latencySeconds || memoryBytes[i] > budgets.memoryBytes) continue;
    if (loss[i] < loss[index] && (found === undefined || values[i] < values[found])) found = i;
  }
  return found;
}
