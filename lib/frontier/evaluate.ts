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
  oneOf(objective, latencyObjectives, 'objective');
  const losses = predictLosses(law, architectures);
  const infinite = losses.findIndex((loss) => !Number.isFinite(loss));
  // Refused term by term.
  if (infinite >= 0) predictLoss(law, architectures[infinite]);
  const seconds = rooflineLatencies(toTable(architectures), setting)[`${objective}Seconds`];
  return architectures.map((architecture, i) => ({
    architecture,
    loss: losses[i],
    latencySeconds: seconds[i],
  }));
}
