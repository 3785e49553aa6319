import type { Problem } from './problem';
import { type Refined, refine } from './refine';

type Landscape = Pick<Problem, 'model' | 'loss' | 'objective' | 'box'>;

/**
 * The best end, or a better one reached from it with one exponent moved far: a term that matters little may
 * have its optimum at a steep power, in a basin so narrow that few random starts find it.
 */
export function hop({ model, loss, objective, box }: Landscape, start: Refined): Refined {
  let best = start;
  for (const [p, isLog] of model.isLog.entries()) {
    if (isLog || model.plain[p] !== 0) continue;
    for (const exponent of [-20, -6, -2, 0, 2, 6, 20]) {
      const moved = best.u.map((coordinate, q) => (q === p ? exponent * model.units[p] : coordinate));
      const end = refine(model, loss, objective, moved, { iterations: 100, box, goal: best.objective });
      if (end.objective < best.objective * (1 - 1e-9))
        best = refine(model, loss, objective, end.u, { iterations: 1000, tolerance: 1e-11, box });
    }
  }
  return best;
}
