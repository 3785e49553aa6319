import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Architecture, architectureColumns, validateArchitecture } from '../../lib/architecture';
import { dataFile } from '../../lib/files/data';
import { enumerateSpace } from '../../lib/space';
import { planCsv, TINY_PLAN, tinyPlan, tinySpace } from '../../lib/train/plan';
import { readPlan } from '../../lib/train/read-plan';

const folder = mkdtempSync(join(tmpdir(), 'colaw-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
function planFile(text: string): string {
  const file = join(folder, `plan-${files++}.csv`);
  writeFileSync(file, text);
  return file;
}

const plan = tinyPlan();
const first = plan.filter(({ seed }) => seed === 0);

describe('the plan of 170 architectures', () => {
  it('ships as it is made', async () => {
    const file = dataFile('training/plan.csv');
    const [comment] = readFileSync(file, 'utf8').split('\n');
    expect(readFileSync(file, 'utf8')).toBe(planCsv(plan, [comment.slice(2)]));
    expect(await readPlan(file)).toEqual(plan);
  });

  it('holds 170 different ones, 138 to fit and 32 held out, 12 from three seeds', () => {
    const key = (run: (typeof plan)[number]) =>
      architectureColumns.map((name) => run.architecture[name]).join();
    expect(new Set(first.map(key)).size).toBe(170);
    expect(first.filter(({ split }) => split === 'train')).toHaveLength(138);
    for (const seed of [1, 2])
      expect(plan.filter((run) => run.seed === seed)).toHaveLength(TINY_PLAN.repeated);
    const splits = new Map(first.map((run) => [key(run), run.split]));
    for (const run of plan) expect(run.split).toBe(splits.get(key(run)));
    expect(new Set(plan.map(({ run }) => run)).size).toBe(plan.length);
  });

  it('trains all on the same tokens', () => {
    expect(new Set(plan.map(({ tokens, settings }) => JSON.stringify([tokens, settings]))).size).toBe(1);
  });

  it('fills the space: values of every axis are drawn about as often as they occur in it', () => {
    const space = enumerateSpace(tinySpace).map((architecture) => ({ architecture }));
    const axes = {
      depth: (a: Architecture) => a.depth,
      width: (a: Architecture) => a.width,
      ffnRatio: (a: Architecture) => a.ffnRatio,
      mixture: (a: Architecture) => `${a.activeExperts} of ${a.experts}`,
      kvHeads: (a: Architecture) => a.kvHeads,
    };
    for (const read of Object.values(axes)) {
      const share = (runs: { architecture: Architecture }[], value: unknown) =>
        runs.filter(({ architecture }) => read(architecture) === value).length / runs.length;
      for (const value of new Set(space.map(({ architecture }) => read(architecture)))) {
        const ratio = share(first, value) / share(space, value);
        expect(ratio).toBeGreaterThan(0.5);
        expect(ratio).toBeLessThan(2);
      }
    }
  });

  it('can be trained: every architecture is valid, with whole hidden sizes', () => {
    for (const { architecture } of plan) {
      validateArchitecture(architecture);
      expect(((architecture.ffnRatio * architecture.width) / architecture.activeExperts) % 1).toBe(0);
    }
  });
});

describe('readPlan', () => {
  const header = 'depth,width,heads,headDim,kvHeads,ffnRatio,experts,activeExperts,vocabulary,tokens';
  const row = '2,32,2,16,1,1,1,1,256,4096';

  it('fills in name, split and seed, and takes columns in any order', async () => {
    const [one, two] = await readPlan(planFile(`${header}\n${row}\n${row}\n`));
    expect([one.run, two.run, one.split, one.seed, one.settings]).toEqual(['1', '2', 'train', 0, {}]);
    const turned = [header, row].map((line) => line.split(',').reverse().join(','));
    expect((await readPlan(planFile(turned.join('\n').concat('\n'))))[0]).toEqual(one);
  });

  const refused: [kind: string, text: string, message: string][] = [
    [
      'a missing column',
      `${header.replace(',tokens', '')}\n${row.replace(',4096', '')}\n`,
      'no column "tokens"',
    ],
    ['no rows', `${header}\n`, 'holds no rows'],
    [
      'text for a number',
      `${header}\n${row.replace('32', 'wide')}\n`,
      'line 2: width "wide" is not a number',
    ],
    ['an empty cell', `${header}\n${row.replace('4096', '')}\n`, 'line 2: tokens "" is not a number'],
    [
      'an impossible architecture',
      `${header}\n${row.replace('1,1,1,256', '1,1,2,256')}\n`,
      'exceeds experts 1',
    ],
    ['half a hidden unit', `${header}\n${row.replace('16,1,1,', '16,1,0.01,')}\n`, 'which is not whole'],
    ['part of a token', `${header}\n${row.replace('4096', '4096.5')}\n`, 'tokens 4096.5 is not an integer'],
    ['a negative seed', `${header},seed\n${row},-1\n`, 'seed -1 is not an integer of at least 0'],
    ['a name twice', `${header},run\n${row},x\n${row},x\n`, 'line 3: run "x" is on line 2 too'],
    ['a name that is a path', `${header},run\n${row},../x\n`, 'is not made of letters'],
    ['an unknown split', `${header},split\n${row},test\n`, 'neither "train" nor "validation"'],
    ['a learning rate of 0', `${header},learningRate\n${row},0\n`, 'learningRate 0 is not positive'],
    [
      'less than one step',
      `${header},batch,sequence\n${row},64,128\n`,
      'tokens 4096 are fewer than one step',
    ],
  ];
  it.each(refused)('refuses %s, in one line with the line', async (_, text, message) => {
    await expect(readPlan(planFile(text))).rejects.toThrow(message);
  });
});
