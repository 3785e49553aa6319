/** Node only, through TensorFlow.js: fitting a law to runs. */
import { extent } from 'simple-statistics';
import { refuse } from '../../errors';
import { permutation, type Random, seededRandom } from '../../random';
import { CODESIGN_FORMULA, CODESIGN_TERMS, type Law, predictRows } from '../law';
import { descend } from './descend';
import { drawStart } from './draw';
import { hop } from './hop';
import { checkIdentified } from './identify';
import { checkParameters, checkSettings, checkSize, checkStarts } from './limits';
import type { Model } from './model';
import type { Objective } from './objective';
import { makeProblem, onRows, type Problem, type ProblemOptions, refit, trainingRows } from './problem';
import { type Box, type Refined, refine } from './refine';
import type { Runs } from './runs';
import { rSquared, sumOfSquaredErrors } from './statistics';
import { type Uncertainty, uncertainty } from './uncertainty';

export interface FitOptions extends ProblemOptions {
  /** Random starting points. Default 64. */
  starts?: number;
  /** Default 0. */
  seed?: number;
  /** Told the share of the work that is done, from 0 to 1. */
  onProgress?: (share: number) => void;
}

/** Steps of gradient descent. */
const STEPS = 100;
/** How many of the best starts are refined for as long as it takes. */
const LEADING = 8;
/** Of larger tables, the starts see this many rows, or fewer where the law is slower; the best ends are refined on all. */
const MOST_ROWS = { products: 2048, others: 512 };
/** So many go downhill in one tensor. */
const TOGETHER = 512;
/** Ends that are refined on all rows. */
const FINALISTS = 4;

/** A fitted law and how good it is. */
export interface Fit extends Uncertainty {
  law: Law;
  parameters: Record<string, number>;
  r2: { train: number; validation: number | null };
  /** Root of the mean squared error on the training rows. */
  rmse: number;
  meanSquaredError: number;
  /** Which sign each parameter could take: `positive`, or `either`. Bounds may narrow that further. */
  signs: Record<string, 'positive' | 'either'>;
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
 *
 * @example (await fit(runs)).r2.train // 0.9701
 */
export async function fit(runs: Runs, options: FitOptions = {}): Promise<Fit> {
  const begin = performance.now();
  const starts = checkStarts(options.starts ?? 64);
  const problem = makeProblem(runs, options);
  checkSettings(runs.name, problem);
  checkIdentified(runs.name, problem);
  const { model, loss, fixed } = problem;
  const random = seededRandom(options.seed ?? 0);
  const most = model.others === undefined ? MOST_ROWS.products : MOST_ROWS.others;
  const isLarge = loss.length > most;
  const some = isLarge ? onRows(problem, permutation(loss.length, random).slice(0, most)) : problem;
  checkSize(starts, some.loss.length);
  const { best: found, ends, backend } = await search(some, starts, random, options.onProgress);
  const best = isLarge ? bestOf(problem, some, [found, ...ends]) : found;
  if (!Number.isFinite(best.objective)) refuse(`${runs.name}: no start led to a finite objective`);

  const parameters = { ...model.toParameters(best.u), ...fixed };
  checkParameters(runs.name, parameters);
  const ranges = Object.fromEntries(
    problem.variables.map((name) => [name, extent(Array.from(model.columns[name]))]),
  );
  const terms = problem.text === CODESIGN_FORMULA ? { terms: CODESIGN_TERMS } : {};
  const law: Law = {
    ...{ formula: problem.text, variables: problem.variables, parameters, ...terms, ranges },
    ...(Object.keys(problem.levels).length === 0 ? {} : { levels: problem.levels }),
  };
  const { weights } = problem.objective;
  const trained = predictRows(law, model.columns, loss.length);
  const meanSquaredError = sumOfSquaredErrors(trained, loss, weights) / loss.length;
  const validation = trainingRows(runs, false);
  const held = predictRows(law, validation.columns, validation.loss.length);
  return {
    law,
    parameters,
    ...uncertainty(problem, best.u),
    r2: {
      train: rSquared(trained, loss, weights),
      validation: finiteOrNull(rSquared(held, validation.loss, validation.weights)),
    },
    rmse: Math.sqrt(meanSquaredError),
    meanSquaredError,
    signs: Object.fromEntries(
      model.parameters.flatMap((name, p) =>
        name in fixed ? [] : [[name, model.isLog[p] ? 'positive' : 'either'] as const],
      ),
    ),
    starts: ends.map(({ objective: value, converged }) => ({ objective: value, converged })),
    seconds: (performance.now() - begin) / 1000,
    backend,
  };
}

/** R² of one loss, or of losses that are all alike, is not known. */
function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** The best optimum on all rows that the best ends on some of them lead to. */
function bestOf(problem: Problem, { model }: Problem, ends: readonly Refined[]): Refined {
  const [first, ...others] = [...ends].sort((a, b) => a.objective - b.objective);
  const distinct = [first];
  for (const end of others)
    if (distinct.length < FINALISTS && end.objective > distinct[distinct.length - 1].objective * (1 + 1e-6))
      distinct.push(end);
  const best = distinct
    .map(({ u }) => refit(problem, model.toParameters(u)))
    .reduce((a, b) => (b.objective < a.objective * (1 - 1e-12) ? b : a));
  if (model.others === undefined) return best;
  const { loss, objective, box } = problem;
  return refine(problem.model, loss, objective, best.u, { iterations: 200, tolerance: 1e-15, box });
}

/** The best optimum that is reached from random starts, and where each of them ended. */
async function search(
  { model, loss, objective, box }: Problem,
  starts: number,
  random: Random,
  onProgress: (share: number) => void = () => {},
) {
  const points = Array.from({ length: starts }, () => drawStart(model, loss, random));
  const arrived: Float64Array[] = [];
  let backend = '';
  for (let first = 0; first < starts; first += TOGETHER) {
    const some = points.slice(first, first + TOGETHER);
    const onStep = (step: number) => onProgress((0.6 * (first + (some.length * step) / STEPS)) / starts);
    const descended = await descend(model, loss, objective, some, { steps: STEPS, onStep });
    arrived.push(...descended.ends);
    backend = descended.backend;
  }
  // Roughly first: where two starts lie in one valley, one of them need not walk it to the end.
  const rough = { iterations: 100, tolerance: 1e-6, box };
  const ends = arrived.map((end, s) => {
    onProgress(0.6 + (0.2 * s) / arrived.length);
    const descended = refine(model, loss, objective, end, rough);
    // Where single precision led nowhere, the start itself is refined.
    return Number.isFinite(descended.objective)
      ? descended
      : refine(model, loss, objective, points[s], rough);
  });
  const leading = [...ends.keys()].sort((a, b) => ends[a].objective - ends[b].objective);
  let reached = Number.POSITIVE_INFINITY;
  for (const [rank, s] of leading.slice(0, LEADING).entries()) {
    onProgress(0.8 + (0.2 * rank) / LEADING);
    ends[s] = follow(model, loss, objective, ends[s], reached, box);
    reached = Math.min(reached, ends[s].objective);
  }
  onProgress(1);
  const least = ends.reduce((a, b) => (b.objective < a.objective ? b : a));
  const { u } = hop({ model, loss, objective, box }, least);
  const best = refine(model, loss, objective, u, { iterations: 200, tolerance: 1e-15, box });
  return { best, ends, backend };
}

/**
 * Refines an end for as long as it takes, or until it is plain that it will not come near `best`: what it
 * still lacks is many times what the last hundred steps gained.
 */
function follow(
  model: Model,
  loss: Float64Array,
  objective: Objective,
  start: Refined,
  best: number,
  box?: Box,
): Refined {
  let end = start;
  for (let round = 0; round < 10; round++) {
    const before = end.objective;
    end = refine(model, loss, objective, end.u, { iterations: 100, tolerance: 1e-11, box });
    if (end.converged || end.objective - best > 20 * (before - end.objective)) break;
  }
  return end;
}
