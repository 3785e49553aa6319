import type { Architecture } from '../architecture';
import { latinHypercube, seededRandom } from '../random';
import { assemble, type Frame, framesOf, type Space } from '../space';
import { frontierOf, hypervolume, type Point } from './frontier';

/** An architecture with its loss and latency. */
export interface Candidate extends Point {
  architecture: Architecture;
}

export interface SearchOptions {
  /** Latin hypercube points of the first round. Default 256. */
  initial?: number;
  /** Points sampled in thin stretches in each round. Default 32. */
  perRound?: number;
  /** Default 0. */
  seed?: number;
}

export interface SearchResult {
  frontier: Candidate[];
  /** How many architectures were evaluated. */
  evaluations: number;
  /** Hypervolume after each round. */
  hypervolumes: number[];
}

/** Rounds without news after which the frontier counts as stable. */
const QUIET_ROUNDS = 3;

/** Places in the lists of a space: depth, frame, FFN ratio, mixture, kvHeads (among those valid in the frame). */
type Place = [number, number, number, number, number];

/**
 * Adaptive search for the frontier of a space (§4.3.1): a Latin hypercube start; then, round after round, all
 * neighbours of the frontier's points (one or two places away along one list) and random points between
 * frontier points where the frontier is thin; until `QUIET_ROUNDS` in a row neither enlarge the hypervolume
 * nor leave a neighbour unseen. Every point is a valid member of the space. Same seed, same result.
 *
 * `evaluate` gives loss and latency of a batch of architectures.
 *
 * @example searchFrontier(paperSpace, (batch) => evaluateArchitectures(batch, law(), setting,
 *   'total')).evaluations < countSpace(paperSpace) // true
 */
export function searchFrontier(
  space: Space,
  evaluate: (architectures: Architecture[]) => Point[],
  { initial = 256, perRound = 32, seed = 0 }: SearchOptions = {},
): SearchResult {
  const random = seededRandom(seed);
  const frames = framesOf(space).filter((frame) => frame.kvHeads.length > 0);
  const sizes = [space.depths.length, frames.length, space.ffnRatios.length, space.mixtures.length];
  const seen = new Set<string>();
  const placeOf = new Map<Architecture, Place>();

  const visit = (places: Place[]): Candidate[] => {
    const fresh = places.filter((place) => !seen.has(place.join()) && seen.add(place.join()));
    const architectures = fresh.map((place) => at(space, frames, place));
    architectures.forEach((architecture, i) => {
      placeOf.set(architecture, fresh[i]);
    });
    return evaluate(architectures).map((point, i) => ({ ...point, architecture: architectures[i] }));
  };
  const draw = (unit: number[]): Place => {
    const [depth, frame, ratio, mixture] = sizes.map((size, axis) => Math.floor(unit[axis] * size));
    return [depth, frame, ratio, mixture, Math.floor(unit[4] * frames[frame].kvHeads.length)];
  };

  const first = visit(latinHypercube(initial, 5, random).map(draw));
  const reference = {
    latencySeconds: Math.max(...first.map((c) => c.latencySeconds)),
    loss: Math.max(...first.map((c) => c.loss)),
  };
  let found = frontierOf(first);
  const hypervolumes = [hypervolume(found, reference)];
  for (let quiet = 0; quiet < QUIET_ROUNDS; ) {
    const places = found.map((candidate) => placeOf.get(candidate.architecture)!);
    const near = visit(places.flatMap((place) => neighbours(sizes, frames, place)));
    const between = visit(
      thinStretches(found, perRound).map(([a, b]) => {
        const [from, to] = [places[a], places[b]];
        const mix = from.map((value, axis) => {
          const [low, high] = [Math.min(value, to[axis]), Math.max(value, to[axis])];
          return low + Math.floor(random() * (high - low + 1));
        }) as Place;
        mix[4] = Math.min(mix[4], frames[mix[1]].kvHeads.length - 1);
        return mix;
      }),
    );
    found = frontierOf([...found, ...near, ...between]);
    hypervolumes.push(hypervolume(found, reference));
    const [before, after] = hypervolumes.slice(-2);
    quiet = near.length === 0 && after <= before ? quiet + 1 : 0;
  }
  return { frontier: found, evaluations: seen.size, hypervolumes };
}

/** Places one or two steps away along one list. */
function neighbours(sizes: readonly number[], frames: readonly Frame[], place: Place): Place[] {
  const result: Place[] = [];
  for (let axis = 0; axis < 5; axis++)
    for (const step of [-2, -1, 1, 2]) {
      const moved = [...place] as Place;
      moved[axis] += step;
      if (axis < 4 && (moved[axis] < 0 || moved[axis] >= sizes[axis])) continue;
      const choices = frames[moved[1]].kvHeads.length;
      if (moved[4] >= 0 && moved[4] < choices) result.push(moved);
    }
  return result;
}

/** Pairs of neighbours on the frontier with the widest gaps between them, both axes scaled to 1. */
function thinStretches(found: readonly Candidate[], count: number): [number, number][] {
  const width = found[found.length - 1].latencySeconds - found[0].latencySeconds || 1;
  const height = found[0].loss - found[found.length - 1].loss || 1;
  return found
    .slice(1)
    .map((candidate, i) => ({
      pair: [i, i + 1] as [number, number],
      gap: Math.hypot(
        (candidate.latencySeconds - found[i].latencySeconds) / width,
        (candidate.loss - found[i].loss) / height,
      ),
    }))
    .sort((a, b) => b.gap - a.gap || a.pair[0] - b.pair[0])
    .slice(0, count)
    .map(({ pair }) => pair);
}

function at(space: Space, frames: readonly Frame[], [depth, frame, ratio, mixture, kv]: Place): Architecture {
  const ffn = ratio * space.mixtures.length + mixture;
  return assemble(space, frames[frame], space.depths[depth], ffn, frames[frame].kvHeads[kv]);
}
