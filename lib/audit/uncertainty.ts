/** Node only: what 170 runs can tell, on the reconstruction. */
import { CODESIGN_FORMULA } from '../law/law';
import { estimate, estimates } from '../theory/estimate';
import type { Evidence } from './evidence';
import { noiseOf } from './reconstructed';
import { compared, type Finding } from './verdict';

/** Whether the interval of an expression in the parameters holds the paper's value. */
export async function estimateWithin(
  { fit, runs }: Evidence,
  { expression, printed }: { expression: string; printed: number },
): Promise<Finding> {
  const { bootstrap, interval } = await import('../law/uncertainty/bootstrap.js');
  const fitted = await fit();
  const [low, high] = interval(estimates(bootstrap(await runs(), fitted, { count: 500 }), expression), 0.9);
  const { value, standardError } = estimate(fitted, expression);
  return compared(low <= printed && printed <= high, {
    ours: `${low.toFixed(2)} to ${high.toFixed(2)} (90 %, bootstrap); ${value.toFixed(2)} ± ${(1.645 * standardError).toFixed(2)} (delta method)`,
    how: 'inside the interval, which is wide: 170 runs with this noise know its sign, and its size to about a half; refits to reconstructed runs',
    value: high - low,
  });
}

/** Whether held-out runs and the information criterion want a term of the law. */
export async function termNeeded({ runs }: Evidence, { term }: { term: string }): Promise<Finding> {
  const { compareLaws } = await import('../law/uncertainty/compare.js');
  const laws = { whole: CODESIGN_FORMULA, without: CODESIGN_FORMULA.replace(` + ${term}`, '') };
  const rows = await compareLaws(await runs(), laws, { starts: 16 });
  const [whole, without] = ['whole', 'without'].map((each) => rows.find(({ name }) => name === each)!);
  return compared(whole.bic < without.bic, {
    ours: `held-out error ${without.heldOutRmse.toFixed(4)} without it, ${whole.heldOutRmse.toFixed(4)} with it`,
    how: 'ten-fold cross-validation and BIC on reconstructed runs, which were made with the term: the runs cannot see it',
  });
}

/** With how many runs the fitted law's frontier comes close to the true one. */
export async function runsNeeded(
  { law, setting, fit, runs }: Evidence,
  { printed, nats }: { printed: number; nats: number },
): Promise<Finding> {
  const { excessLoss } = await import('../frontier/excess-loss.js');
  const noise = noiseOf(await fit(), await runs());
  const numbers = excessLoss(law, setting('fp16'), noise);
  const [filling, optimal] = numbers;
  const enough = ({ counts, mean }: typeof filling) => counts.find((_, i) => mean[i] < nats);
  const least = enough(optimal) ?? printed;
  return compared(least >= printed, {
    ours: `within ${nats} nats of the true frontier with ${enough(filling)} space-filling or ${enough(optimal)} D-optimal runs; ${printed} space-filling ones come to ${filling.mean[filling.mean.length - 1].toFixed(4)}`,
    how: 'with the law known to be of the right form, and noise as reconstructed; a wide design also tests the form, which an optimal one cannot',
    value: least,
    numbers,
  });
}
