import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dataFile } from '../../lib/files/data';
import { architecture, at, design, documents, makeFolder, onFew, optimum, small } from './documents';
import { asJson, failures, notFinite, notRefused, runHere } from './in-process';

makeFolder();

const runs = ['fit', '--runs', dataFile('runs-170.csv'), '--formula', 'depth-width', '--starts', '1'];
const without = (args: string[], option: string) => {
  const place = args.indexOf(option);
  return place < 0 ? args : [...args.slice(0, place), ...args.slice(place + 2)];
};

/** What no number is, and no number that is asked for. */
const NEVER = [
  '',
  ' ',
  'x',
  'NaN',
  'nan',
  'Infinity',
  '-Infinity',
  '1e309',
  '1_000',
  '1,5',
  '0x',
  '1e',
  '--json',
];
const COUNTS = [...NEVER, '-1', '0', '1.5', '1e12', '1e300', '9007199254740993', '1e-300'];
const POSITIVE = [...NEVER, '-1', '0', '-1e-300'];

/** The options that take a number, and what each must refuse. */
const options: [args: string[], option: string, wrong: string[]][] = [
  ...['--batch', '--input-tokens'].flatMap((option): [string[], string, string[]][] => [
    [['latency', ...small], option, COUNTS],
    [onFew, option, COUNTS],
    [design, option, COUNTS],
  ]),
  [['latency', ...small], '--output-tokens', COUNTS.filter((text) => text !== '0')],
  [[...onFew, '--objective', 'decode'], '--output-tokens', COUNTS],
  ...['--cameras', '--horizon', '--steps'].map((option): [string[], string, string[]] => [
    ['vla', '--model', 'pi0'],
    option,
    COUNTS,
  ]),
  [['vla', '--model', 'pi0'], '--prompt-tokens', COUNTS.filter((text) => text !== '0')],
  [['vla', '--model', 'pi0'], '--hz', [...POSITIVE, '1e300', '1e-300']],
  [[...onFew, '--vla', 'pi0'], '--hz', [...POSITIVE, '1e300', '1e-300']],
  [design, '--prefill-seconds', [...POSITIVE, '1e300', '1e-300']],
  [design, '--decode-seconds', [...POSITIVE, '1e300', '1e-300']],
  [design, '--memory-budget', [...POSITIVE, '1e300', '1e-300', '1']],
  [design, '--rho-min', [...POSITIVE, '1.1', '1e-300']],
  [optimum, '--width', [...POSITIVE, '1e300']],
  [optimum, '--latency-budget', [...POSITIVE, '1e300', '1e-300', '1']],
  [['optimum', '--case', 'P2'], '--memory-budget', [...POSITIVE, '1e300', '1e-300', '1']],
  [optimum, '--context', [...NEVER, '-1', '1e300']],
  [optimum, '--weight-bytes', [...POSITIVE, '1e300']],
  [optimum, '--kv-bytes', [...NEVER, '-1', '1e300']],
  [optimum, '--rho-min', [...POSITIVE, '2', '1e-300']],
  [
    without(optimum, '--width'),
    '--width-range',
    [...POSITIVE, '1', ':', '1:', ':1', '1:2:3', '2:1', '1:1', '0:5', '-5:5', '1:1e300', 'NaN:2', 'a:b'],
  ],
  [['enumerate', '--out', at('space.csv')], '--count', [...COUNTS, '8161']],
  [['enumerate', '--out', at('space.csv'), '--count', '3'], '--seed', [...NEVER, '1.5', '1e300', '1e16']],
  [without(runs, '--starts'), '--starts', [...COUNTS, '1e7']],
  [runs, '--seed', [...NEVER, '1.5', '1e300', '1e16']],
  [runs, '--bootstrap', [...COUNTS, '1e7']],
  [[...runs, '--bootstrap', '2'], '--level', [...POSITIVE, '1', '2', '1e300']],
  [[...runs, '--objective', 'huber'], '--delta', [...POSITIVE]],
  [runs, '--drop-worst', [...COUNTS.filter((text) => text !== '0'), '170', '1e3']],
  [runs, '--fix', ['Linf', 'Linf=', 'Linf=x', 'Linf=Infinity', '=1', 'zz=1', '__proto__=1', 'Linf=1=2']],
  [runs, '--bounds', ['a', 'a=:', 'a=1', 'a=2:1', 'a=1:1', 'a=x:1', 'a=1:2:3', '__proto__=1:2', 'zz=0:1']],
];

describe('a number that cannot be is refused', () => {
  it.each(options)('by %j %s', async (args, option, wrong) => {
    const lines = wrong.map((text) => ({
      what: `${option} ${text}`,
      args: asJson([...without(args, option), option, text]),
    }));
    expect(await failures(lines)).toEqual([]);
  });

  it.each(options.filter(([[name]]) => name !== 'fit'))(
    'or its answer is finite: %j %s',
    async (args, option) => {
      const extreme = [
        '1e-307',
        '1e-9',
        '1e-3',
        '0.5',
        '0.99999',
        '1',
        '7',
        '1e5',
        '1e9',
        '1e15',
        '1e18',
        '1e30',
        '1e60',
        '1e307',
      ];
      const lines = extreme.map((text) => ({
        what: `${option} ${text}`,
        args: asJson([...without(args, option), option, text]),
      }));
      expect(await failures(lines, notFinite)).toEqual([]);
    },
  );
});

describe('every answer is finite or refused', () => {
  const { law, device } = documents;
  const written = (name: string, value: object) => {
    writeFileSync(at(name), JSON.stringify(value));
    return at(name);
  };
  const names = Object.keys((law.right as { parameters: object }).parameters);

  it.each(names)('whatever number a law has for %s', async (name) => {
    const found: string[] = [];
    for (const value of [1e308, -1e308, 1e5, -1e5, 5e-324, 0, -1, 700]) {
      const { parameters } = law.right as { parameters: object };
      const file = written('law.json', { ...law.right, parameters: { ...parameters, [name]: value } });
      const lines = law.commands(file).filter(([command]) => !['audit', 'explore'].includes(command));
      found.push(
        ...(await failures(
          lines.map((args) => ({ what: `${value}`, args: asJson(args) })),
          notFinite,
        )),
      );
    }
    expect(found).toEqual([]);
  });

  it('whatever a board of any speed is asked for', async () => {
    const sizes = [1e6, 1e21];
    const found: string[] = [];
    for (const bandwidthBytesPerSecond of sizes)
      for (const fp16 of sizes)
        for (const vectorFlopsPerSecond of sizes) {
          const file = written('device.json', {
            ...device.right,
            bandwidthBytesPerSecond,
            vectorFlopsPerSecond,
            peakFlopsPerSecond: { fp16 },
          });
          const most = {
            ...architecture,
            depth: 1e6,
            width: 1e9,
            heads: 1e9,
            headDim: 1e9,
            kvHeads: 1e9,
            ffnRatio: 1e6,
          };
          const huge = JSON.stringify({ ...most, experts: 1e6, activeExperts: 1, vocabulary: 1e9 });
          const tokens = ['--batch', '1e9', '--input-tokens', '1e9', '--output-tokens', '1e9'];
          const lines = [
            ['latency', '--architecture', huge, ...tokens, '--device', file, '--operators'],
            ['latency', '--architecture', huge, ...tokens, '--device', file, '--engine', 'analytic'],
            ['latency', '--architecture', huge, ...tokens, '--device', file, '--attention', 'materialized'],
            [...onFew, ...tokens, '--device', file],
            [...design, '--device', file],
          ];
          found.push(
            ...(await failures(
              lines.map((args) => ({ what: file, args: asJson(args) })),
              notFinite,
            )),
          );
        }
    expect(found).toEqual([]);
  });

  it.each([
    'depth',
    'a',
    '',
    'a*log(depth - 5)',
    'a/(depth - depth)',
    'a*0/0*depth',
    'a^depth^depth^depth',
    'a*log(0*depth)',
    'a*depth^(b*c)^d',
    'a*(depth - 4)^0.5',
    'a*1e308*depth*1e308',
    'import("x")',
    'a*depth;b',
    'a[1]*depth',
    'a*constructor*depth',
    `${'('.repeat(51)}a*depth${')'.repeat(51)}`,
    `a*depth${'^2'.repeat(101)}`,
    'a*N',
    'a*depth\n+b\u2028',
    '💣*depth',
  ])('of the formula %s', async (formula) => {
    const file = written('law.json', { formula, parameters: { a: 1 } });
    const also = written('two.json', { formula, parameters: { a: 1, b: 2, c: 3, d: 4 } });
    const lines = [file, also]
      .flatMap((each) => law.commands(each))
      .filter(([name]) => !['audit', 'explore'].includes(name));
    expect(
      await failures(
        lines.map((args) => ({ what: formula, args: asJson(args) })),
        notFinite,
      ),
    ).toEqual([]);
  });
});

describe('an option that does nothing, or is given twice, is refused', () => {
  const latency = ['latency', ...small];
  const analytic = [...latency, '--engine', 'analytic'];
  const printed = (name: string, ...budget: string[]) => [
    'optimum',
    '--case',
    name,
    '--form',
    'printed',
    '--width',
    '1024',
    ...budget,
  ];
  it.each([
    [[...analytic, '--attention', 'fused'], '--attention does nothing with --engine analytic'],
    [[...analytic, '--operators'], '--operators does nothing with --engine analytic'],
    [[...analytic, '--profile', 'fitted'], '--engine analytic knows no profile'],
    [[...design, '--attention', 'materialized'], '--attention does nothing in a design'],
    [['enumerate', '--out', at('all.csv'), '--seed', '0'], '--seed does nothing without --count'],
    [[...optimum, '--width-range', '500:600'], '--width-range does nothing where --width'],
    [
      ['optimum', '--case', 'P1', '--latency-budget', '1e9', '--context', '5'],
      '--context does nothing in case P1',
    ],
    [
      ['optimum', '--case', 'P2', '--memory-budget', '1e9', '--kv-bytes', '2'],
      '--kv-bytes does nothing in case P2',
    ],
    [
      [...printed('D2', '--memory-budget', '1e9'), '--rho-min', '0.1'],
      '--rho-min does nothing in the printed',
    ],
    [
      ['optimum', '--case', 'D1', '--latency-budget', '1e9', '--memory-budget', '1e9'],
      'takes no memory budget',
    ],
    [[...runs, '--order', 'depth'], 'lastBy'],
    [[...runs, '--fix', 'a=1', '--fix', 'a=2'], '"a" is given twice'],
    [[...runs, '--bounds', 'a=1:2', '--bounds', 'a=1:3'], '"a" is given twice'],
    [[...latency, '--batch', '2', '--batch', '2'], '--batch is given twice'],
    [[...latency, '--json'], '--json is given twice'],
    [[...latency, '--model', 'gpt2'], '--model is given twice'],
    [['validate', '--device', 'a', '--device', 'b'], '--device is given twice'],
  ])('%j', async (args, message) => {
    const outcome = await runHere(...asJson(args));
    expect(notRefused(outcome)).toBeUndefined();
    expect(outcome.err).toContain(message);
  });

  it('and others may be given several times, or beside one another', async () => {
    for (const args of [
      [...latency, '--operators', '--attention', 'materialized'],
      [...runs, '--fix', 'Linf=2.5', '--bounds', 'a=0:3', '--bounds', 'b=0:3'],
      [...printed('D1', '--latency-budget', '1e9'), '--rho-min', '0.1', '--context', '100'],
      ['enumerate', '--out', at('some.csv'), '--count', '3', '--seed', '-1'],
    ])
      expect((await runHere(...args)).code, args.join(' ')).toBe(0);
  });
});

describe('help is short where it was not asked for', () => {
  it.each([
    [[]],
    [['help', 'frobnicate']],
    [['frobnicate']],
    [['help', 'help', 'x']],
    [['--frobnicate']],
    [['latency', 'x']],
  ])('%j', async (args) => {
    expect(notRefused(await runHere(...args))).toBeUndefined();
  });
});
