/**
 * The exact frontier of a frame without looking at all of its architectures. Latency is depth times a sum over
 * attention and FFN, plus what happens once; loss is a sum over depth, attention and FFN; so are bytes. So only
 * attentions, FFNs and depths that no other beats in seconds, loss and bytes can be part of an optimum, and of
 * their combinations again only such. What is left is evaluated like any architecture, and its frontier taken.
 */
import type { Architecture } from '../architecture';
import { assemble, type Frame } from '../space';
import {
  attentionChoices,
  BYTES_ROUNDING,
  type Choices,
  depthChoices,
  ffnChoices,
  frameLoss,
  itemsOf,
  largest,
  layerChoices,
  pruned,
  type Rest,
  ROUNDING,
  refuseLoss,
} from './choices';
import { evaluateArchitectures } from './evaluate';
import { attentionSeconds, type Prepared } from './parts';
import { type Items, prune } from './prune';
import type { Numbered } from './question';
import type { Candidate } from './search';
import { makeStaircase } from './staircase';

/** Whole architectures that are evaluated together. */
const BATCH = 16384;

/** The frontier of some architectures. */
export interface Answer {
  points: Numbered[];
  /** How many latencies or losses were computed: of attentions, FFNs and whole architectures. */
  evaluated: number;
}

/** A model of a frame: a depth and a layer, by their places among the choices that are left. */
type Pair = [depth: number, layer: number];

/** The models of a frame that are left when what is surely beaten is gone. */
interface FrameModels {
  depths: Choices;
  layers: Choices;
  /** Layers as `prune` reads them, by seconds and loss alone. */
  items: Items;
  architectureOf(pair: Pair): Architecture;
  /** Whether a model keeps the limits. */
  isWithin(pair: Pair): boolean;
  /** Right but for rounding. */
  estimate(pair: Pair): Estimate;
  /** How many attentions and FFNs were looked at. */
  evaluated: number;
}

interface Estimate {
  seconds: number;
  loss: number;
  /** Sum of the sizes of the loss's summands. */
  size: number;
  /** By limit. */
  bytes: number[];
}

/** The frontier of one frame; `perDepth` is the number of architectures of one depth in the whole space. */
export function searchFrame(prepared: Prepared, frame: Frame, perDepth: bigint): Answer {
  const models = frameModels(prepared, frame);
  if (models === undefined) return { points: [], evaluated: 0 };
  const { depths, layers, items, architectureOf, isWithin } = models;
  const all = [...layers.number.keys()];
  /** Models within the limits, depth by depth, without layers that another one beats at that depth. */
  function* pairs(): Generator<Pair> {
    for (let d = 0; d < depths.length; d++) {
      const within = all.filter((layer) => isWithin([d, layer]));
      for (const layer of within.length === all.length && prepared.limits.length === 0
        ? all
        : prune(items, within))
        yield [d, layer];
    }
  }
  const left = clearlyUnbeaten(pairs(), models.estimate);
  left.sort((x, y) => depths.number[x[0]] - depths.number[y[0]] || layers.number[x[1]] - layers.number[y[1]]);
  const { law, setting, objective } = prepared.question;
  const found = makeStaircase<[Candidate, Pair]>();
  for (let from = 0; from < left.length; from += BATCH) {
    const batch = left.slice(from, from + BATCH);
    evaluateArchitectures(batch.map(architectureOf), law, setting, objective).forEach((point, i) => {
      const { latencySeconds, loss } = point;
      if (!(loss > Number.NEGATIVE_INFINITY)) refuseLoss(loss, point.architecture);
      if (loss !== Number.POSITIVE_INFINITY && !found.covers(latencySeconds, loss))
        found.add(latencySeconds, loss, [point, batch[i]]);
    });
  }
  const points = found.points().map(([point, [d, layer]]) => {
    const index = BigInt(depths.number[d]) * perDepth + frame.offset + BigInt(layers.number[layer]);
    return { ...point, index: String(index) };
  });
  return { points, evaluated: models.evaluated + left.length };
}

/**
 * The models of a frame that no other of it surely beats in seconds, loss and the bytes of every limit. What is best
 * within any budgets is among them, whatever the limits' own.
 */
export function worthwhileIn(
  prepared: Prepared,
  frame: Frame,
): { architecture: Architecture; estimate: Estimate }[] {
  const models = frameModels(prepared, frame);
  if (models === undefined) return [];
  const { depths, layers, architectureOf, estimate } = models;
  const found: { architecture: Architecture; estimate: Estimate }[] = [];
  for (let d = 0; d < depths.length; d++)
    for (let layer = 0; layer < layers.length; layer++)
      found.push({ architecture: architectureOf([d, layer]), estimate: estimate([d, layer]) });
  return found;
}

function frameModels(prepared: Prepared, frame: Frame): FrameModels | undefined {
  const { question, limits } = prepared;
  const { space } = question;
  const constant = frame.kvHeads.length === 0 ? Number.POSITIVE_INFINITY : frameLoss(prepared, frame);
  if (constant === Number.POSITIVE_INFINITY) return undefined;
  if (!Number.isFinite(constant)) refuseLoss(constant, assemble(space, frame, 1, 0, frame.kvHeads[0]));
  const phases = attentionSeconds(prepared, frame);
  const once = phases.reduce((total, phase) => total + phase.once + phase.overhead, 0);
  const allDepths = depthChoices(prepared, frame);
  const attentions = attentionChoices(prepared, frame, phases);
  if (allDepths.length === 0 || attentions.length === 0) return undefined;
  const onceBytes = limits.map(({ measure }) => {
    const at = (depth: number) => measure(assemble(space, frame, depth, 0, frame.kvHeads[0]));
    return 2 * at(1) - at(2);
  });
  const least = allDepths.seconds.reduce((a, b) => Math.min(a, b));
  const rest = (...others: Choices[]): Rest => ({
    seconds: once / least + total(others, (each) => largest(each.seconds)),
    size: Math.abs(constant) + total(others, (each) => largest(each.size)),
    bytes: onceBytes.map(
      (bytes, k) => Math.abs(bytes) + total(others, (each) => largest(each.bytes[k] ?? [])),
    ),
  });
  const sizes = { ...allDepths, seconds: [0] };

  const { kept: ffns, count } = ffnChoices(prepared, frame, rest(attentions, sizes));
  const layers = pruned(layerChoices(pruned(attentions, rest(ffns, sizes)), ffns, frame), rest(sizes));
  const depths = pruned(allDepths, {
    ...rest(),
    seconds: 0,
    size: Math.abs(constant) + largest(layers.size),
  });

  const architectureOf = ([d, layer]: Pair) => {
    const number = layers.number[layer];
    const kvHeads = frame.kvHeads[number % frame.kvHeads.length];
    const ffn = Math.floor(number / frame.kvHeads.length);
    return assemble(space, frame, space.depths[depths.number[d]], ffn, kvHeads);
  };
  const isWithin = (pair: Pair) =>
    limits.every(({ measure, most }, k) => {
      const bytes = depths.seconds[pair[0]] * layers.bytes[k][pair[1]] + onceBytes[k];
      return Math.abs(bytes - most) > BYTES_ROUNDING * most
        ? bytes <= most
        : measure(architectureOf(pair)) <= most;
    });
  const isSigned = [depths, layers].some((each) => each.loss.some((loss, i) => loss !== each.size[i]));
  const greatest = Math.abs(constant) + largest(depths.size) + largest(layers.size);
  const estimate = ([d, layer]: Pair): Estimate => ({
    seconds: depths.seconds[d] * layers.seconds[layer] + once,
    loss: depths.loss[d] + layers.loss[layer] + constant,
    size: isSigned ? greatest : depths.size[d] + layers.size[layer] + Math.abs(constant),
    bytes: onceBytes.map((bytes, k) => depths.seconds[d] * layers.bytes[k][layer] + bytes),
  });
  const items = itemsOf({ ...layers, bytes: [] }, rest(sizes));
  return { depths, layers, items, architectureOf, isWithin, estimate, evaluated: attentions.length + count };
}

/** Those of `pairs` that no other beats by more than rounding. */
function clearlyUnbeaten(pairs: Iterable<Pair>, estimate: (pair: Pair) => Estimate): Pair[] {
  const stairs = makeStaircase<undefined>();
  const isBeaten = (pair: Pair) => {
    const { seconds, loss, size } = estimate(pair);
    if (stairs.covers(seconds * (1 - ROUNDING), loss - 4 * ROUNDING * size)) return true;
    if (!stairs.covers(seconds, loss)) stairs.add(seconds, loss, undefined);
    return false;
  };
  const some: Pair[] = [];
  for (const pair of pairs) if (!isBeaten(pair)) some.push(pair);
  return some.filter((pair) => !isBeaten(pair));
}

const total = (each: readonly Choices[], read: (choices: Choices) => number) =>
  each.reduce((sum, choices) => sum + read(choices), 0);
