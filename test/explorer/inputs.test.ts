import { describe, expect, it } from 'vitest';
import { completeBoards } from '../../lib/device';
import { InputError } from '../../lib/errors';
import { readAddress, writeAddress } from '../../lib/explorer/address';
import { shippedWith } from '../../lib/explorer/build';
import { inspect } from '../../lib/explorer/engine';
import { readFile } from '../../lib/explorer/files';
import {
  boardTexts,
  complaintsOf,
  defaultTexts,
  type FieldName,
  readInputs,
  type Texts,
} from '../../lib/explorer/inputs';
import { settle } from '../../lib/explorer/settle';
import { device, devices, models } from '../../lib/files/data';
import { law } from '../../lib/files/law';
import { rooflineLatency } from '../../lib/roofline/roofline';
import { enumerateSpace, paperSpace } from '../../lib/space';
import { paperWorkload } from '../../lib/workload';

const shipped = shippedWith();
const defaults = defaultTexts(shipped);
const read = (changes: Partial<Texts>) => readInputs({ ...defaults, ...changes }, shipped);

describe('a config.json that is dropped', () => {
  const config = {
    model_type: 'gemma3_text',
    num_hidden_layers: 12,
    hidden_size: 1152,
    head_dim: 256,
    sliding_window: 512,
    quantization_config: { quant_method: 'fp8' },
  };
  const meaning = readFile(
    'config.json',
    `\uFEFF${JSON.stringify(config).replace('{', '{"loss":NaN,')}`,
    'custom',
  );

  it('is pinned as it is, windows and all, in the precision of the page', () => {
    if (!('pin' in meaning)) throw new Error('not a pin');
    const { pins, setting } = read({ pinA: meaning.pin, head: 'on', inputTokens: '30000' });
    expect(pins[0].name).toMatch(/^Gemma 3, /);
    const detail = inspect(pins[0].name, pins[0].architecture, read({ head: 'on' }), pins[0].model);
    expect(detail.model!.groups.map(({ attention }) => attention.kind)).toEqual(['window', 'full']);
    const { prefill, decode, totalSeconds, memory } = rooflineLatency(
      pins[0].model!,
      read({ head: 'on' }).setting,
    );
    expect(detail.phases.map(({ phase }) => phase)).toEqual([prefill, decode]);
    expect([detail.seconds, detail.memory]).toEqual([totalSeconds, memory]);
    const { kvCacheBytes } = rooflineLatency(pins[0].model!, setting).memory;
    expect(kvCacheBytes).toBe((10 * 512 + 2 * 30016) * 2 * 4 * 256 * 2);
    expect(pins[0].model!.stored).toBeUndefined();
  });

  it('says what is taken from elsewhere, and what the law cannot see', () => {
    if (!('pin' in meaning)) throw new Error('not a pin');
    expect(meaning.warnings.some((words) => words.includes('leaves out sizes'))).toBe(true);
    expect(meaning.warnings.some((words) => words.startsWith('for the loss, 10 layers with a window'))).toBe(
      true,
    );
  });
});

describe('what the controls say', () => {
  it('is the paper’s question at first', () => {
    const { setting, space, objective, vocabulary, law: chosen, pins } = read({});
    expect(setting.device.id).toBe('jetson-agx-orin-64gb');
    expect(setting.workload).toEqual(paperWorkload);
    expect(enumerateSpace(space)).toEqual(enumerateSpace(paperSpace));
    expect([objective, vocabulary, pins]).toEqual(['total', undefined, []]);
    expect(chosen).toEqual(law());
  });

  it('is every board that ships when its numbers are read as a custom one', () => {
    for (const device of shipped.devices) {
      const { texts } = readAddress(`#device=${device.id}`, shipped);
      const custom = readInputs({ ...texts, device: 'custom' }, shipped).setting.device;
      for (const key of ['bandwidthBytesPerSecond', 'memoryCapacityBytes', 'vectorFlopsPerSecond'] as const)
        expect(custom[key] / device[key]).toBeCloseTo(1, 14);
      expect(custom.peakFlopsPerSecond.int8 === null).toBe(device.peakFlopsPerSecond.int8 === null);
    }
  });

  it('takes the whole board when the memory budget is empty, and any latency when that budget is', () => {
    const { memoryBudgetBytes, latencyBudgetSeconds } = read({ latencyBudget: '', device: 'rtx-4090' });
    expect(memoryBudgetBytes).toBe(shipped.devices.find(({ id }) => id === 'rtx-4090')!.memoryCapacityBytes);
    expect(latencyBudgetSeconds).toBe(Number.POSITIVE_INFINITY);
  });

  it.each<[Partial<Texts>, string]>([
    [{ batch: '0' }, 'batch 0 is not a positive integer'],
    [{ inputTokens: 'x' }, 'inputTokens "x" is not a number'],
    [{ outputTokens: '-1' }, 'outputTokens -1 is not a positive integer'],
    [{ device: 'orin' }, 'unknown device "orin"; known: jetson-agx-orin-64gb'],
    [{ device: 'custom', bandwidth: '-3' }, 'bandwidth in GB/s -3 is not a positive number'],
    [{ latencyBudget: '0' }, 'latency budget in ms 0 is not a positive number'],
    [{ objective: 'speed' }, 'unknown objective "speed"; known: prefill, decode, total'],
    [{ objective: 'decode', outputTokens: '0' }, 'outputTokens 0 leaves nothing to decode'],
    [{ depths: '' }, 'depths is an empty list'],
    [{ depths: '4, 4' }, 'depths names 4 twice'],
    [{ widths: '900' }, 'headDim 128 does not divide width 900'],
    [{ ffnRatios: '8/0' }, 'ffnRatio Infinity is not a positive number'],
    [{ mixtures: '8' }, 'experts "8" is not a pair of stored and active experts such as 8/2'],
    [{ mixtures: '2/4' }, 'activeExperts 4 exceeds experts 2'],
    [{ kvHeads: '13' }, 'kvHeads 13: none divides the heads of any width'],
    [{ ffnRatios: '1/2/3' }, 'ffnRatio "1/2/3" is neither a number nor a fraction such as 8/3'],
    [{ ffnRatios: '1e99' }, 'ffnRatio 1e+99 is not between 0.001 and 1000'],
    [{ latencyBudget: '1e99' }, 'latency budget in ms 1e99 is not between 0.001 and 1000000000'],
    [{ device: 'custom', bandwidth: '1e-99' }, 'bandwidth in GB/s 1e-99 is not between 0.01 and 1000000'],
    [{ batch: '10000000' }, 'batch 10000000 is more than 1000000'],
    [{ depths: Array.from({ length: 4000 }, (_, i) => i + 1).join() }, 'at most 2000000 are searched'],
    [{ law: '{' }, 'law is not JSON'],
    [{ law: '{"formula":"a/depth"}' }, 'law lacks "parameters"'],
    [{ pinA: 'gpt9' }, 'unknown model "gpt9"; known: qwen2.5-0.5b'],
    [{ pinB: '{"depth":1}' }, 'architecture lacks "width"'],
  ])('refuses %j', (changes, message) => {
    expect(() => read(changes)).toThrow(message);
    expect(() => read(changes)).toThrow(InputError);
  });

  it('names the control that is wrong by itself', () => {
    expect(Object.keys(complaintsOf({ ...defaults, batch: '0', widths: 'a' }, shipped))).toEqual([
      'batch',
      'widths',
    ]);
    // Wrong only together with headDim.
    expect(complaintsOf({ ...defaults, widths: '900' }, shipped)).toEqual({});
  });
});

describe('a change', () => {
  const last = { texts: defaults, view: read({}) };
  const change = (changed: FieldName, changes: Partial<Texts>) =>
    settle({ ...defaults, ...changes }, last, [changed], shipped, (texts) => readInputs(texts, shipped));

  it('is shown when it is right', () => {
    const { view, complaints } = change('batch', { batch: '2' });
    expect([view.setting.workload.batch, complaints]).toEqual([2, {}]);
  });

  it('is shown although another control is wrong by itself', () => {
    const { texts, complaints } = change('batch', { batch: '2', depths: 'x' });
    expect(texts).toEqual({ ...defaults, batch: '2' });
    expect(complaints).toEqual({ depths: 'depth "x" is not a number' });
  });

  it('waits where it is wrong only together with another, and others do not wait for it', () => {
    const message = 'headDim 128 does not divide width 960';
    expect(change('widths', { widths: '960' })).toEqual({ ...last, complaints: { widths: message } });
    const { texts, complaints } = change('bandwidth', { widths: '960', device: 'custom', bandwidth: '50' });
    expect(texts).toEqual({ ...defaults, device: 'custom', bandwidth: '50' });
    expect(complaints).toEqual({ widths: message });
    expect(change('headDim', { widths: '960', headDim: '64' }).complaints).toEqual({});
  });
});

describe('several changes at once', () => {
  const last = { texts: defaults, view: read({}) };
  const change = (together: FieldName[], changes: Partial<Texts>) =>
    settle({ ...defaults, ...changes }, last, together, shipped, (texts) => readInputs(texts, shipped));

  it('are each applied where they can be, and the message goes to the one that cannot', () => {
    const { texts, complaints } = change([], { widths: '1000', batch: '8', latencyBudget: '50' });
    expect(texts).toEqual({ ...defaults, batch: '8', latencyBudget: '50' });
    expect(Object.keys(complaints)).toEqual(['widths']);
  });

  it('are all applied or none where they belong together', () => {
    const without = { ...defaults, outputTokens: '0' };
    const { texts, complaints } = settle(
      { ...without, objective: 'decode', latencyBudget: '20' },
      { texts: without, view: read({ outputTokens: '0' }) },
      ['objective', 'latencyBudget'],
      shipped,
      (said) => readInputs(said, shipped),
    );
    expect(texts).toEqual(without);
    expect(complaints).toEqual({
      objective: expect.stringContaining('outputTokens 0 leaves nothing to decode'),
    });
  });
});

describe('a board', () => {
  it('has at most its own memory for a budget', () => {
    const small = { device: 'jetson-orin-nano-4gb', memoryBudget: '20' };
    const { memoryBudgetBytes, setting } = read(small);
    expect(memoryBudgetBytes).toBe(setting.device.memoryCapacityBytes);
  });

  it('that is dropped keeps its name and its fp4 peak', () => {
    const thor = devices().find(({ id }) => id === 'jetson-agx-thor-t5000')!;
    const meaning = readFile('board.json', JSON.stringify(thor), 'custom') as { texts: Partial<Texts> };
    const { device } = read({ ...meaning.texts, precision: 'nvfp4' }).setting;
    expect([device.name, device.peakFlopsPerSecond]).toEqual([thor.name, thor.peakFlopsPerSecond]);
  });

  it('of the address is one’s own where the address gives its numbers', () => {
    const { texts } = readAddress('#device=jetson-orin-nano-8gb&bandwidth=50', shipped);
    expect([texts.device, texts.bandwidth]).toEqual(['custom', '50']);
    expect(texts.capacity).toBe(boardTexts(completeBoards([device('jetson-orin-nano-8gb')])[0]).capacity);
  });
});

describe('the address', () => {
  it('is empty at first and brings back every change', () => {
    expect(writeAddress(defaults, shipped)).toBe('');
    const changed: Texts = {
      ...defaults,
      device: 'custom',
      bandwidth: '300',
      head: 'on',
      ffnRatios: '1, 8/3',
      pinA: 'gpt2',
      pinB: JSON.stringify(models()[0].architecture),
      law: JSON.stringify(law()),
    };
    expect(readAddress(`#${writeAddress(changed, shipped)}`, shipped)).toEqual({
      texts: changed,
      unknown: [],
    });
  });

  it('says the board by its name, not by its numbers', () => {
    const { texts } = readAddress('#device=rtx-4090', shipped);
    expect(texts.bandwidth).toBe('1008');
    expect(writeAddress(texts, shipped)).toBe('device=rtx-4090');
  });

  it('tells names that it does not know', () => {
    expect(readAddress('#colour=red&batch=2', shipped).unknown).toEqual(['colour']);
  });
});

describe('a file', () => {
  const meaning = (value: unknown) => readFile('some.json', JSON.stringify(value), 'custom');

  it('is told apart by its keys', () => {
    expect(meaning(law())).toHaveProperty('texts.law');
    expect(meaning(devices()[1])).toHaveProperty('texts.bandwidth', '204.8');
    expect(meaning(models()[0].architecture)).toEqual({
      pin: JSON.stringify(models()[0].architecture),
      warnings: [],
    });
  });

  it.each([
    ['{', 'some.json is not JSON'],
    ['[]', 'some.json holds no JSON object'],
    ['3', 'some.json holds no JSON object'],
    ['{"formula":"a*sin(depth)","parameters":{}}', 'sin (character 3) is called as a function'],
    [
      '{"id":"x","bandwidthBytesPerSecond":0}',
      'bandwidthBytesPerSecond of device "x" 0 is not a positive number',
    ],
    ['{"depth":1}', 'architecture lacks "width"'],
    ['{"model_type":"nothing"}', 'nothing'],
  ])('%s is refused', (content, message) => {
    expect(() => readFile('some.json', content, 'custom')).toThrow(message);
    expect(() => readFile('some.json', content, 'custom')).toThrow(InputError);
  });
});
