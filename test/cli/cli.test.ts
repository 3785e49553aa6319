import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { selectClaims } from '../../lib/audit/audit';
import { dataFile, device, model, projectFolder } from '../../lib/files/data';
import { analyticLatency } from '../../lib/roofline/analytic';
import { rooflineLatency } from '../../lib/roofline/roofline';
import { colaw, colawProcess, json } from './command';

const folder = mkdtempSync(join(tmpdir(), 'colaw-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

const architecture = {
  depth: 16,
  width: 2048,
  heads: 16,
  headDim: 128,
  kvHeads: 4,
  ffnRatio: 1,
  experts: 8,
  activeExperts: 1,
};
const given = ['--architecture', JSON.stringify(architecture)];
const setting = {
  device: device('jetson-orin-nano-8gb'),
  workload: { batch: 2, inputTokens: 100, outputTokens: 7 },
  precision: 'int8' as const,
};
const onWorkload = ['--precision', 'int8', '--input-tokens', '100', '--output-tokens', '7'];
const onSetting = ['--device', 'jetson-orin-nano-8gb', '--batch', '2', ...onWorkload];

describe('help', () => {
  it('fits a screen of 80 × 24 and names every command', async () => {
    const lines = (await colaw('--help')).stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(23);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    const files = readdirSync(join(projectFolder, 'lib', 'cli')).map((file) => file.replace('.ts', ''));
    const commands = lines.flatMap((line) => /^.{15}([a-z]+) {2,}\S/.exec(line)?.[1] ?? []);
    for (const command of commands) expect(files).toContain(command);
    const defining = files.filter((file) =>
      readFileSync(join(projectFolder, 'lib', 'cli', `${file}.ts`), 'utf8').includes(
        'export function define(',
      ),
    );
    expect(commands.sort()).toEqual(defining.sort());
  });
});

describe('the command in a process of its own', () => {
  it.each([
    ['an answer', ['latency', ...given]],
    ['an answer for programs', ['latency', ...given, '--json']],
    ['an answer with notes', ['loss', '--model', 'qwen2.5-0.5b']],
    ['a refusal', ['latency', ...given, '--device', 'orin']],
    ['help', ['help', 'latency']],
  ])('says what it says here: %s', async (_, args) => {
    expect(colawProcess(...args)).toMatchObject(await colaw(...args));
  });
});

describe('latency', () => {
  it('prints exactly what the library computes', async () => {
    const expected = rooflineLatency(architecture, setting);
    const printed = await json('latency', ...onSetting, ...given);
    expect(Object.keys(printed).sort()).toEqual([
      'decode',
      'decodeSeconds',
      'memory',
      'prefill',
      'prefillSeconds',
      'totalSeconds',
      'warnings',
    ]);
    expect(Object.keys(printed.memory)).toEqual(['weightBytes', 'kvCacheBytes', 'totalBytes', 'fits']);
    expect(Object.keys(printed.decode)).toEqual([
      'flops',
      'weightBytes',
      'activationBytes',
      'kvBytes',
      'bound',
    ]);
    expect(printed.totalSeconds).toBe(expected.totalSeconds);
    expect(printed.decode.kvBytes).toBe(expected.decode.kvBytes);
    expect(printed.memory).toEqual(expected.memory);
  });

  it('lists operators on request', async () => {
    const { operators } = await json(
      'latency',
      ...onSetting,
      ...given,
      '--operators',
      '--attention',
      'materialized',
    );
    expect(operators.decode.map((o: { name: string }) => o.name)).toContain('softmax');
  });

  it('has the analytic engine', async () => {
    const one = { ...setting, workload: { ...setting.workload, batch: 1 } };
    const printed = await json(
      'latency',
      ...onWorkload,
      '--device',
      'jetson-orin-nano-8gb',
      '--engine',
      'analytic',
      '--model',
      'qwen2.5-0.5b',
    );
    expect(printed.totalSeconds).toBe(analyticLatency(model('qwen2.5-0.5b').architecture, one).totalSeconds);
  });

  it('says so where a printed equation holds for batch 1 only', async () => {
    const { status, stderr, stdout } = await colaw(
      'latency',
      ...onSetting,
      '--engine',
      'analytic',
      ...given,
      '--json',
    );
    expect(status).toBe(0);
    expect(stderr).toContain('batch 1 only');
    expect(JSON.parse(stdout).decodeSeconds).toBeGreaterThan(0);
  });

  it("takes a user's own board", async () => {
    const file = join(folder, 'board.json');
    writeFileSync(file, JSON.stringify({ ...setting.device, id: 'mine', bandwidthBytesPerSecond: 1e9 }));
    expect((await json('latency', ...onWorkload, '--device', file, ...given)).decodeSeconds).toBeGreaterThan(
      1,
    );
  });

  it('speaks to people without --json', async () => {
    const { status, stdout } = await colaw('latency', '--model', 'qwen2.5-0.5b');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /Jetson AGX Orin 64GB, fp16, batch 1, 1024 tokens in, 16 out\nprefill {2}26\.39 ms/,
    );
  });
});

describe('loss', () => {
  it('is Eq. 15', async () => {
    const { loss, terms } = await json('loss', ...given);
    const expected =
      9.96 / 16 ** 1.63 +
      0.031 * 0.125 ** 1.09 * 2048 ** 0.33 +
      500 / 2048 ** 0.97 +
      0.2 / 512 ** 0.05 +
      2.53;
    expect(Math.abs(loss / expected - 1)).toBeLessThan(1e-12);
    expect(terms.irreducible).toBe(2.53);
  });
});

describe('fit', () => {
  it('writes a law that `loss` and `frontier` take', async () => {
    const out = join(folder, 'law.json');
    const report = await json(
      'fit',
      '--runs',
      dataFile('runs-170.csv'),
      '--starts',
      '4',
      '--seed',
      '1',
      '--out',
      out,
    );
    expect(Object.keys(report)).toEqual(
      expect.arrayContaining([
        'parameters',
        'standardErrors',
        'r2',
        'rmse',
        'meanSquaredError',
        'starts',
        'seconds',
        'backend',
      ]),
    );
    expect(report.starts).toHaveLength(4);
    expect(report.rmse ** 2).toBeCloseTo(report.meanSquaredError, 12);
    const { loss } = await json('loss', ...given, '--law', out);
    expect(Math.abs(loss - (await json('loss', ...given)).loss)).toBeLessThan(0.05);
    expect((await json('frontier', '--law', out, '--candidates', 'sample')).points.length).toBeGreaterThan(
      20,
    );
  });

  it('holds and bounds parameters, and gives intervals on request', async () => {
    const runs = dataFile('runs-170.csv');
    const small = ['fit', '--runs', runs, '--formula', 'depth-width', '--starts', '4'];
    const held = await json(...small, '--fix', 'Linf=2.5', '--bounds', 'a=:1.2', '--bounds', 'b=0.1:3');
    expect(held.parameters.Linf).toBe(2.5);
    expect(held.parameters.a).toBeLessThanOrEqual(1.2);
    expect(held.standardErrors.Linf).toBeUndefined();
    const out = join(folder, 'held.json');
    await json(...small, '--fix', 'Linf=2.5', '--objective', 'huber', '--bounds', 'a=0:3', '--out', out);
    const { source } = JSON.parse(readFileSync(out, 'utf8'));
    expect(source).toContain('with Huber loss of δ 0.001, Linf fixed at 2.5, a from 0 to 3');
    const { intervals, parameters } = await json(...small, '--bootstrap', '60', '--level', '0.8');
    for (const [name, [low, high]] of Object.entries(intervals as Record<string, [number, number]>)) {
      expect(low, name).toBeLessThan(parameters[name]);
      expect(high, name).toBeGreaterThan(parameters[name]);
    }
  });

  it('takes any formula over the columns of the table', async () => {
    const file = join(folder, 'chinchilla.csv');
    const rows = [1e7, 3e7, 1e8, 3e8, 1e9].flatMap((n) =>
      [1e9, 1e10, 1e11].map((d) => `${n},${d},${1.7 + 400 / n ** 0.34 + 410 / d ** 0.28}`),
    );
    writeFileSync(file, `N,D,loss\n${rows.join('\n')}\n`);
    const { parameters, r2 } = await json('fit', '--runs', file, '--formula', 'E + A/N^alpha + B/D^beta');
    expect(parameters.alpha).toBeCloseTo(0.34, 4);
    expect(parameters.E).toBeCloseTo(1.7, 3);
    expect(r2.validation).toBeNull();
  });
});

describe('frontier and enumerate', () => {
  it('round-trip through CSV, sorted by latency', async () => {
    const file = join(folder, 'some.csv');
    expect((await json('enumerate', '--count', '300', '--seed', '5', '--out', file)).count).toBe(300);
    const { points } = await json('frontier', '--objective', 'decode', '--candidates', file);
    const seconds = points.map((p: { latencySeconds: number }) => p.latencySeconds);
    const losses = points.map((p: { loss: number }) => p.loss);
    expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    expect(points[0].architecture.depth).toBeGreaterThan(0);
    expect((await json('frontier', '--objective', 'decode', '--candidates', file)).points).toEqual(points);
  });

  it('write the whole space without a count', async () => {
    const file = join(folder, 'all.csv');
    await json('enumerate', '--out', file);
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(8161);
  });
});

describe('audit', () => {
  it('prints all claims where none are asked for', async () => {
    // By a law that few of them are about, which takes a fifth of the time.
    const file = join(folder, 'other.json');
    const parameters = { A: 5, a: 1, B: 100, b: 0.8, E: 2 };
    writeFileSync(
      file,
      JSON.stringify({ formula: 'A/depth^a + B/width^b + E', variables: ['depth', 'width'], parameters }),
    );
    const { claims } = await json('audit', '--law', file);
    expect(claims.map(({ id }: { id: string }) => id)).toEqual(selectClaims([]).map(({ id }) => id));
  });

  it('prints the claims that are asked for with their verdicts, by the law that is named, and counts them', async () => {
    const file = join(folder, 'steep.json');
    const published = JSON.parse(readFileSync(dataFile('law.json'), 'utf8'));
    writeFileSync(file, JSON.stringify({ ...published, parameters: { ...published.parameters, ar: 1.5 } }));
    const { counts, claims } = await json('audit', 'theory', 'Table 8', '--law', file);
    expect(Object.keys(claims[0])).toEqual(
      expect.arrayContaining(['id', 'place', 'says', 'paper', 'check', 'verdict', 'ours', 'why']),
    );
    const sum = Object.values(counts as Record<string, number>).reduce((total, count) => total + count, 0);
    expect(sum).toBe(claims.length);
    expect(claims.map(({ id }: { id: string }) => id)).toEqual(
      selectClaims(['theory', 'Table 8']).map(({ id }) => id),
    );
    const verdictOn = (id: string) => claims.find((claim: { id: string }) => claim.id === id).verdict;
    expect(verdictOn('width-sparsity-exponent')).toBe('differs');
  });
});

describe('optimum and design', () => {
  const dual = [
    'optimum',
    '--case',
    'D3',
    '--width',
    '2048',
    '--latency-budget',
    '8e8',
    '--memory-budget',
    '2e9',
  ];

  it('print the keys that programs read', async () => {
    const exact = await json(...dual);
    expect(Object.keys(exact)).toEqual([
      ...['activationRate', 'depth', 'ffnRatio', 'gqa', 'width', 'loss', 'excessLoss'],
      ...['multipliers', 'active', 'latencyUsed', 'memoryUsed', 'warnings'],
    ]);
    expect(exact.active).toEqual(['latency', 'memory']);
    expect(exact.latencyUsed / 8e8).toBeCloseTo(1, 9);
    expect((await json(...dual, '--form', 'printed')).latencyUsed / 8e8).toBeGreaterThan(1.05);
  });

  it('go from a board to an architecture', async () => {
    const { architecture, roofline } = await json(
      'design',
      '--prefill-seconds',
      '0.05',
      '--decode-seconds',
      '0.1',
    );
    expect(architecture.depth).toBeGreaterThan(1);
    expect(roofline.memory.fits).toBe(true);
  });
});

describe('wrong input: exit code 2, one line on standard error, nothing on standard output', () => {
  const bad = join(folder, 'bad.csv');
  writeFileSync(
    bad,
    'depth,width,heads,headDim,kvHeads,ffnRatio,experts,activeExperts\n4,768,6,128,4,1,1,1\n',
  );
  const brokenLaw = join(folder, 'broken.json');
  writeFileSync(brokenLaw, '{"formula":');
  it.each([
    [['latency', ...given, '--device', 'orin'], 'unknown device "orin"; known: jetson-agx-orin-64gb'],
    [['latency', ...given, '--precision', 'fp8'], "'fp8' is invalid. Allowed choices are fp16, int8, int4"],
    [['latency', ...given, '--batch', 'x'], '"x" is not a number'],
    [['latency', ...given, '--batch', '0'], 'batch 0 is not a positive integer'],
    [['latency', ...given, '--input-tokens', ''], '"" is not a number'],
    [['latency', ...given, '--colour'], "unknown option '--colour'"],
    [['latency'], 'give exactly one of --model ID, --architecture JSON and --config FILE'],
    [
      ['latency', ...given, '--model', 'gpt2'],
      'give exactly one of --model ID, --architecture JSON and --config FILE',
    ],
    [['latency', '--model', 'gpt9'], 'unknown model "gpt9"; known: qwen2.5-0.5b'],
    [['latency', '--architecture', '{'], '--architecture is not JSON'],
    [['latency', '--architecture', '{"depth":1}'], 'architecture lacks "width"'],
    [['loss', ...given, '--law', 'none.json'], 'no such file: none.json'],
    [['loss', ...given, '--law', brokenLaw], 'broken.json is not JSON'],
    [['fit', '--runs', 'none.csv'], 'no such file: none.csv'],
    [['fit', '--runs', dataFile('runs-170.csv'), '--fix', 'am'], '"am" is not name=value'],
    [['fit', '--runs', dataFile('runs-170.csv'), '--fix', 'zz=1'], 'the formula has no parameter "zz"'],
    [['fit', '--runs', dataFile('runs-170.csv'), '--bounds', 'al=2'], '"al=2" is not name=low:high'],
    [['fit'], "required option '--runs <file>' not specified"],
    [['fit', '--runs', dataFile('runs-170.csv'), '--starts', '0'], 'starts 0 is not a positive integer'],
    [
      ['fit', '--runs', dataFile('runs-170.csv'), '--formula', 'a*sin(depth)'],
      'sin (character 3) is called as a function; allowed: numbers, names, + - * / ^ and log',
    ],
    [['fit', '--runs', dataFile('runs-170.csv'), '--level', '0.5'], '--level goes with --bootstrap'],
    [['fit', '--runs', dataFile('runs-170.csv'), '--resample', 'case'], '--resample goes with --bootstrap'],
    [['fit', '--runs', dataFile('runs-170.csv'), '--delta', '0.1'], '--delta goes with --objective huber'],
    [
      [
        'fit',
        '--runs',
        dataFile('runs-170.csv'),
        '--out',
        join(folder, 'no', 'such', 'law.json'),
        '--starts',
        '1',
      ],
      'no such file or directory',
    ],
    [['frontier', '--candidates', bad], 'bad.csv line 2: kvHeads 4 does not divide heads 6'],
    [['frontier', '--objective', 'speed'], "'speed' is invalid"],
    [
      ['enumerate', '--count', '9000', '--out', join(folder, 'x.csv')],
      'count 9000 is not an integer from 1 to 8160',
    ],
    [['enumerate', '--out', folder], 'is a folder, not a file'],
    [['reproduce', 'nope'], 'unknown notebook "nope"; known: 01-enumeration'],
    [['optimum', '--case', 'D1', '--latency-budget', '-1'], 'decode budget -1 is not a positive number'],
    [['optimum', '--case', 'D1', '--latency-budget', '1'], 'less than one'],
    [['optimum', '--case', 'P2'], 'case P2 needs a memory budget'],
    [['optimum', '--case', 'D9'], "'D9' is invalid"],
    [['design', '--prefill-seconds', '1'], "required option '--decode-seconds <x>' not specified"],
    [['design', '--prefill-seconds', '1e-9', '--decode-seconds', '1'], 'the budgets allow no architecture'],
    [['frobnicate'], "unknown command 'frobnicate'"],
    [[], 'Usage: colaw'],
  ])('%j', async (args, message) => {
    const { status, stdout, stderr } = await colaw(...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('keeps what is already written', async () => {
    const file = join(folder, 'keep.csv');
    writeFileSync(file, 'precious');
    await colaw('enumerate', '--count', '0', '--out', file);
    expect(existsSync(file) && readFileSync(file, 'utf8')).toBe('precious');
  });
});
