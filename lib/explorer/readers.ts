import { type Architecture, validateArchitecture } from '../architecture';
import type { Board } from '../device';
import { oneOf, positiveInteger, positiveNumber, refuse } from '../errors';
import { millions } from '../figures/theme';
import type { Model } from '../files/data';
import { latencyObjectives } from '../frontier/evaluate';
import { fromHuggingFace } from '../huggingface';
import { type Law, validateLaw } from '../law/law';
import type { LayeredModel } from '../layers';
import type { FittedProfile } from '../measured/calibration';
import { attentionForms } from '../roofline/costs';
import { validateProfile } from '../roofline/profile';
import { parseJson } from '../schema/json-text';
import type { Vla } from '../vla/vla';
import { precisionNames } from '../workload';

/** The controls that pin an architecture. */
export const pinFields = ['pinA', 'pinB'] as const;

/** What ships with the project. */
export interface Shipped {
  devices: readonly Board[];
  models: readonly Model[];
  law: Law;
  /** Of each measured board, and `pooled`. */
  profiles: readonly Pick<FittedProfile, 'id' | 'rows' | 'profile'>[];
  vlas: readonly Vla[];
  /** What controls say at the beginning, where a command asked for it. */
  start?: Readonly<Record<string, string>>;
}

/** A pinned architecture; a reference model has its own name. */
export interface Pin {
  name: string;
  architecture: Architecture;
  /** The model as it is, where a config.json is pinned; the architecture is the one that comes nearest. */
  model?: LayeredModel;
  /** The control that says it. */
  field: (typeof pinFields)[number];
}

type Named = Pick<Pin, 'name' | 'architecture' | 'model'>;

/** How the text of each control is read; what it says is refused with the library's own message. */
export const readers = {
  device: (text: string, { devices }: Shipped) => {
    if (text === 'custom') return undefined;
    oneOf(text, [...devices.map(({ id }) => id), 'custom'], 'device');
    return devices.find(({ id }) => id === text);
  },
  boardName: (text: string) =>
    text.length <= 80 ? text : refuse('a board has a name of at most 80 letters'),
  bandwidth: (text: string) => within(text, 'bandwidth in GB/s', 0.01, 1e6),
  fp16: (text: string) => within(text, 'fp16 peak in TFLOP/s', 1e-4, 1e6),
  int8: (text: string) => (text.trim() === '' ? null : within(text, 'int8 peak in TOP/s', 1e-4, 1e6)),
  fp4: (text: string) => (text.trim() === '' ? null : within(text, 'fp4 peak in TFLOP/s', 1e-4, 1e6)),
  vector: (text: string) => within(text, 'vector rate in TFLOP/s', 1e-4, 1e6),
  capacity: (text: string) => within(text, 'memory in GB', 1e-3, 1e6),
  precision: (text: string) => oneOf(text, precisionNames, 'precision'),
  profile: (text: string) =>
    text === 'ideal' || text === 'fitted' ? text : validateProfile(parseJson(text, 'profile')),
  vla: (text: string, { vlas }: Shipped) => {
    if (text === '') return undefined;
    oneOf(
      text,
      vlas.map(({ id }) => id),
      'vla',
    );
    return vlas.find(({ id }) => id === text);
  },
  cameras: (text: string) => (text.trim() === '' ? undefined : count(text, 'cameras', 1000)),
  batch: (text: string) => count(text, 'batch', 1e6),
  inputTokens: (text: string) => count(text, 'inputTokens', 1e8),
  outputTokens: (text: string) => (text.trim() === '0' ? 0 : count(text, 'outputTokens', 1e8)),
  attention: (text: string) => oneOf(text, attentionForms, 'attention'),
  objective: (text: string) => oneOf(text, latencyObjectives, 'objective'),
  latencyBudget: (text: string) =>
    text.trim() === '' ? Number.POSITIVE_INFINITY : within(text, 'latency budget in ms', 1e-3, 1e9),
  memoryBudget: (text: string) =>
    text.trim() === '' ? Number.POSITIVE_INFINITY : within(text, 'memory budget in GB', 1e-6, 1e6),
  head: (text: string) =>
    text === 'on' || (text === '' ? false : refuse(`head "${text}" is neither "on" nor ""`)),
  vocabulary: (text: string) => count(text, 'vocabulary', 1e8),
  depths: (text: string) => items(text, 'depths').map((item) => count(item, 'depth', 1e5)),
  widths: (text: string) => items(text, 'widths').map((item) => count(item, 'width', 1e6)),
  ffnRatios: (text: string) =>
    items(text, 'ffnRatios').map((item) => {
      const [over, under = '1', ...rest] = item.split('/');
      if (rest.length > 0) refuse(`ffnRatio "${item}" is neither a number nor a fraction such as 8/3`);
      return within(String(number(over, 'ffnRatio') / number(under, 'ffnRatio')), 'ffnRatio', 1e-3, 1e3);
    }),
  mixtures: (text: string) =>
    items(text, 'experts').map((item): [number, number] => {
      const [experts, active, ...rest] = item.split('/').map((part) => number(part, 'experts'));
      if (active === undefined || rest.length > 0)
        refuse(`experts "${item}" is not a pair of stored and active experts such as 8/2`);
      if (active > experts) refuse(`activeExperts ${active} exceeds experts ${experts}`);
      return [positiveInteger(experts, 'experts'), positiveInteger(active, 'activeExperts')];
    }),
  kvHeads: (text: string) =>
    items(text, 'kvHeads').map((item) => (item === 'all' ? item : count(item, 'kvHeads', 1e6))),
  headDim: (text: string) => count(text, 'headDim', 1e6),
  law: (text: string, { law }: Shipped) => (text === '' ? law : validateLaw(parseJson(text, 'law'))),
  pinA: (text: string, shipped: Shipped) => readPin(text, shipped),
  pinB: (text: string, shipped: Shipped) => readPin(text, shipped),
} as const;
export type Readers = typeof readers;

/** Reads a pin: the id of a reference model, an architecture as JSON, or a config.json of Hugging Face. */
function readPin(text: string, { models }: Shipped): Named | undefined {
  if (text === '') return undefined;
  if (text.startsWith('{')) {
    const value = parseJson(text, 'architecture') as object;
    if (!('depth' in value) && !('width' in value)) return readConfig(value);
    const architecture = validateArchitecture(value);
    const { depth, width, experts } = architecture;
    const name = `${depth} layers of ${width}${experts > 1 ? `, ${experts} experts` : ''}`;
    return { name, architecture };
  }
  const id = oneOf(
    text,
    models.map((model) => model.id),
    'model',
  );
  const model = models.find((each) => each.id === id)!;
  return { name: model.name, architecture: model.architecture };
}

/** A config as the page takes it: in the precision of the page, whatever its checkpoint stores. */
function readConfig(config: unknown): Named {
  const { architecture, family, model, parameters } = fromHuggingFace(config);
  const { stored, kvPrecision, ...layers } = model;
  return { name: `${family}, ${millions(parameters.total)}`, architecture, model: layers };
}

function number(text: string, name: string): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) refuse(`${name} "${text.trim()}" is not a number`);
  return value;
}

/** A number between two bounds, beyond which lies no board, budget or model. */
function within(text: string, name: string, low: number, high: number): number {
  const value = positiveNumber(number(text, name), name);
  if (value < low || value > high) refuse(`${name} ${text.trim()} is not between ${low} and ${high}`);
  return value;
}

function count(text: string, name: string, most: number): number {
  const value = positiveInteger(number(text, name), name);
  return value <= most ? value : refuse(`${name} ${text.trim()} is more than ${most}`);
}

function items(text: string, name: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.every((part) => part === '')) refuse(`${name} is an empty list`);
  return parts;
}
