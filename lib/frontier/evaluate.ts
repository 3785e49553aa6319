import { type Architecture, toTable } from '../architecture';
import { oneOf } from '../errors';
import { type Law, predictLoss, predictLosses } from '../law/law';
import { rooflineLatencies, type Setting } from '../roofline/roofline';
import type { Candidate } from './search';

/** Which latency is traded against the loss. */
export type LatencyObjective = 'prefill' | 'decode' | 'total';
export const latencyObjectives: readonly LatencyObjective[] = ['prefill', 'decode', 'total'];

/**
 * Loss by the law and latency by the roofline of each architecture; a law without a finite loss for one is refused.
 *
 * @example evaluateArchitectures([qwen], law(), setting, 'total')[0].loss === predictLoss(law(), qwen).loss // true
 */
export function evaluateArchitectures(
  architectures: readonly Architecture[],
  law: Law,
  setting: Setting,
  objective: LatencyObjective,
): Candidate[] {
  const { seconds, loss } = evaluateColumns(architectures, law, setting, objective);
  return architectures.map((architecture, i) => ({
    architecture,
    loss: loss[i],
    latencySeconds: seconds[i],
  }));
}

/** The same numbers as columns. */
export function evaluateColumns(
  architectures: readonly Architecture[],
  law: Law,
  setting: Setting,
  objective: LatencyObjective,
): { seconds: Float64Array; loss: Float64Array } {
  oneOf(objective, latencyObjectives, 'objective');
  const loss = predictLosses(law, architectures);
  const infinite = loss.findIndex((value) => !Number.isFinite(value));
  // Refused term by term.
  if (infinite >= 0) predictLoss(law, architectures[infinite]);
  return { seconds: rooflineLatencies(toTable(architectures), setting)[`${objective}Seconds`], loss };
}
