/** The models of a frame that can be part of a frontier, made of the choices that are left; see `separate.ts`. */
import type { Architecture } from '../architecture';
import { assemble, type Frame } from '../space';
import {
  attentionChoices,
  BYTES_ROUNDING,
  type Choices,
  depthChoices,
  frameLoss,
  itemsOf,
  largest,
  layerChoices,
  pruned,
  type Rest,
  refuseLoss,
} from './choices';
import { ffnChoices } from './ffns';
import { attentionSeconds, type Prepared } from './parts';
import type { Items } from './prune';

/** A model of a frame: a depth and a layer, by their places among the choices that are left. */
export type Pair = [depth: number, layer: number];

/** The models of a frame that are left when what is surely beaten is gone. */
export interface FrameModels {
  depths: Choices;
  layers: Choices;
  /** Layers as `prune` reads them, by seconds and loss alone. */
  items: Items;
  architectureOf(pair: Pair): Architecture;
  /** Whether a model keeps the limits. */
  isWithin(pair: Pair): boolean;
  /** Seconds beside those of the layers, and loss beside those of depth and layer. */
  once: number;
  constant: number;
  /** Sum of the sizes of the loss's summands. */
  size(d: number, layer: number): number;
  bytes(limit: number, d: number, layer: number): number;
  /** How many attentions and FFNs were looked at. */
  evaluated: number;
}

/** A model with what it adds up to, right but for rounding. */
export interface Estimate {
  architecture: Architecture;
  seconds: number;
  loss: number;
  size: number;
  /** By limit. */
  bytes: number[];
}

/**
 * The models of a frame that no other of it surely beats in seconds, loss and the bytes of every limit. What is best
 * within any budgets is among them, whatever the limits' own.
 */
export function worthwhileIn(prepared: Prepared, frame: Frame): Estimate[] {
  const models = frameModels(prepared, frame);
  if (models === undefined) return [];
  const { depths, layers, architectureOf, once, constant, size, bytes } = models;
  const found: Estimate[] = [];
  for (let d = 0; d < depths.length; d++)
    for (let layer = 0; layer < layers.length; layer++)
      found.push({
        architecture: architectureOf([d, layer]),
        seconds: depths.seconds[d] * layers.seconds[layer] + once,
        loss: depths.loss[d] + layers.loss[layer] + constant,
        size: size(d, layer),
        bytes: prepared.limits.map((_, limit) => bytes(limit, d, layer)),
      });
  return found;
}

export function frameModels(prepared: Prepared, frame: Frame): FrameModels | undefined {
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
  const sizes = { ...allDepths, seconds: new Float64Array(1) };

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
  const isSigned = [depths, layers].some((each) => each.loss.some((loss, i) => loss !== each.size[i]));
  const greatest = Math.abs(constant) + largest(depths.size) + largest(layers.size);
  const bytes = (limit: number, d: number, layer: number) =>
    depths.seconds[d] * layers.bytes[limit][layer] + onceBytes[limit];
  const isWithin = (pair: Pair) =>
    limits.every(({ measure, most }, limit) => {
      const estimate = bytes(limit, ...pair);
      return Math.abs(estimate - most) > BYTES_ROUNDING * most
        ? estimate <= most
        : measure(architectureOf(pair)) <= most;
    });
  const items = itemsOf({ ...layers, bytes: [] }, rest(sizes));
  return {
    ...{ depths, layers, items, architectureOf, isWithin, bytes, once, constant },
    size: (d, layer) => (isSigned ? greatest : depths.size[d] + layers.size[layer] + Math.abs(constant)),
    evaluated: attentions.length + count,
  };
}

const total = (each: readonly Choices[], read: (choices: Choices) => number) =>
  each.reduce((sum, choices) => sum + read(choices), 0);
