/** Node only, through TensorFlow.js: fitting a law to runs. */
import { extent, mean, standardDeviation } from 'simple-statistics';
import { positiveInteger, refuse } from '../errors';
import { type Random, seededRandom } from '../random';
import { descend } from './descend';
import { parseFormula } from './formula';
import { architectureVariables, CODESIGN_FORMULA, type Law, predictRows } from './law';
import { type LogLinear, toLogLinear, toParameters } from './loglinear';
import { makeObjective, type Objective } from './objective';
import { type Refined, refine } from './refine';
import type { Runs } from './runs';
import { rSquared, sumOfSquaredErrors } from './statistics';
import { type Uncertainty, uncertainty } from './uncertainty';

export interface FitOptions {
  /** Default: Eq. 2. */
  formula?: string;
  objective?: Objective['kind'];
  /** δ of the Huber objective. Default 1e-3. */
  delta?: number;
  /** Random starting points. Default 64. */
  starts?: number;
  /** Default 0. */
  seed?: number;
  /** Told the share of the work that is done, from 0 to 1. */
  onProgress?: (share: number) => void;
}

/** How many of the best starts are refined for as long as it takes. */
const LEADING = 8;

/** A fitted law and how good it is. */
export interface Fit extends Uncertainty {
  law: Law;
  parameters: Record<string, number>;
  r2: { train: number; validation: number | null };
  /** Root of the mean squared error on the training rows. */
  rmse: number;
  meanSquaredError: number;
  /** Per start, in the order drawn. */
  starts: { objective: number; converged: boolean }[];
  seconds: number;
  backend: string;
}

/**
 * Fits a law's parameters to the training rows of `runs`: gradient descent from many seeded starts in one
 * tensor, then Levenberg–Marquardt in float64 from where each arrived, the leading ones to convergence; the
 * best end, or a better one nearby in other exponents, is the fit. Coefficients
 * of terms stay positive. Same seed, same numbers (on one backend).
 */
export async function fit(runs: Runs, options: FitOptions = {}): Promise<Fit> {
  const begin = performance.now();
  const { onProgress = () => {} } = options;
  const objective = makeObjective(options.objective, options.delta);
  const starts = positiveInteger(options.starts ?? 64, 'starts');
  const formula = parseFormula(options.formula ?? CODESIGN_FORMULA, [
    ...Object.keys(runs.columns),
    ...(options.formula === undefined ? Object.keys(architectureVariables) : []),
  ]);
  const { train, validation } = split(runs);
  const count = formula.parameters.length;
  if (train.loss.length < count)
    refuse(`${runs.name}: ${train.loss.length} training rows are fewer than the law's ${count} parameters`);

  const model = toLogLinear(formula, train.columns, train.loss.length);
  const random = seededRandom(options.seed ?? 0);
  const points = Array.from({ length: starts }, () => drawStart(model, train.loss, random));
  const steps = 400;
  const { ends, backend } = await descend(model, train.loss, objective, points, {
    steps,
    onStep: (step) => onProgress((0.7 * step) / steps),
  });
  const refined = ends.map((end, s) => {
    onProgress(0.7 + (0.2 * s) / ends.length);
    return refine(model, train.loss, objective, end, { iterations: 100 });
  });
  const leading = [...refined.keys()].sort((a, b) => refined[a].objective - refined[b].objective);
  for (const [rank, s] of leading.slice(0, LEADING).entries()) {
    onProgress(0.9 + (0.1 * rank) / LEADING);
    refined[s] = refine(model, train.loss, objective, refined[s].u, { iterations: 1000, tolerance: 1e-11 });
  }
  onProgress(1);

  const best = hop(
    model,
    train.loss,
    objective,
    refined.reduce((a, b) => (b.objective < a.objective ? b : a)),
  );
  if (!Number.isFinite(best.objective)) refuse(`${runs.name}: no start led to a finite objective`);
  const parameters = toParameters(model, best.u);
  const ranges = Object.fromEntries(
    formula.variables.map((name) => [name, extent(Array.from(train.columns[name]))]),
  );
  const law: Law = { formula: formula.text, variables: formula.variables, parameters, ranges };
  const trained = predictRows(law, train.columns, train.loss.length);
  const meanSquaredError = sumOfSquaredErrors(trained, train.loss) / train.loss.length;
  const held = predictRows(law, validation.columns, validation.loss.length);
  return {
    law,
    parameters,
    ...uncertainty(model, train.loss, objective, best.u),
    r2: {
      train: rSquared(trained, train.loss),
      validation: validation.loss.length > 1 ? rSquared(held, validation.loss) : null,
    },
    rmse: Math.sqrt(meanSquaredError),
    meanSquaredError,
    starts: refined.map(({ objective: value, converged }) => ({ objective: value, converged })),
    seconds: (performance.now() - begin) / 1000,
    backend,
  };
}

/**
 * The best end, or a better one reached from it with one exponent moved far: a term that matters little may
 * have its optimum at a steep power, in a basin so narrow that few random starts find it.
 */
function hop(model: LogLinear, loss: Float64Array, objective: Objective, start: Refined): Refined {
  let best = start;
  for (const [p, isLog] of model.isLog.entries()) {
    if (isLog || model.plain[p] !== 0) continue;
    for (const exponent of [-20, -6, -2, 0, 2, 6, 20]) {
      const moved = best.u.map((coordinate, q) => (q === p ? exponent : coordinate));
      const end = refine(model, loss, objective, moved, { iterations: 100 });
      if (end.objective < best.objective * (1 - 1e-9))
        best = refine(model, loss, objective, end.u, { iterations: 1000, tolerance: 1e-11 });
    }
  }
  return best;
}

/** Training and validation rows of `runs` as tables of their own. */
function split(runs: Runs) {
  const pick = (wanted: boolean) => {
    const rows = [...runs.loss.keys()].filter((row) => runs.isTraining[row] === wanted);
    const take = (values: ArrayLike<number>) => Float64Array.from(rows, (row) => values[row]);
    return {
      loss: take(runs.loss),
      columns: Object.fromEntries(Object.entries(runs.columns).map(([name, values]) => [name, take(values)])),
    };
  };
  return { train: pick(true), validation: pick(false) };
}

/** A starting point: exponents half of ordinary size, half far out, terms of the size of the losses' spread, constants below them. */
function drawStart(model: LogLinear, loss: Float64Array, random: Random): Float64Array {
  const spread = standardDeviation(Array.from(loss)) || 1;
  const constants = model.plain.filter((factor) => factor !== 0).length;
  return Float64Array.from(model.parameters, (_, p) => {
    if (model.plain[p] !== 0)
      return (mean(Array.from(loss)) - 3 * spread * random()) / constants / model.plain[p];
    if (model.isLog[p]) return Math.log(spread) + 4 * random() - 3;
    return random() < 0.5 ? 2 * random() - 0.5 : (random() < 0.7 ? 1 : -1) * 10 ** (2 * random() - 1);
  });
}
