import { validateArchitecture } from '../architecture';
import { oneOf, positiveInteger, positiveNumber, refuse } from '../errors';
import { latencyObjectives } from '../evaluate';
import { validateLaw } from '../law/law';
import { attentionForms } from '../roofline/costs';
import { precisionNames } from '../workload';
import type { Pin, Shipped } from './inputs';

type Named = Pick<Pin, 'name' | 'architecture'>;

/** How the text of each control is read; what it says is refused with the library's own message. */
export const readers = {
  device: (text: string, { devices }: Shipped) => {
    if (text === 'custom') return undefined;
    oneOf(text, [...devices.map(({ id }) => id), 'custom'], 'device');
    return devices.find(({ id }) => id === text);
  },
  bandwidth: (text: string) => positiveNumber(number(text, 'bandwidth in GB/s'), 'bandwidth in GB/s'),
  fp16: (text: string) => positiveNumber(number(text, 'fp16 peak in TFLOP/s'), 'fp16 peak in TFLOP/s'),
  int8: (text: string) =>
    text.trim() === '' ? null : positiveNumber(number(text, 'int8 peak in TOP/s'), 'int8 peak in TOP/s'),
  vector: (text: string) => positiveNumber(number(text, 'vector rate in TFLOP/s'), 'vector rate in TFLOP/s'),
  capacity: (text: string) => positiveNumber(number(text, 'memory in GB'), 'memory in GB'),
  precision: (text: string) => oneOf(text, precisionNames, 'precision'),
  batch: (text: string) => positiveInteger(number(text, 'batch'), 'batch'),
  inputTokens: (text: string) => positiveInteger(number(text, 'inputTokens'), 'inputTokens'),
  outputTokens: (text: string) =>
    text.trim() === '0' ? 0 : positiveInteger(number(text, 'outputTokens'), 'outputTokens'),
  attention: (text: string) => oneOf(text, attentionForms, 'attention'),
  objective: (text: string) => oneOf(text, latencyObjectives, 'objective'),
  latencyBudget: (text: string) =>
    text.trim() === ''
      ? Number.POSITIVE_INFINITY
      : positiveNumber(number(text, 'latency budget in ms'), 'latency budget in ms'),
  memoryBudget: (text: string) =>
    text.trim() === ''
      ? Number.POSITIVE_INFINITY
      : positiveNumber(number(text, 'memory budget in GB'), 'memory budget in GB'),
  head: (text: string) =>
    text === 'on' || (text === '' ? false : refuse(`head "${text}" is neither "on" nor ""`)),
  vocabulary: (text: string) => positiveInteger(number(text, 'vocabulary'), 'vocabulary'),
  depths: (text: string) =>
    items(text, 'depths').map((item) => positiveInteger(number(item, 'depth'), 'depth')),
  widths: (text: string) =>
    items(text, 'widths').map((item) => positiveInteger(number(item, 'width'), 'width')),
  ffnRatios: (text: string) =>
    items(text, 'ffnRatios').map((item) => {
      const [over, under] = item.split('/');
      const ratio = number(over, 'ffnRatio') / (under === undefined ? 1 : number(under, 'ffnRatio'));
      return positiveNumber(ratio, 'ffnRatio');
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
    items(text, 'kvHeads').map((item) =>
      item === 'all' ? item : positiveInteger(number(item, 'kvHeads'), 'kvHeads'),
    ),
  headDim: (text: string) => positiveInteger(number(text, 'headDim'), 'headDim'),
  law: (text: string, { law }: Shipped) => (text === '' ? law : validateLaw(json(text, 'law'))),
  pinA: (text: string, shipped: Shipped) => readPin(text, shipped),
  pinB: (text: string, shipped: Shipped) => readPin(text, shipped),
} as const;
export type Readers = typeof readers;

/** Reads a pin: the id of a reference model, or an architecture as JSON. */
function readPin(text: string, { models }: Shipped): Named | undefined {
  if (text === '') return undefined;
  if (text.startsWith('{')) {
    const architecture = validateArchitecture(json(text, 'architecture'));
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

/** JSON text as a value, or an `InputError` that says what is wrong with it. */
export function json(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return refuse(`${name} is not JSON: ${(error as Error).message}`);
  }
}

function number(text: string, name: string): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) refuse(`${name} "${text.trim()}" is not a number`);
  return value;
}

function items(text: string, name: string): string[] {
  const parts = text.split(',').map((part) => part.trim());
  if (parts.every((part) => part === '')) refuse(`${name} is an empty list`);
  return parts;
}
