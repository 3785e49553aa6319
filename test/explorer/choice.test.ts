import { describe, expect, it } from 'vitest';
import { toTable } from '../../lib/architecture';
import { shippedWith } from '../../lib/explorer/build';
import { type Budgets, bestWithin, choose } from '../../lib/explorer/choice';
import { makeEngine, type View } from '../../lib/explorer/engine';
import { defaultTexts, readInputs, type Texts } from '../../lib/explorer/inputs';
import { placeLabels } from '../../lib/explorer/labels';
import { models } from '../../lib/files/data';
import { evaluateArchitectures } from '../../lib/frontier/evaluate';
import { frontierOf } from '../../lib/frontier/frontier';
import { predictLoss, predictLosses } from '../../lib/law/law';
import { memory } from '../../lib/roofline/memory';
import { rooflineLatencies, rooflineLatency } from '../../lib/roofline/roofline';
import { enumerateSpace } from '../../lib/space';

const shipped = shippedWith();
const compute = makeEngine(shipped);
const look = (changes: Partial<Texts> = {}): View =>
  compute(readInputs({ ...defaultTexts(shipped), ...changes }, shipped));

/** The lowest loss within budgets, by the frontier of what fits. */
function lossWithin(view: View, { latencySeconds, memoryBytes }: Budgets): number {
  const { inputs, architectures } = view;
  const fitting = architectures.filter((a) => memory(a, inputs.setting).totalBytes <= memoryBytes);
  const frontier = frontierOf(evaluateArchitectures(fitting, inputs.law, inputs.setting, inputs.objective));
  return frontier.filter((point) => point.latencySeconds <= latencySeconds).pop()?.loss ?? Number.NaN;
}

describe('the best within budgets', () => {
  it.each<Partial<Texts>>([
    {},
    { precision: 'int8', latencyBudget: '50', memoryBudget: '1' },
    { objective: 'decode', device: 'jetson-orin-nano-4gb', head: 'on', latencyBudget: '1000' },
    { latencyBudget: '', memoryBudget: '2' },
  ])('is the last point of the frontier before the budget: %j', (changes) => {
    const view = look(changes);
    const budgets = {
      latencySeconds: view.inputs.latencyBudgetSeconds,
      memoryBytes: view.inputs.memoryBudgetBytes,
    };
    const { index, latency, memory: space } = view.choice!;
    expect(view.loss[index]).toBe(lossWithin(view, budgets));
    expect(view.frontier).toContain(index);
    // The shadow prices, by asking the frontier again.
    const dearer = { ...budgets, latencySeconds: budgets.latencySeconds + 1e-3 };
    expect(latency.gain).toBe(view.loss[index] - lossWithin(view, dearer));
    const larger = { ...budgets, memoryBytes: budgets.memoryBytes + 100e6 };
    expect(space.gain).toBe(view.loss[index] - lossWithin(view, larger));
  });

  it.each<Partial<Texts>>([{}, { precision: 'int8', latencyBudget: '20', memoryBudget: '0.3', head: 'on' }])(
    'of a space too large to draw is that of all its architectures: %j',
    (changes) => {
      const numbers = (count: number, step: number) =>
        Array.from({ length: count }, (_, i) => (i + 1) * step).join();
      const large = { depths: numbers(32, 1), widths: numbers(16, 128), ffnRatios: numbers(24, 0.25) };
      const view = look({ ...changes, ...large });
      const { inputs } = view;
      const space = { ...inputs.space, vocabulary: inputs.vocabulary };
      const all = enumerateSpace(space);
      expect(view.count).toBe(all.length);
      expect(view.length).toBeLessThan(all.length / 10);
      const seconds = rooflineLatencies(toTable(all), inputs.setting)[`${inputs.objective}Seconds`];
      const columns = {
        length: all.length,
        seconds,
        memoryBytes: all.map((each) => memory(each, inputs.setting).totalBytes),
        loss: predictLosses(inputs.law, all),
      };
      const expected = choose(columns, {
        latencySeconds: inputs.latencyBudgetSeconds,
        memoryBytes: inputs.memoryBudgetBytes,
      })!;
      const { index, latency, memory: bytes, ...rest } = view.choice!;
      const architectureOf = (i: number | undefined) => (i === undefined ? undefined : view.architectures[i]);
      expect(view.architectures[index]).toEqual(all[expected.index]);
      expect(rest).toEqual({ binds: expected.binds, bindsTogether: expected.bindsTogether });
      for (const [ours, theirs] of [
        [latency, expected.latency],
        [bytes, expected.memory],
      ]) {
        expect(ours.gain).toBe(theirs.gain);
        expect(ours.next?.more).toBe(theirs.next?.more);
        expect(architectureOf(ours.next?.index) === undefined).toBe(theirs.next === undefined);
      }
      const points = all.map((architecture, i) => ({
        architecture,
        latencySeconds: seconds[i],
        loss: columns.loss[i],
      }));
      expect(view.unlimitedFrontier.map((i) => view.architectures[i])).toEqual(
        frontierOf(points).map(({ architecture }) => architecture),
      );
    },
  );

  it('says how far the next better architecture is', () => {
    const view = look({ latencyBudget: '20' });
    const { index, latency } = view.choice!;
    const { next } = latency;
    const at = { latencySeconds: 0.02 + next!.more, memoryBytes: view.inputs.memoryBudgetBytes };
    expect(lossWithin(view, at)).toBe(view.loss[next!.index]);
    expect(lossWithin(view, { ...at, latencySeconds: at.latencySeconds * (1 - 1e-9) })).toBe(
      view.loss[index],
    );
  });

  it('names what binds', () => {
    expect(look({ latencyBudget: '50' }).choice!.binds).toEqual(['latency']);
    expect(look({ latencyBudget: '', memoryBudget: '1' }).choice!.binds).toEqual(['memory']);
    expect(look({ latencyBudget: '100', memoryBudget: '0.5' }).choice!.binds).toEqual(['memory']);
    const free = look({ latencyBudget: '', device: 'custom', capacity: '1000' }).choice!;
    expect([free.binds, free.bindsTogether, free.latency.next]).toEqual([[], false, undefined]);
    // Two points that each cost more of one thing, and a better one that costs more of both.
    const columns = { length: 2, seconds: [1, 2], memoryBytes: [1, 2], loss: [3, 2] };
    const both = choose(columns, { latencySeconds: 1, memoryBytes: 1 })!;
    expect([both.binds, both.bindsTogether]).toEqual([[], true]);
  });

  it('is nothing where nothing is within', () => {
    expect(look({ latencyBudget: '0.001' }).choice).toBeUndefined();
    const columns = { length: 0, seconds: [], memoryBytes: [], loss: [] };
    expect(bestWithin(columns, { latencySeconds: 1, memoryBytes: 1 })).toBe(-1);
  });

  it('prefers the faster of equal losses', () => {
    const columns = { length: 3, seconds: [3, 1, 2], memoryBytes: [1, 1, 1], loss: [1, 1, 1] };
    expect(bestWithin(columns, { latencySeconds: 5, memoryBytes: 1 })).toBe(1);
  });
});

describe('the engine', () => {
  it('refuses a precision that the board has no peak for', () => {
    expect(() => look({ device: 'custom', int8: '', precision: 'int8' })).toThrow(
      'device "custom" has no int8 peak, so precision "int8" cannot run',
    );
  });

  it('agrees with the functions for one architecture, to the last bit', () => {
    const view = look({
      precision: 'int8',
      head: 'on',
      vocabulary: '32000',
      batch: '3',
      attention: 'materialized',
    });
    for (let i = 0; i < view.length; i += 97) {
      const architecture = view.architectures[i];
      expect(architecture.vocabulary).toBe(32000);
      const latency = rooflineLatency(architecture, view.inputs.setting);
      expect(view.seconds[i]).toBe(latency.totalSeconds);
      expect(view.memoryBytes[i]).toBe(latency.memory.totalBytes);
      expect(view.loss[i]).toBe(predictLoss(view.inputs.law, architecture).loss);
    }
  });

  it('gives models their own vocabulary, or none', () => {
    const vocabularies = (changes: Partial<Texts>) =>
      look(changes).references.map(({ architecture }) => architecture.vocabulary);
    expect(vocabularies({ head: 'on' })).toEqual(models().map(({ architecture }) => architecture.vocabulary));
    expect(new Set(vocabularies({}))).toEqual(new Set([undefined]));
  });

  it('refuses a law that gives no finite loss', () => {
    const text = JSON.stringify({ formula: 'a*depth^b', variables: ['depth'], parameters: { a: 1, b: 1e6 } });
    expect(() => look({ law: text })).toThrow('the law gives loss Infinity for an architecture of the space');
  });

  it('sets side by side the best, the best and a pin, or two pins', () => {
    const names = (changes: Partial<Texts>) => look(changes).compared.map(({ name }) => name);
    expect(names({})).toEqual(['best within budgets']);
    expect(names({ pinA: 'gpt2' })).toEqual(['best within budgets', 'GPT-2 (124M)']);
    expect(names({ pinA: 'gpt2', pinB: 'opt-125m' })).toEqual(['GPT-2 (124M)', 'OPT 125M']);
  });
});

describe('names in the picture', () => {
  it('do not cover each other and stay inside', () => {
    const label = (x: number, y: number) => ({ text: 'ten pixels', x, y });
    expect(placeLabels([label(50, 50), label(60, 55), label(60, 90), label(2, 10)], 200)).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});
