/** Node only: the part of Eq. 2 that the dense and mixture-of-experts runs of Clark et al. (2022) can tell. */
import { externalData } from '../files/data';
import { type Fit, fit } from '../law/fit/fit';
import { readRuns } from '../law/fit/read-runs';
import type { Runs } from '../law/fit/runs';
import { profileInterval } from '../law/uncertainty/profile';

/** Depth and width come in six fixed pairs, and FFN ratio and tokens do not vary. */
export const ROUTED_FORM = 'kl/depth^al + kr*activationRate^ar/width^b1 + kd/width^b2 + Linf';

/** Wide bounds: six shapes cannot tell the depth term, the capacity term and the floor apart without help. */
export const ROUTED_BOUNDS: Record<string, [number, number]> = {
  ...{ al: [0.05, 4], ar: [0, 3], b1: [-2, 2], b2: [0.05, 3], Linf: [0, 3] },
};

const COLUMNS =
  'depth = num_blocks, width = d_model, E = num_experts, N = dense_parameter_count, activationRate = k / num_experts, flops = flops_per_step, loss = loss_validation';

/**
 * The runs of one router and of the dense models, last step of each; `active` says which experts per token.
 *
 * @example externalData('routed-language-models.csv.gz') === undefined ||
 *   (await readRouter('S-Base')).loss.length > 0 // true
 */
export function readRouter(router: string, active = 'k == 1'): Promise<Runs> {
  return readRuns(externalData('routed-language-models.csv.gz')!, ROUTED_FORM, {
    ...{ columns: COLUMNS, lastBy: 'hyper_id', order: 'step', keep: ['N', 'E', 'flops'] },
    where: `(router_type == "${router}" or router_type == "Dense") and routing_frequency == 0.5 and ${active}`,
  });
}

/** `ROUTED_FORM` fitted to the runs of a router, with 90 % intervals of two exponents by profile likelihood. */
export interface FittedRouter {
  router: string;
  runs: Runs;
  fitted: Fit;
  ar: [low: number, high: number];
  b1: [low: number, high: number];
}

/**
 * The form fitted to each of the three routers; an empty list where the table is absent.
 *
 * @example externalData('routed-language-models.csv.gz') === undefined || (await fitRouters()).length === 3 // true
 */
export async function fitRouters(): Promise<FittedRouter[]> {
  if (externalData('routed-language-models.csv.gz') === undefined) return [];
  const routers: FittedRouter[] = [];
  for (const router of ['S-Base', 'RL-R', 'Hash']) {
    const runs = await readRouter(router);
    const fitted = await fit(runs, { formula: ROUTED_FORM, bounds: ROUTED_BOUNDS });
    const between = (name: string) => {
      const { [name]: _, ...bounds } = ROUTED_BOUNDS;
      return profileInterval(runs, fitted, name, 0.9, { bounds });
    };
    routers.push({ router, runs, fitted, ar: between('ar'), b1: between('b1') });
  }
  return routers;
}
