/**
 * The exact frontier of a frame without looking at all of its architectures. Latency is depth times a sum over
 * attention and FFN, plus what happens once; loss is a sum over depth, attention and FFN; so are bytes. So only
 * attentions, FFNs and depths that no other beats in seconds, loss and bytes can be part of an optimum, and of
 * their combinations again only such. What is left is evaluated like any architecture, and its frontier taken.
 */
import type { Frame } from '../space';
import { ROUNDING } from './choices';
import { evaluateColumns } from './evaluate';
import { frontier } from './frontier';
import { type FrameModels, frameModels, type Pair } from './models';
import type { Prepared } from './parts';
import { prune } from './prune';
import type { Numbered } from './question';
import { makeStairs, mergeStairs, type Stairs, stairWithin } from './staircase';

/** Whole architectures that are evaluated together. */
const BATCH = 4096;

/** The frontier of some architectures. */
export interface Answer {
  points: Numbered[];
  /** How many latencies or losses were computed: of attentions, FFNs and whole architectures. */
  evaluated: number;
}

/**
 * The frontier of one frame, without the points that `known` ones beat; `perDepth` is the number of architectures of
 * one depth in the whole space.
 */
export function searchFrame(prepared: Prepared, frame: Frame, perDepth: bigint, known: Stairs): Answer {
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
  const [seconds, loss] = [new Float64Array(left.length), new Float64Array(left.length)];
  for (let from = 0; from < left.length; from += BATCH) {
    const batch = left.slice(from, from + BATCH).map(architectureOf);
    const columns = evaluateColumns(batch, law, setting, objective);
    seconds.set(columns.seconds, from);
    loss.set(columns.loss, from);
  }
  const points = frontier(seconds, loss)
    .filter((i) => !isBeaten(known, seconds[i], loss[i]))
    .map((i) => {
      const [d, layer] = left[i];
      const index = BigInt(depths.number[d]) * perDepth + frame.offset + BigInt(layers.number[layer]);
      const point = { architecture: architectureOf(left[i]), loss: loss[i], latencySeconds: seconds[i] };
      return { ...point, index: String(index) };
    });
  return { points, evaluated: models.evaluated + left.length };
}

/** Whether a stair is at most as slow and as lossy as a point, and not equal to it. */
function isBeaten(stairs: Stairs, seconds: number, loss: number): boolean {
  const at = stairWithin(stairs, seconds);
  if (at < 0 || stairs.loss[at] > loss) return false;
  return stairs.loss[at] < loss || stairs.seconds[at] < seconds;
}

/** The models that no other beats by more than rounding. Frontiers of one depth after the other are merged. */
function clearlyUnbeaten(models: FrameModels, layersAt: (d: number) => readonly number[]): Pair[] {
  const news = makeStairs(models.layers.length);
  let [stairs, spare] = [makeStairs(), makeStairs()];
  const some = [...models.depths.number.keys()].map((d) => {
    const unbeaten = unbeatenBy(stairs, models, d, layersAt(d), news);
    const room = stairs.length + news.length;
    if (spare.seconds.length < room) spare = makeStairs(2 * room);
    mergeStairs(stairs, news, spare);
    [stairs, spare] = [spare, stairs];
    return unbeaten;
  });
  return some.flatMap((layers, d) =>
    Array.from(unbeatenBy(stairs, models, d, layers, news), (layer): Pair => [d, layer]),
  );
}

/**
 * Those of some layers, which come by seconds, that `stairs` do not beat by more than rounding at a depth. Their
 * seconds and losses go into `news`.
 */
function unbeatenBy(
  stairs: Stairs,
  { depths, layers, once, constant, size }: FrameModels,
  d: number,
  some: ArrayLike<number>,
  news: Stairs,
): Int32Array {
  const left = new Int32Array(some.length);
  const [depth, ofDepth] = [depths.seconds[d], depths.loss[d]];
  let length = 0;
  for (let k = 0, faster = 0; k < some.length; k++) {
    const layer = some[k];
    const seconds = depth * layers.seconds[layer] + once;
    const loss = ofDepth + layers.loss[layer] + constant;
    const clear = seconds * (1 - ROUNDING);
    while (faster < stairs.length && stairs.seconds[faster] <= clear) faster++;
    if (faster > 0 && stairs.loss[faster - 1] <= loss - 4 * ROUNDING * size(d, layer)) continue;
    left[length] = layer;
    news.seconds[length] = seconds;
    news.loss[length++] = loss;
  }
  news.length = length;
  return left.slice(0, length);
}
