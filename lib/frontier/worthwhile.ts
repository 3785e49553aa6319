import type { Architecture } from '../architecture';
import { refuse } from '../errors';
import { framesOf } from '../space';
import { BYTES_ROUNDING, ROUNDING } from './choices';
import { type Estimate, worthwhileIn } from './models';
import { prepare } from './parts';
import { bySeconds, prune } from './prune';
import type { Question } from './question';

/**
 * The architectures of a space that no other beats in seconds, loss and memory together: whatever budgets of time and
 * memory are set, the best within them is one of these. A few more, which rounding alone might tell apart, are among
 * them. Refused where latency or law do not separate.
 */
export function worthwhile(question: Question): Architecture[] {
  const prepared = prepare({ ...question, memoryBudget: Number.MAX_VALUE });
  const reason = prepared.whyOperatorsMix ?? prepared.whySummandsMix;
  if (reason !== undefined) refuse(`${reason}, so that every architecture has to be looked at`);
  const models = framesOf(question.space).flatMap((frame) => worthwhileIn(prepared, frame));
  const read = (of: (estimate: Estimate) => number) => Float64Array.from(models, of);
  const [seconds, loss, size] = [read((e) => e.seconds), read((e) => e.loss), read((e) => e.size)];
  const bytes = prepared.limits.map((_, limit) => read((e) => e.bytes[limit]));
  const largest = size.reduce((most, value) => Math.max(most, value), 0);
  const items = {
    ...{ seconds, loss, bytes },
    secondsSlack: (i: number) => ROUNDING * seconds[i],
    lossSlack: () => 4 * ROUNDING * largest,
    bytesSlack: (limit: number, i: number) => BYTES_ROUNDING * bytes[limit][i],
    // Models of different frames have no parts in common that could be compared.
    isNoSlower: () => false,
    isNoLossier: () => false,
    isBefore: () => false,
  };
  return prune(items, bySeconds(items, [...models.keys()])).map((i) => models[i].architecture);
}
