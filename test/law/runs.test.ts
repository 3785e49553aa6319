import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fit as fitLaw } from '../../lib/law/fit';
import { readRuns } from '../../lib/law/read-runs';

const folder = mkdtempSync(join(tmpdir(), 'colaw-runs-'));
afterAll(() => rmSync(folder, { recursive: true }));

function csv(content: string): string {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.csv`);
  writeFileSync(file, content);
  return file;
}

const header = 'depth,width,ffnRatio,activationRate,kvDimension,loss';

describe('tables of runs', () => {
  it('may have columns in any order, extra columns, comments, empty lines and Windows line ends', async () => {
    const runs = await readRuns(
      csv(
        '# a comment\r\nnote,loss,width,depth,ffnRatio,kvDimension,activationRate\r\n\r\n"a, b",3.5,1024,8,1,128,0.5\r\n',
      ),
    );
    expect(runs.columns.width[0]).toBe(1024);
    expect(runs.loss[0]).toBe(3.5);
    expect(runs.isTraining).toEqual([true]);
  });

  it('may have experts and heads instead of rates', async () => {
    const runs = await readRuns(
      csv('depth,width,ffnRatio,experts,activeExperts,headDim,kvHeads,loss\n8,1024,1,16,2,128,4,3\n'),
    );
    expect(runs.columns.activationRate[0]).toBe(0.125);
    expect(runs.columns.kvDimension[0]).toBe(512);
  });

  it.each([
    [
      'text for a number',
      `${header}\n8,1024,1,1,128,3\n8,1024,1,1,128,abc\n`,
      'line 3: loss "abc" is not a number',
    ],
    [
      'a line number that counts comments',
      `# c\n${header}\n\n8,x,1,1,128,3\n`,
      'line 4: width "x" is not a number',
    ],
    ['NaN', `${header}\n8,1024,1,1,128,NaN\n`, 'line 2: loss "NaN" is not a number'],
    ['an empty cell', `${header}\n8,,1,1,128,3\n`, 'line 2: width is empty'],
    ['infinity', `${header}\n8,1024,1,1,128,Infinity\n`, 'line 2: loss "Infinity" is not finite'],
    ['zero', `${header}\n8,1024,0,1,128,3\n`, 'line 2: ffnRatio "0" is not positive'],
    ['a negative loss', `${header}\n8,1024,1,1,128,-3\n`, 'line 2: loss "-3" is not positive'],
    [
      'a missing column',
      'depth,loss\n1,3\n',
      'has no column "activationRate" (nor activeExperts and experts); it has depth, loss',
    ],
    ['no loss', 'depth,width\n1,3\n', 'has no column "loss"'],
    [
      'an unknown split',
      `${header},split\n8,1024,1,1,128,3,test\n`,
      'line 2: split "test" is neither "train" nor "validation"',
    ],
    ['no rows', `${header}\n`, 'holds no rows'],
  ])('with %s are refused with file, line and rule', async (_, content, message) => {
    const file = csv(content);
    await expect(readRuns(file)).rejects.toThrow(message);
    await expect(readRuns(file)).rejects.toThrow(file);
  });

  it('with fewer rows than parameters are refused', async () => {
    const rows = Array.from({ length: 9 }, (_, i) => `${4 + i},1024,1,1,128,${3 + i / 10}`).join('\n');
    await expect(fitLaw(await readRuns(csv(`${header}\n${rows}\n`)))).rejects.toThrow(
      "9 training rows are fewer than the law's 11 parameters",
    );
  });

  it('that do not exist are refused', async () => {
    await expect(readRuns('none.csv')).rejects.toThrow('no such file: none.csv');
  });
});
