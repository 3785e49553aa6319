import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { device } from '../../lib/files/data';
import { law } from '../../lib/files/law';
import { evaluateArchitectures } from '../../lib/frontier/evaluate';
import { frontierOf } from '../../lib/frontier/frontier';
import { type Ranges, unite, without } from '../../lib/frontier/ranges';
import { solve, solveAll } from '../../lib/frontier/solve';
import { seededRandom } from '../../lib/random';
import { memory } from '../../lib/roofline/memory';
import { rooflineLatency } from '../../lib/roofline/roofline';
import { enumerateSpace, paperSpace } from '../../lib/space';
import { paperWorkload } from '../../lib/workload';
import { validateSpace } from '../../lib/written-space';
import { colaw, json } from '../cli/command';
import { temporaryFolder } from '../notebook/project';

const { folder, remove } = temporaryFolder();
afterAll(remove);
const file = (name: string) => join(folder, name);
const write = (name: string, value: object) => {
  writeFileSync(file(name), JSON.stringify(value));
  return file(name);
};

const published = law();
const mixed = write('mixed.json', {
  formula: `${published.formula} + kx*depth*width`,
  parameters: { ...published.parameters, kx: 1e-7 },
});
const small = {
  depths: { from: 2, to: 24, step: 2 },
  widths: { from: 512, to: 2048, step: 256 },
  ffnRatios: { from: 0.5, to: 4, step: 0.5 },
  mixtures: { experts: [1, 8, 16], activeExperts: [1, 2] },
  kvHeads: 'divisors',
  headDim: [64, 128],
};
const huge = {
  ...small,
  depths: { from: 1, to: 1000, step: 1 },
  widths: { from: 128, to: 128000, step: 128 },
  ffnRatios: { from: 0.001, to: 20, step: 0.001 },
};
const space = write('space.json', small);
const architectures = enumerateSpace(validateSpace(small));
const setting = {
  device: device('jetson-agx-orin-64gb'),
  workload: paperWorkload,
  precision: 'fp16' as const,
};
const bare = (points: readonly { architecture: object; loss: number; latencySeconds: number }[]) =>
  points.map(({ architecture, loss, latencySeconds }) => ({ architecture, loss, latencySeconds }));

describe('frontier --space', () => {
  it('says how it searched, how much there is and how much it looked at, and is exact', async () => {
    const separate = await json('frontier', '--space', space);
    const stream = await json('frontier', '--space', space, '--law', mixed);
    expect([separate.method, separate.space, separate.reason]).toEqual([
      'separation',
      architectures.length,
      undefined,
    ]);
    expect([stream.method, stream.space, stream.evaluated]).toEqual([
      'streaming',
      architectures.length,
      architectures.length,
    ]);
    expect(stream.reason).toContain('mixes depth and width');
    expect(separate.evaluated).toBeLessThan(architectures.length / 4);
    expect(bare(separate.points)).toEqual(
      frontierOf(evaluateArchitectures(architectures, published, setting, 'total')),
    );
  });

  it('keeps a memory budget, and says what a point needs and its number in the space', async () => {
    const { points } = await json('frontier', '--space', space, '--memory-budget', '4e8');
    const within = architectures.filter((each) => memory(each, setting).totalBytes <= 4e8);
    expect(bare(points)).toEqual(frontierOf(evaluateArchitectures(within, published, setting, 'total')));
    for (const { architecture, memoryBytes, fits, index } of points) {
      expect([memoryBytes, fits]).toEqual([memory(architecture, setting).totalBytes, true]);
      expect(architectures[Number(index)]).toEqual(architecture);
    }
  });

  it('answers for several boards in one table, each as alone', async () => {
    const ids = ['jetson-orin-nano-8gb', 'rtx-4090'];
    const table = await json(
      'frontier',
      '--space',
      space,
      '--devices',
      ids.join(),
      '--memory-budget',
      'fits',
    );
    for (const [d, id] of ids.entries()) {
      const alone = await json('frontier', '--space', space, '--device', id, '--memory-budget', 'fits');
      expect(table.devices[d]).toEqual({ device: id, evaluated: alone.evaluated, points: alone.points });
    }
  });

  it.each([[[]], [['--law', mixed]]])(
    'in parts merges to the bytes of one process, in any order %j',
    async (options) => {
      const question = ['frontier', '--space', space, ...options];
      const parts = [1, 2, 3].map((i) => file(`part-${i}-${options.length}.json`));
      for (const [i, part] of parts.entries())
        await json(...question, '--block', `${i + 1}/3`, '--out', part);
      expect((await json('merge', parts[0], parts[2])).missing).toHaveLength(1);
      await json(...question, '--out', file('alone.json'));
      await json('merge', parts[2], parts[0], parts[1], '--out', file('merged.json'));
      expect(readFileSync(file('merged.json'), 'utf8')).toBe(readFileSync(file('alone.json'), 'utf8'));
      expect((await colaw('merge', parts[0], parts[0])).stderr).toMatch(
        /holds units .*, which another part holds too/,
      );
      const other = file('other.json');
      await json(...question, '--device', 'rtx-4090', '--block', '1/3', '--out', other);
      expect((await colaw('merge', other, parts[1])).stderr).toMatch(/answers another question than/);
    },
  );

  it('goes on from an answer that was stopped, and refuses to write over that of another question', async () => {
    const question = ['frontier', '--space', space, '--law', mixed];
    await json(...question, '--block', '1/2', '--out', file('half.json'));
    // What a stopped search of everything leaves is what its first half says, asked for the whole.
    const half = JSON.parse(readFileSync(file('half.json'), 'utf8'));
    const stopped = write('stopped.json', { ...half, asked: [[0, half.units - 1]] });
    const refused = await colaw(...question, '--objective', 'decode', '--out', stopped);
    expect([refused.status, refused.stderr]).toEqual([
      2,
      expect.stringContaining('unfinished answer to another question'),
    ]);
    expect((await colaw(...question, '--out', stopped, '--json')).stderr).toContain('going on');
    await json(...question, '--out', file('whole.json'));
    expect(readFileSync(stopped, 'utf8')).toBe(readFileSync(file('whole.json'), 'utf8'));
  });
});

describe('other commands on a space', () => {
  it('count it without making it, and write it', async () => {
    expect((await json('enumerate', '--space', space)).space).toBe(architectures.length);
    const all = write('huge.json', huge);
    expect((await json('enumerate', '--space', all)).space).toBeGreaterThan(1e12);
    const { count } = await json('enumerate', '--space', space, '--out', file('all.csv'));
    expect(count).toBe(architectures.length);
    expect((await json('frontier', '--candidates', file('all.csv'))).points).toEqual(
      bare((await json('frontier', '--space', space)).points),
    );
    await json('enumerate', '--space', all, '--count', '50', '--seed', '2', '--out', file('some.csv'));
    expect(readFileSync(file('some.csv'), 'utf8').trim().split('\n')).toHaveLength(51);
  });

  it('take the best that keeps the targets, as by looking at all', async () => {
    const targets = { prefill: 0.05, decode: 0.06, memory: 1e9 };
    const options = ['--prefill-seconds', '0.05', '--decode-seconds', '0.06', '--memory-budget', '1e9'];
    const design = await json('design', '--space', space, ...options);
    const keeping = architectures.filter((each) => {
      const { prefillSeconds, decodeSeconds, memory } = rooflineLatency(each, setting);
      return (
        prefillSeconds <= targets.prefill &&
        decodeSeconds <= targets.decode &&
        memory.totalBytes <= targets.memory
      );
    });
    const losses = evaluateArchitectures(keeping, published, setting, 'decode').map(({ loss }) => loss);
    expect(design.loss).toBe(Math.min(...losses));
    expect(
      (await colaw('design', '--space', space, '--prefill-seconds', '1e-9', '--decode-seconds', '1')).stderr,
    ).toMatch(/^colaw: none of the \d+ architectures of the space keeps the targets/);
  });
});

describe('several laws and boards', () => {
  it('give together what each gives alone', () => {
    const laws = [1, 1.1, 0.9].map((factor) => ({
      ...published,
      parameters: { ...published.parameters, kd: factor * published.parameters.kd },
    }));
    const boards = ['jetson-agx-orin-64gb', 'rtx-4090'].map(device);
    const questions = laws.flatMap((each) =>
      boards.map((board) => ({
        space: paperSpace,
        law: each,
        setting: { ...setting, device: board },
        objective: 'total' as const,
      })),
    );
    expect(solveAll(questions)).toEqual(questions.map((question) => solve(question)));
  });
});

describe('ranges of units', () => {
  it('unite and take away as sets do', () => {
    const random = seededRandom(3);
    const draw = (): Ranges =>
      Array.from({ length: 5 }, () => Math.floor(20 * random())).reduce(
        (all, n) => unite(all, [[n, n + Math.floor(3 * random())]]),
        [] as Ranges,
      );
    const members = (ranges: Ranges) =>
      ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
    for (let i = 0; i < 300; i++) {
      const [x, y] = [draw(), draw()];
      const sorted = [...new Set([...members(x), ...members(y)])].sort((a, b) => a - b);
      expect(members(unite(x, y))).toEqual(sorted);
      expect(members(without(x, y))).toEqual(members(x).filter((n) => !members(y).includes(n)));
    }
  });
});

describe('a wrong space is refused in one line', () => {
  const nested = '['.repeat(5000) + ']'.repeat(5000);
  it.each<[what: string, text: string, message: string]>([
    ['an empty list', JSON.stringify({ ...small, depths: [] }), 'depths is an empty list'],
    [
      'a width that headDim does not divide',
      JSON.stringify({ ...small, widths: [900] }),
      'headDim 64, 128 does not divide width 900',
    ],
    [
      'a step of 0',
      JSON.stringify({ ...small, widths: { from: 1, to: 2, step: 0 } }),
      'widths.step 0 is not a positive number',
    ],
    [
      'a range backwards',
      JSON.stringify({ ...small, depths: { from: 9, to: 2, step: 1 } }),
      'depths end at 2, before they begin at 9',
    ],
    [
      'an endless range',
      JSON.stringify({ ...small, depths: { from: 1, to: 1e9, step: 1e-9 } }),
      'depths has',
    ],
    [
      'a broken depth',
      JSON.stringify({ ...small, depths: { from: 1, to: 2, step: 0.5 } }),
      'names 1.5, not a positive integer',
    ],
    ['10^400', JSON.stringify(small).replace('"to":24', '"to":1e400'), 'depths.to'],
    [
      '10^20 members',
      JSON.stringify({
        ...small,
        depths: { from: 1, to: 10000, step: 1 },
        widths: { from: 128, to: 6400000, step: 128 },
        ffnRatios: { from: 0.001, to: 100, step: 0.001 },
        mixtures: { experts: { from: 1, to: 1000, step: 1 }, activeExperts: [1] },
      }),
      'at most 10^18 are searched',
    ],
    [
      '10^10 shapes',
      JSON.stringify({
        ...small,
        depths: { from: 1, to: 100000, step: 1 },
        widths: { from: 128, to: 12800000, step: 128 },
      }),
      'at most 1000000000 are searched',
    ],
    ['text', 'depths: 1, 2', 'is not JSON'],
    ['a word', '"paper"', 'space "paper" is not an object'],
    ['deep nesting', nested, 'nests deeper'],
    [
      'deep nesting in a list',
      JSON.stringify({ ...small, depths: 0 }).replace('"depths":0', `"depths":${nested}`),
      'nests deeper',
    ],
    [
      'a wrong type',
      JSON.stringify({ ...small, kvHeads: 'some' }),
      'kvHeads "some" is neither a list nor all nor divisors',
    ],
    ['a missing key', JSON.stringify({ ...small, kvHeads: undefined }), 'space lacks "kvHeads"'],
    ['an unknown rule', JSON.stringify({ ...small, rules: { most: 1 } }), 'rules has an unknown key "most"'],
    [
      'rules that leave nothing',
      JSON.stringify({ ...small, rules: { maxStoredBytes: 1 } }),
      'leave no architecture',
    ],
    [
      'rules that leave nothing of a huge space',
      JSON.stringify({ ...huge, rules: { maxStoredBytes: 1 } }),
      'leave no architecture',
    ],
    [
      'many kvHeads of which none divides',
      JSON.stringify({ ...huge, kvHeads: Array.from({ length: 1e5 }, (_, i) => 1e8 + i) }),
      'none divides the heads of any width',
    ],
    [
      'more frames than are searched',
      JSON.stringify({
        ...small,
        depths: [4],
        widths: { from: 1000, to: 1e8, step: 1000 },
        headDim: Array.from({ length: 100 }, (_, i) => i + 1),
      }),
      'at most 1000000 are searched',
    ],
    [
      'a rule that would be counted too long',
      JSON.stringify({
        ...huge,
        mixtures: { experts: { from: 1, to: 100, step: 1 }, activeExperts: [1] },
        rules: { maxStoredBytes: 1e9 },
      }),
      'with the rule maxStoredBytes at most',
    ],
    ['a list of millions', `[${'1,'.repeat(5e6)}1]`, 'is not an object'],
    [
      'more active experts than experts',
      JSON.stringify({ ...small, mixtures: { experts: [1], activeExperts: [2] } }),
      'every activeExperts exceeds',
    ],
  ])('%s', async (_, text, message) => {
    writeFileSync(file('wrong.json'), text);
    const { status, stdout, stderr } = await colaw('frontier', '--space', file('wrong.json'));
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toContain(message);
  });

  it.each([
    [['--block', '3/2', '--space', space], '--block 3/2 is not I/N'],
    [['--block', '1/2'], '--block needs a --space'],
    [['--space', space, '--candidates', 'grid'], 'not both'],
    [['--space', space, '--memory-budget', 'none'], '--memory-budget none is neither'],
    [['--space', space, '--devices', 'rtx-4090,rtx-4090'], 'names rtx-4090 twice'],
    [['--space', space, '--threads', '0'], '--threads 0 is not a positive integer'],
  ])('options %j', async (options, message) => {
    const { status, stderr } = await colaw('frontier', ...options);
    expect([status, stderr.trimEnd().split('\n').length]).toEqual([2, 1]);
    expect(stderr).toContain(message);
  });
});
