import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { externalData, externalTables, projectFolder } from '../../lib/files/data';
import { readTable } from '../../lib/files/table';
import { fit as fitLaw } from '../../lib/law/fit/fit';
import { readRuns } from '../../lib/law/fit/read-runs';
import { seededRandom } from '../../lib/random';

const folder = mkdtempSync(join(tmpdir(), 'colaw-runs-'));
afterAll(() => rmSync(folder, { recursive: true }));

function csv(content: string): string {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.csv`);
  writeFileSync(file, content);
  return file;
}

/** Runs `colaw fit` in a process of its own. */
function colaw(...args: string[]) {
  return spawnSync(process.execPath, [join(projectFolder, 'lib', 'colaw.js'), 'fit', ...args], {
    encoding: 'utf8',
  });
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
    ['a row of empty cells', `${header}\n8,1,1,1,128,3\n,,,,,\n`, 'line 3: depth is empty'],
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

describe('CSV files', () => {
  it('come back as they were written, with the line on which each row begins', async () => {
    const random = seededRandom(4);
    const kinds = ['plain', '1e-3', '', 'a, b', 'say "so"', 'two\nlines', 'dos\r\nlines', '#5', 'ö€😀'];
    const cell = () => kinds[Math.floor(kinds.length * random())];
    for (const newline of ['\n', '\r\n']) {
      const text = ['# "written, by hand', 'a,b,c'];
      const rows: string[][] = [];
      const lines: number[] = [];
      let line = 3;
      // Over a megabyte, so that rows lie across the pieces in which a file is read.
      for (let i = 0; i < 60000; i++) {
        const row = ['x', cell(), cell()];
        const written = row
          .map((each) => (/[",\r\n]/.test(each) ? `"${each.replaceAll('"', '""')}"` : each))
          .join(',');
        rows.push(row);
        lines.push(line);
        text.push(written);
        line += written.split('\n').length;
        if (random() < 0.1) {
          text.push(random() < 0.5 ? '' : '# a, "remark');
          line++;
        }
      }
      const table = await readTable(csv(text.join(newline)));
      expect(table.header).toEqual(['a', 'b', 'c']);
      expect(table.cells).toEqual(rows);
      expect(table.lines).toEqual(lines);
    }
  });

  it('may begin with a byte-order mark and may be gzipped', async () => {
    const file = csv('');
    writeFileSync(file, gzipSync('\ufeffloss,N\n3,5\n'));
    expect(await readTable(file)).toMatchObject({ header: ['loss', 'N'], cells: [['3', '5']], lines: [2] });
  });

  it.each([
    ['a row that is too long', 'a,b\n1,2\n1,2,3\n', 'line 3 has 3 cells where the header has 2'],
    ['a row that is too short', 'a,b\n"1\n",2\n1\n', 'line 4 has 1 cells where the header has 2'],
    ['a quote that is not closed', 'a,b\n1,2\n1,"2\n', 'line 3: Quoted field unterminated'],
    ['two columns of one name', '# c\nloss,N, loss\n1,2,3\n', 'line 2: two columns are called "loss"'],
    ['only a header', 'a,b\n', 'holds no rows'],
    ['nothing', '', 'holds no rows'],
    ['broken gzip', gzipSync('a,b\n1,2\n').subarray(0, 20), 'is not a gzip file that can be unpacked'],
  ])('with %s are refused', async (_, content, message) => {
    const file = csv('');
    writeFileSync(file, content);
    await expect(readTable(file)).rejects.toThrow(message);
    await expect(readTable(file)).rejects.toThrow(file);
  });
});

describe('rows and columns are chosen', () => {
  const power = 'E + A/N^alpha';
  const curves = csv(
    [
      'run,step,kind,size,score',
      'a,1,dense,10,9',
      'a,10,dense,10,5',
      'a,9,dense,10,6',
      'b,1,moe,20,4',
      'b,1,moe,20,3',
      'c,,broken,,',
      'd,7,dense,40,2',
    ].join('\n'),
  );
  const columns = 'N = size, loss = "score"';
  const losses = async (options: object) => [
    ...(await readRuns(curves, power, { columns, ...options })).loss,
  ];

  it('by --where, before anything else is asked of a row', async () => {
    expect(await losses({ where: 'kind != "broken"' })).toEqual([9, 5, 6, 4, 3, 2]);
    expect(await losses({ where: 'kind == "dense" and N < 30' })).toEqual([9, 5, 6]);
    await expect(losses({})).rejects.toThrow('line 7: size is empty');
  });

  it('by the last step of each run, by number and not by text or place; of equals the later', async () => {
    const lastBy = { lastBy: 'run', order: 'step' };
    expect(await losses({ where: 'kind != "broken"', ...lastBy })).toEqual([5, 3, 2]);
    expect(await losses({ where: 'kind != "broken" and step < 10', ...lastBy })).toEqual([6, 3, 2]);
    await expect(losses(lastBy)).rejects.toThrow('line 7: step is empty');
  });

  it('and what --last-by leaves out need not hold numbers', async () => {
    const file = csv('run,step,N,loss\na,1,,nan\na,2,5,3\n');
    const runs = await readRuns(file, power, { lastBy: 'run', order: 'step' });
    expect([runs.columns.N[0], ...runs.loss]).toEqual([5, 3]);
  });

  it('by dropping the worst of what is then left, of equals the later, and never a validation row', async () => {
    expect(await losses({ where: 'kind != "broken"', dropWorst: 2 })).toEqual([5, 4, 3, 2]);
    const file = csv('N,loss,split\n1,9,validation\n2,5,train\n3,5,train\n4,6,train\n5,1,train\n');
    const runs = await readRuns(file, power, { dropWorst: 2 });
    expect(Array.from(runs.columns.N)).toEqual([1, 2, 5]);
    expect(runs.isTraining).toEqual([false, true, true]);
  });

  it('by the best of each cell, cells being equal as numbers or else as texts; of equals the earlier', async () => {
    const file = csv(
      ['N,D,lr,net,loss', '10,5,1,a,4', '1e1,5.0,2,a,3', '10,5,3,a,3', '10,6,1,b,7', '20,5,1,a,2', ''].join(
        '\n',
      ),
    );
    const keep = async (options: object) => {
      const { columns, loss } = await readRuns(file, power, { keep: ['lr'], ...options });
      return [...loss].map((each, row) => [columns.lr[row], each]);
    };
    expect(await keep({ bestBy: 'N,D' })).toEqual([
      [2, 3],
      [1, 7],
      [1, 2],
    ]);
    expect(await keep({ bestBy: ' net ' })).toEqual([
      [1, 7],
      [1, 2],
    ]);
    expect(await keep({ bestBy: 'N', where: 'lr != 2', dropWorst: 1 })).toEqual([[1, 2]]);
    // Of each run's last steps, not of all its steps.
    expect(await losses({ where: 'kind != "broken"', lastBy: 'run', order: 'step', bestBy: 'kind' })).toEqual(
      [3, 2],
    );
  });

  it('and agree with a search by hand on random tables', async () => {
    const random = seededRandom(8);
    const rows = Array.from({ length: 300 }, () => [
      1 + Math.floor(5 * random()),
      1 + Math.floor(4 * random()),
      1 + random(),
    ]);
    const file = csv(['N,D,loss', ...rows.map((row) => row.join(','))].join('\n'));
    const { loss } = await readRuns(file, power, { bestBy: 'N,D' });
    const cells = [1, 2, 3, 4, 5].flatMap((N) => [1, 2, 3, 4].map((D) => [N, D]));
    const expected = cells.map(([N, D]) =>
      Math.min(...rows.filter((row) => row[0] === N && row[1] === D).map((row) => row[2])),
    );
    expect([...loss].sort()).toEqual(expected.sort());
  });

  it('with a weight of each row, and the text by which parameters are grouped', async () => {
    const file = csv('N,loss,w,set\n1,3,2,a\n2,2,0.5,b\n4,1,1,a\n');
    const runs = await readRuns(file, 'E[set] + A/N^a', { weight: 'w', dropWorst: 1 });
    expect([...runs.weights!]).toEqual([0.5, 1]);
    expect([runs.levels, Array.from(runs.columns['[set]'])]).toEqual([{ set: ['a', 'b'] }, [1, 0]]);
  });

  it('and a loss that is computed may be any number, as may a column that need not be positive', async () => {
    const file = csv('N,S,loss\n1,0,0.5\n2,-1,2\n');
    const runs = await readRuns(file, 'E + A*(1 - S)^b', { columns: 'loss = log(loss)' });
    expect([...runs.loss]).toEqual([Math.log(0.5), Math.log(2)]);
    await expect(readRuns(file, 'E + A*S^b')).rejects.toThrow('line 2: S "0" is not positive');
    await expect(readRuns(file, 'E + A*log(S)')).rejects.toThrow('line 2: S "0" is not positive');
  });

  it('and rates follow from derived columns too', async () => {
    const file = csv('E,k,loss\n16,2,3\n');
    const runs = await readRuns(file, 'a*activationRate^b', { columns: 'experts = E, activeExperts = k' });
    expect(Array.from(runs.columns.activationRate)).toEqual([0.125]);
  });

  it.each([
    [
      'no row that is left',
      { where: 'kind == "dense" and size > 99' },
      'no row is left by where kind == "dense" and size > 99',
    ],
    ['a group without an order', { lastBy: 'run' }, 'lastBy (what the rows of one run agree in) and order'],
    ['an order without a group', { order: 'step' }, 'lastBy (what the rows of one run agree in) and order'],
    [
      'an unknown group',
      { lastBy: 'id', order: 'step' },
      'has no column "id"; it has run, step, kind, size, score, N, loss',
    ],
    [
      'a group that is no column',
      { lastBy: 'constructor', order: 'step' },
      'has no column "constructor"; it has run',
    ],
    [
      'an empty group',
      { where: 'step == ""', columns: `${columns}, none = "score"`, lastBy: 'none', order: 'score' },
      'line 7: score is empty',
    ],
    [
      'dropping everything',
      { where: 'kind == "moe"', dropWorst: 2 },
      'dropWorst 2 leaves none of the 2 training rows',
    ],
    ['a best of nothing', { bestBy: 'N,,D' }, 'bestBy "N,,D" is not a list of columns such as N,D'],
    ['a best by an unknown column', { bestBy: 'N,M' }, 'has no column "M"; it has run, step'],
    ['a best by an empty cell', { bestBy: 'step' }, 'line 7: step is empty'],
    ['a weight that is no column', { weight: 'w' }, 'has no column "w"; it has run, step'],
    ['a weight that is no number', { weight: 'kind' }, 'line 2: kind "dense" is not a number'],
    ['a weight of 0', { columns: `${columns}, w = step - 1`, weight: 'w' }, 'line 2: w "0" is not positive'],
    ['dropping half a row', { dropWorst: 0.5 }, 'dropWorst 0.5 is not an integer of at least 0'],
    ['a derived zero', { columns: 'N = size - 10, loss = "score"' }, 'line 2: N "0" is not positive'],
    [
      'a column that is derived wrongly',
      { columns: 'N = sized' },
      'columns: sized (character 5) is not a column of',
    ],
  ])('with an error for %s', async (_, options, message) => {
    await expect(losses(options)).rejects.toThrow(message);
  });

  it('by the command too, in one line where it is wrong', () => {
    const { status, stderr } = colaw(
      '--runs',
      curves,
      '--formula',
      power,
      '--columns',
      columns,
      '--where',
      'kind < 1',
    );
    expect(status).toBe(2);
    expect(stderr.trim()).toMatch(/^colaw: .*line 2: kind "dense" is not a number$/);
  });
});

describe('colaw fit', () => {
  const random = seededRandom(6);
  const rows = Array.from({ length: 60 }, (_, i) => {
    const N = Math.round(10 ** (6 + 3 * random()));
    return [N, ['c4', 'rw'][i % 2], 1 + (i % 3), (2 + (i % 2) + 30 / N ** 0.3 + 0.01 * random()).toFixed(6)];
  });
  const table = csv(['N,train,w,loss', ...rows.map((row) => row.join(','))].join('\n'));

  it('says which parameters may be negative, of groups, with weights', () => {
    const options = ['--runs', table, '--formula', 'E[train] + A/N^a', '--weight', 'w', '--starts', '8'];
    const { status, stdout } = colaw(...options, '--json');
    expect(status).toBe(0);
    const { signs, parameters } = JSON.parse(stdout);
    expect(signs).toEqual({ 'E[c4]': 'either', 'E[rw]': 'either', A: 'positive', a: 'either' });
    expect(parameters['E[rw]'] - parameters['E[c4]']).toBeCloseTo(1, 1);
    expect(colaw(...options).stdout).toContain('taken as positive: A; of either sign: E[c4], E[rw], a');
  });

  it.each([
    [['--formula', 'E + A/N^a', '--best-by', 'M'], 'has no column "M"'],
    [['--formula', 'E + A*min(N)^a'], 'formula: min(N) (character 7) takes two or more arguments'],
    [['--formula', 'E + A*exp(N, 2)^a'], 'formula: , (character 12) is not allowed'],
    [['--formula', 'E + A/N^a', '--columns', 'loss=log(loss'], 'Parenthesis ) expected (character 14)'],
    [['--formula', 'E + A/N^a', '--columns', 'loss=max(loss)'], 'loss=max(loss)'],
    [['--formula', 'E + A/N^a', '--columns', 'loss=log(loss-loss)'], 'line 2: loss comes out as -Infinity'],
    [['--formula', 'E + A/N^a', '--starts', '1e12'], 'starts 1000000000000 exceeds 10000'],
    [
      ['--formula', 'E + A/N^a', '--bootstrap', '1e12', '--starts', '1'],
      'bootstrap 1000000000000 exceeds 100000',
    ],
    [['--formula', 'E[size] + A/N^a'], 'formula: size (character 3) is not a column'],
    [['--formula', 'E + A/N^a', '--columns', 'loss=w/w'], 'the loss is 1 in all 60 training rows'],
  ])('refuses %j in one line', (options, message) => {
    const { status, stdout, stderr } = colaw('--runs', table, ...options);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    if (!options.includes('loss=max(loss)')) expect(stderr).toContain(message);
  });
});

describe('the public tables', () => {
  const chinchilla = externalData('chinchilla-replication.csv');
  const routed = externalData('routed-language-models.csv.gz');
  afterEach(() => vi.unstubAllEnvs());

  it('are found in the folder that COLAW_DATA names', () => {
    const named = join(folder, 'tables');
    mkdirSync(named);
    const [{ file }] = externalTables;
    writeFileSync(join(named, file), '');
    vi.stubEnv('COLAW_DATA', named);
    expect(externalData(file)).toBe(join(named, file));
    expect(() => externalData('mine.csv')).toThrow(
      'unknown table "mine.csv"; known: chinchilla-replication.csv',
    );
  });

  it.skipIf(!chinchilla)('give back the published Chinchilla fit (chinchilla-replication.csv)', () => {
    const { status, stdout } = colaw(
      ...['--runs', chinchilla!, '--formula', 'E + A/N^alpha + B/D^beta'],
      ...['--columns', 'N="Model Size", D="Training FLOP"/(6*N)'],
      ...['--objective', 'huber', '--delta', '0.001', '--drop-worst', '5', '--json'],
    );
    expect(status).toBe(0);
    const { parameters } = JSON.parse(stdout);
    // Besiroglu et al. 2024: value and standard error.
    const published = {
      E: [1.8172, 0.03],
      A: [482.01, 124.58],
      B: [2085.43, 1293.23],
      alpha: [0.3478, 0.02],
      beta: [0.3658, 0.02],
    };
    for (const [name, [value, error]] of Object.entries(published))
      expect(Math.abs(parameters[name] - value), name).toBeLessThan(error);
  });

  it.skipIf(!chinchilla)('lose their five worst rows (chinchilla-replication.csv)', async () => {
    const options = { columns: 'N = "Model Size"', dropWorst: 5 };
    const { loss } = await readRuns(chinchilla!, 'E + A/N^alpha', options);
    const [, ...rows] = readFileSync(chinchilla!, 'utf8').trim().split('\n');
    const all = rows.map((row) => Number(row.split(',').at(-1))).sort((a, b) => a - b);
    expect([...loss].sort((a, b) => a - b)).toEqual(all.slice(0, -5));
  });

  it.skipIf(!routed)('keep the last step of 223 runs (routed-language-models.csv.gz)', async () => {
    const [header, ...rows] = gunzipSync(readFileSync(routed!)).toString().trim().split('\n');
    const names = header.split(',');
    const last = new Map<string, string[]>();
    for (const row of rows.map((line) => line.split(',')))
      if (Number(row[1]) >= Number(last.get(row[0])?.[1] ?? -1)) last.set(row[0], row);
    expect(names.slice(0, 2)).toEqual(['hyper_id', 'step']);
    expect(last.size).toBe(223);

    const options = {
      columns: 'width = d_model, loss = "loss_validation"',
      lastBy: 'hyper_id',
      order: 'step',
    };
    const { loss, columns } = await readRuns(routed!, 'E + A/width^a', options);
    const expected = (name: string) => [...last.values()].map((row) => Number(row[names.indexOf(name)]));
    const ascending = (values: ArrayLike<number>) => Array.from(values).sort((a, b) => a - b);
    expect(ascending(loss)).toEqual(ascending(expected('loss_validation')));
    expect(ascending(columns.width)).toEqual(ascending(expected('d_model')));
    const dense = await readRuns(routed!, 'E + A/width^a', { ...options, where: 'router_type == "Dense"' });
    expect(dense.loss.length).toBe([...last.values()].filter((row) => row.includes('Dense')).length);
  });
});
