import { type Architecture, toTable } from '../architecture';
import { frontierOf } from '../frontier/frontier';
import type { Candidate } from '../frontier/search';
import { type Law, predictLosses } from '../law/law';
import { rooflineLatencies } from '../roofline/roofline';
import {
  actionPhase,
  adapterPhase,
  prefixOf,
  projectorPhase,
  secondsOf,
  type VlaSetting,
  visionPhase,
  vlaMachine,
  withSetting,
} from './stages';
import type { Stack, Vla } from './vla';

/** A backbone that keeps a control rate. */
export interface RobotCandidate extends Candidate {
  /** Chunks per second. */
  hertz: number;
}

/**
 * The model with another backbone: the last layer of the projector ends in its width, and an expert that shares the
 * backbone's heads and depth follows it. A backbone that writes its actions as tokens keeps the vocabulary.
 *
 * @example withBackbone(vla('smolvla'), qwen).backbone.depth // 24
 */
export function withBackbone(vla: Vla, architecture: Architecture): Vla {
  const { action, projector } = vla;
  const { vocabulary, tiedEmbeddings } = vla.backbone;
  const { width, depth, heads, headDim, kvHeads } = architecture;
  const last = projector.length - 1;
  const isFollowed = action.kind === 'flow' && action.followsBackbone;
  return {
    ...vla,
    publishedParameters: null,
    backbone: { vocabulary, tiedEmbeddings, ...architecture },
    projector: projector.map(([inputs, outputs], i) => [inputs, i === last ? width : outputs]),
    ...(vla.adapter === undefined ? {} : { adapter: resized(vla.adapter, width) }),
    action: isFollowed ? { ...action, expert: { ...action.expert, depth, heads, headDim, kvHeads } } : action,
  };
}

/** A stack in another width, of the same proportions. */
function resized(stack: Stack, width: number): Stack {
  const scale = width / stack.width;
  const scaled = (size: number) => Math.max(1, Math.round(scale * size));
  return {
    ...stack,
    width,
    heads: scaled(stack.heads),
    kvHeads: scaled(stack.kvHeads),
    ffn: scaled(stack.ffn),
  };
}

/**
 * The backbones among `candidates` that no other one beats in loss and seconds per chunk, of those that keep `hertz`
 * with the vision tower and the action head of `vla`; the lowest loss first. Seconds are those of
 * `vlaLatency` of `withBackbone`, to the same bits.
 *
 * @example robotFrontier(vla('smolvla'), candidates, law(), setting, 5).length > 0 // true
 */
export function robotFrontier(
  vla: Vla,
  candidates: readonly Architecture[],
  law: Law,
  setting: VlaSetting,
  hertz: number,
): RobotCandidate[] {
  const limit = secondsOf(hertz);
  const losses = predictLosses(law, candidates);
  const seconds = chunkSeconds(vla, candidates, setting);
  const kept = candidates.flatMap((architecture, i): Candidate[] =>
    seconds[i] <= limit ? [{ architecture, loss: losses[i], latencySeconds: seconds[i] }] : [],
  );
  return frontierOf(kept)
    .map((point) => ({ ...point, hertz: 1 / point.latencySeconds }))
    .reverse();
}

/**
 * Seconds per chunk of `vla` with each of `candidates` as its backbone: `secondsPerChunk` of `vlaLatency`, to the same
 * bits. What candidates share is computed once: vision for all, projector and adapter for a width, an action expert
 * for the sizes that it follows.
 *
 * @example chunkSeconds(vla('smolvla'), candidates.slice(0, 1), setting)[0] ===
 *   vlaLatency(withBackbone(vla('smolvla'), candidates[0]), setting).secondsPerChunk // true
 */
export function chunkSeconds(
  vla: Vla,
  candidates: readonly Architecture[],
  setting: VlaSetting,
): Float64Array {
  const asked = withSetting(vla, setting);
  const machine = vlaMachine(setting);
  const { action } = asked;
  const tokens = action.kind === 'tokens' ? action.tokens : 0;
  const inputTokens = prefixOf(asked) + (action.kind === 'parallel' ? action.tokens : 0);
  const vocabulary = action.kind === 'tokens' ? vla.backbone.vocabulary : undefined;
  const table = toTable(candidates.map((each) => ({ vocabulary, ...each })));
  const { device, precision, profile } = setting;
  const workload = { batch: 1, inputTokens, outputTokens: tokens };
  const backbone = rooflineLatencies(table, { device, precision, profile, workload });
  const vision = visionPhase(asked, machine).seconds;
  const stage = remember((built: Vla, name: 'projector' | 'adapter' | 'action') => {
    if (name === 'action') return actionPhase(built, machine).seconds;
    return name === 'projector'
      ? projectorPhase(built, machine).seconds
      : adapterPhase(built, machine)?.seconds;
  });
  return Float64Array.from(candidates, (architecture, i) => {
    const { width, depth, heads, headDim, kvHeads } = architecture;
    const built = withBackbone(asked, architecture);
    const projector = stage(`${width}`, built, 'projector')!;
    const adapter = stage(`${width}`, built, 'adapter');
    const act =
      action.kind === 'tokens'
        ? backbone.decodeSeconds[i]
        : stage(`${[width, depth, heads, headDim, kvHeads]}`, built, 'action')!;
    const before = 0 + vision + projector + backbone.prefillSeconds[i];
    return (adapter === undefined ? before : before + adapter) + act;
  });
}

/** `compute`, called once for each key and stage. */
function remember<T>(compute: (built: Vla, name: 'projector' | 'adapter' | 'action') => T) {
  const kept = new Map<string, T>();
  return (key: string, built: Vla, name: 'projector' | 'adapter' | 'action'): T => {
    const full = `${name} ${key}`;
    if (!kept.has(full)) kept.set(full, compute(built, name));
    return kept.get(full)!;
  };
}
