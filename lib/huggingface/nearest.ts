import { type Architecture, parameters } from '../architecture';
import { type Attention, countParameters, type Ffn, kvValues, type LayeredModel } from '../layers';
import { nearestDivisor } from './attention';

/** The architecture that comes nearest to a model, and what it approximates, one sentence each. */
export interface Nearest {
  architecture: Architecture;
  approximations: string[];
}

/**
 * One shape for all layers, of full attention over grouped queries: that of the layers that attend, and of the
 * mixture where there is one, shared experts being experts too.
 */
export function nearestArchitecture(
  model: LayeredModel,
  features: Pick<Architecture, 'tiedEmbeddings' | 'qkvBias' | 'qkNorm'>,
): Nearest {
  const { width, vocabulary, groups } = model;
  const most = <T>(items: readonly { count: number; item: T }[]) =>
    items.reduce((best, each) => (each.count > best.count ? each : best)).item;
  const attentions = groups.map(({ count, attention: item }) => ({ count, item }));
  const attending = attentions.filter(({ item }) => kvValues(item) > 0);
  const attention = most(attending.length > 0 ? attending : attentions);
  const ffns = groups.flatMap(({ count, ffn: item }) => (item.kind === 'none' ? [] : [{ count, item }]));
  const mixtures = ffns.filter(({ item }) => item.kind === 'experts');
  const ffn: Ffn = ffns.length === 0 ? { kind: 'none' } : most(mixtures.length > 0 ? mixtures : ffns);
  const layers = (some: readonly { count: number }[]) => some.reduce((sum, { count }) => sum + count, 0);
  const architecture: Architecture = {
    depth: ffns.length > 0 ? layers(ffns) : layers(groups),
    width,
    ...headsOf(attention),
    ...ffnOf(ffn, width),
    vocabulary,
    ...features,
  };
  return { architecture, approximations: approximations(model, architecture, attention, ffn) };
}

function headsOf(attention: Attention): Pick<Architecture, 'heads' | 'kvHeads' | 'headDim'> {
  if (attention.kind === 'full' || attention.kind === 'window') {
    const { heads, kvHeads, headDim } = attention;
    return { heads, kvHeads, headDim };
  }
  if (attention.kind === 'latent') {
    // Heads of the mean of the query's and the value's dimension: the same FLOPs in scores and weighted values.
    const { heads, key, rotary, value } = attention;
    const headDim = Math.max(1, Math.round((key + rotary + value) / 2));
    return { heads, headDim, kvHeads: nearestDivisor(heads, kvValues(attention) / (2 * headDim)) };
  }
  const inner = attention.kind === 'linear' ? attention.outputs : 64;
  return { heads: Math.max(1, Math.round(inner / 64)), headDim: 64, kvHeads: 1 };
}

function ffnOf(
  ffn: Ffn,
  width: number,
): Pick<Architecture, 'ffnRatio' | 'experts' | 'activeExperts' | 'ffnMatrices'> {
  if (ffn.kind === 'none') return { ffnRatio: 1 / width, experts: 1, activeExperts: 1 };
  const matrices = ffn.matrices === 2 ? { ffnMatrices: 2 as const } : {};
  if (ffn.kind === 'dense') return { ffnRatio: ffn.size / width, experts: 1, activeExperts: 1, ...matrices };
  const shared = sharedExperts(ffn);
  return {
    ffnRatio: (ffn.size + (ffn.shared ?? 0)) / width,
    experts: ffn.experts + shared,
    activeExperts: ffn.activeExperts + shared,
    ...matrices,
  };
}

/** How many plain experts the shared ones stand for. */
function sharedExperts(ffn: Ffn): number {
  if (ffn.kind !== 'experts' || !ffn.shared) return 0;
  return Math.max(1, Math.round((ffn.shared * ffn.activeExperts) / ffn.size));
}

/** What is lost on the way from the model to the architecture. */
function approximations(
  model: LayeredModel,
  architecture: Architecture,
  attention: Attention,
  ffn: Ffn,
): string[] {
  const { groups } = model;
  const said: string[] = [];
  const count = (isOne: (kind: { attention: Attention; ffn: Ffn }) => boolean) =>
    groups.filter(isOne).reduce((sum, group) => sum + group.count, 0);
  const { depth, heads, headDim, kvHeads, experts } = architecture;
  if (attention.kind === 'latent')
    said.push(
      `latent attention, which caches ${kvValues(attention)} values per token and layer, is taken for ` +
        `${heads} heads of ${headDim} with ${kvHeads} KV heads, which cache ${2 * kvHeads * headDim}`,
    );
  const windows = count((group) => group.attention.kind === 'window');
  const window = groups.find((group) => group.attention.kind === 'window')?.attention;
  if (window?.kind === 'window')
    said.push(`${windows} layers with a window of ${window.window} tokens are taken for full attention`);
  const states = count((group) => group.attention.kind === 'linear');
  if (states > 0)
    said.push(`${states} layers that keep a state instead of a cache are taken for full attention`);
  if (ffn.kind === 'experts' && ffn.shared)
    said.push(
      `the shared expert of size ${ffn.shared} is taken for ${sharedExperts(ffn)} of ${experts} experts, ` +
        'though every token uses it',
    );
  const mixtures = count((group) => group.ffn.kind === 'experts');
  const dense = groups.find((group) => group.ffn.kind === 'dense')?.ffn;
  if (mixtures > 0 && dense?.kind === 'dense')
    said.push(
      `mixtures are in ${mixtures} of ${depth} layers; the others, with a dense FFN of ${dense.size}, ` +
        'are taken for mixtures too',
    );
  const exact = countParameters({ ...model, beside: 0 });
  const { total, active } = parameters(architecture);
  const errors = [total / exact.total - 1, active / exact.active - 1];
  if (errors.some((error) => Math.abs(error) > 0.005)) {
    const [all, ofThem] = errors.map(
      (error) => `${Math.abs(100 * error).toFixed(1)} % ${error > 0 ? 'more' : 'fewer'}`,
    );
    const activeToo = experts > 1 ? ` and ${ofThem} active ones` : '';
    said.push(`the nearest architecture has ${all} parameters${activeToo} than the model`);
  }
  return said;
}
