/**
 * The exact frontier of a frame without looking at all of its architectures. Latency is depth times a sum over
 * attention and FFN, plus what happens once; loss is a sum over depth, attention and FFN; so are bytes. So only
 * attentions, FFNs and depths that no other beats in seconds, loss and bytes can be part of an optimum, and of
 * their combinations again only such. What is left is evaluated like any architecture, and its frontier taken.
 */
import type { Architecture } from '../architecture';
import type { Frame } from '../space';
import { ROUNDING, refuseLoss } from './choices';
import { evaluateArchitectures } from './evaluate';
import { frontierOf } from './frontier';
import { type FrameModels, frameModels, type Pair } from './models';
import type { Prepared } from './parts';
import { prune } from './prune';
import type { Numbered } from './question';
import type { Candidate } from './search';

/** Whole architectures that are evaluated together. */
const BATCH = 16384;

/** The frontier of some architectures. */
export interface Answer {
  points: Numbered[];
  /** How many latencies or losses were computed: of attentions, FFNs and whole architectures. */
  evaluated: number;
}

/** The frontier of one frame; `perDepth` is the number of architectures of one depth in the whole space. */
export function searchFrame(prepared: Prepared, frame: Frame, perDepth: bigint): Answer {
  const models = frameModels(prepared, frame);
  if (models === undefined) return { points: [], evaluated: 0 };
  const { depths, layers, items, architectureOf, isWithin } = models;
  const all = [...layers.number.keys()];
  /** Layers that keep the limits at a depth, by seconds, without those that another one beats there. */
  const layersAt = (d: number) =>
    prepared.limits.length === 0
      ? all
      : prune(
          items,
          all.filter((layer) => isWithin([d, layer])),
        );
  const left = clearlyUnbeaten(models, layersAt);
  left.sort((x, y) => depths.number[x[0]] - depths.number[y[0]] || layers.number[x[1]] - layers.number[y[1]]);
  const { law, setting, objective } = prepared.question;
  const places = new Map<Architecture, Pair>();
  const candidates: Candidate[] = [];
  for (let from = 0; from < left.length; from += BATCH) {
    const batch = left.slice(from, from + BATCH).map((pair) => {
      const architecture = architectureOf(pair);
      places.set(architecture, pair);
      return architecture;
    });
    candidates.push(...evaluateArchitectures(batch, law, setting, objective));
  }
  for (const { loss, architecture } of candidates)
    if (!(loss > Number.NEGATIVE_INFINITY)) refuseLoss(loss, architecture);
  const points = frontierOf(candidates).map((point) => {
    const [d, layer] = places.get(point.architecture)!;
    const index = BigInt(depths.number[d]) * perDepth + frame.offset + BigInt(layers.number[layer]);
    return { ...point, index: String(index) };
  });
  return { points, evaluated: models.evaluated + left.length };
}

/** Estimated seconds and losses that nothing beats: seconds ascend and losses descend. */
interface Stairs {
  seconds: Float64Array;
  loss: Float64Array;
}

/** The models that no other beats by more than rounding. Frontiers of one depth after the other are merged. */
function clearlyUnbeaten(models: FrameModels, layersAt: (d: number) => readonly number[]): Pair[] {
  const depths = [...models.depths.number.keys()];
  let stairs: Stairs = { seconds: new Float64Array(0), loss: new Float64Array(0) };
  const some = depths.map((d) => {
    const unbeaten = unbeatenBy(stairs, models, d, layersAt(d));
    stairs = merged(stairs, models, d, unbeaten);
    return unbeaten;
  });
  return depths.flatMap((d) => unbeatenBy(stairs, models, d, some[d]).map((layer): Pair => [d, layer]));
}

/** Those of some layers, which come by seconds, that `stairs` do not beat by more than rounding at a depth. */
function unbeatenBy(
  stairs: Stairs,
  { seconds, loss, size }: FrameModels,
  d: number,
  some: readonly number[],
): number[] {
  let faster = 0;
  return some.filter((layer) => {
    const clear = seconds(d, layer) * (1 - ROUNDING);
    while (faster < stairs.seconds.length && stairs.seconds[faster] <= clear) faster++;
    return faster === 0 || stairs.loss[faster - 1] > loss(d, layer) - 4 * ROUNDING * size(d, layer);
  });
}

/** `stairs` with the models of some layers, which come by seconds, at a depth. */
function merged(stairs: Stairs, { seconds, loss }: FrameModels, d: number, some: readonly number[]): Stairs {
  const all = { seconds: [] as number[], loss: [] as number[] };
  let least = Number.POSITIVE_INFINITY;
  const take = (slow: number, lossy: number) => {
    if (lossy >= least) return;
    least = lossy;
    all.seconds.push(slow);
    all.loss.push(lossy);
  };
  let old = 0;
  const takeOld = (limit: number) => {
    for (; old < stairs.seconds.length && stairs.seconds[old] <= limit; old++)
      take(stairs.seconds[old], stairs.loss[old]);
  };
  for (const layer of some) {
    takeOld(seconds(d, layer));
    take(seconds(d, layer), loss(d, layer));
  }
  takeOld(Number.POSITIVE_INFINITY);
  return { seconds: Float64Array.from(all.seconds), loss: Float64Array.from(all.loss) };
}
