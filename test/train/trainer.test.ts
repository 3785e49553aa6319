import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parameters } from '../../lib/architecture';
import { dataFile } from '../../lib/files/data';
import { findPython, type TrainedRun, train, trainingFlops } from '../../lib/train/trainer';
import { python } from './python';
import { dense, mixture, planned, tokenFolder } from './tiny';

const { folder, tokens, heldOut, remove } = tokenFolder();
afterAll(remove);

const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
const trainer = dataFile('training/train.py');
const asText = (spec: unknown) => (typeof spec === 'string' ? spec : JSON.stringify(spec));
const files = ['--tokens', tokens, '--held-out', heldOut];

/** Calls the trainer as a user would. */
function call(spec: unknown, ...words: string[]) {
  return spawnSync(python!, [trainer, asText(spec), ...files, ...words], { encoding: 'utf8', env });
}

/** What the trainer prints and ends with, for one spec after the other: PyTorch is loaded once. */
const SEVERAL = `
import contextlib, io, json, os, sys
sys.path.insert(0, os.path.dirname(sys.argv[1]))
import train
words, answers = sys.argv[1:], []
for spec in json.load(sys.stdin):
    sys.argv = [words[0], spec, *words[1:]]
    printed, code = io.StringIO(), 0
    with contextlib.redirect_stdout(printed):
        try:
            train.main()
        except SystemExit as end:
            code = end.code
    answers.append([code, printed.getvalue()])
print(json.dumps(answers))
`;
function callEach(specs: readonly unknown[]): [code: unknown, printed: string][] {
  const input = JSON.stringify(specs.map(asText));
  const words = ['-c', SEVERAL, trainer, ...files];
  const { stdout, stderr } = spawnSync(python!, words, { encoding: 'utf8', env, input });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

const spec = (architecture: object, steps: number) => ({
  architecture,
  tokens: steps * 128,
  batch: 4,
  sequence: 32,
  heldOutTokens: 2048,
  learningRate: 0.02,
});
const withoutNorm = ({ qkNorm: _, ...architecture }: typeof dense) => architecture;

/** What must not depend on when and how often a run was stopped. */
const result = ({ loss, curve, expertShares, tokens }: TrainedRun) => ({ loss, curve, expertShares, tokens });

describe('findPython', () => {
  it('refuses where no interpreter has PyTorch, and names the package', () => {
    expect(() => findPython({ COLAW_PYTHON: '/bin/false' })).toThrow(
      /PyTorch is missing \(tried \/bin\/false\); install the Debian packages python3-torch/,
    );
  });
});

describe.skipIf(python === undefined)('the trainer (PyTorch)', () => {
  const options = { python: python!, tokens, heldOut };

  it.each([
    ['dense', dense],
    ['mixture', mixture],
  ])('has the parameters that the library counts, and learns: %s', async (_, architecture) => {
    const run = planned('one', architecture, 48);
    const trained = await train(run, options);
    const { total, active, embedding } = parameters(architecture);
    // A tied table counts as the head there, and as the embedding here: it is one.
    expect(embedding).toBe(256 * architecture.width);
    expect([trained.parametersTotal, trained.parametersActive, trained.parametersEmbedding]).toEqual([
      total,
      active,
      embedding,
    ]);
    const [first, last] = [trained.curve[0][1], trained.curve.at(-1)![1]];
    expect(first).toBeCloseTo(Math.log(256), 0);
    expect(last).toBeLessThan(first - 1);
    expect(trained.loss).toBeLessThan(first - 1);
    expect(trained.status).toBe('finished');
    // The rate that is printed is that of the FLOPs the library counts.
    const seen = 32 * Math.floor(2048 / 32);
    const flops = trainingFlops({ ...run, settings: { ...run.settings, heldOutTokens: seen } });
    expect(trained.flopsPerSecond * trained.cpuSeconds).toBeGreaterThan(0.9 * flops);
    expect(trained.flopsPerSecond * trained.cpuSeconds).toBeLessThan(1.1 * flops);
  });

  it('sends tokens to every expert', async () => {
    const { expertShares } = await train(planned('one', mixture, 144), options);
    for (const shares of expertShares) {
      expect(shares).toHaveLength(4);
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
      for (const share of shares) expect(share).toBeGreaterThan(0.05);
    }
  });

  it('gives the same loss to the last bit again, from another seed another', async () => {
    const [once, again, other] = await Promise.all(
      [0, 0, 1].map((seed) => train(planned('one', mixture, 8, seed), options)),
    );
    expect(result(again)).toEqual(result(once));
    expect(other.loss).not.toBe(once.loss);
  });

  it('goes on from a checkpoint as if it had never stopped', () => {
    const checkpoint = join(folder, 'stopped.pt');
    const whole = call(spec(withoutNorm(mixture), 12));
    const stopped = call(spec(withoutNorm(mixture), 12), '--checkpoint', checkpoint, '--stop', '7');
    expect([stopped.status, stopped.stdout, existsSync(checkpoint)]).toEqual([0, '', true]);
    const resumed = call(spec(withoutNorm(mixture), 12), '--checkpoint', checkpoint);
    expect(result(JSON.parse(resumed.stdout))).toEqual(result(JSON.parse(whole.stdout)));
    const other = call({ ...spec(withoutNorm(mixture), 12), seed: 5 }, '--checkpoint', checkpoint);
    expect([other.status, other.stderr]).toEqual([
      1,
      `error: ${checkpoint} belongs to another run; remove it or name another file\n`,
    ]);
  });

  it('ends a run whose loss is no longer finite, and says so', async () => {
    const run = planned('one', dense, 8);
    const trained = await train({ ...run, settings: { ...run.settings, learningRate: 1e30 } }, options);
    expect([trained.status, trained.loss]).toEqual(['diverged', null]);
  });

  it('refuses in one line, with exit code 1', () => {
    const { status, stdout, stderr } = call('{');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: .*\n$/);
  });

  const refused: [kind: string, spec: unknown, message: RegExp][] = [
    ['no JSON', '{', /^error: .*$/],
    ['no architecture', {}, /^error: "architecture" is missing$/],
    ['an unknown key', { ...spec(withoutNorm(dense), 1), rate: 1 }, /^error: unknown key "rate"; known: .*$/],
    [
      'heads that do not divide',
      spec({ ...withoutNorm(dense), kvHeads: 3 }, 1),
      /^error: kvHeads 3 does not .*$/,
    ],
    ['half a unit', spec({ ...withoutNorm(dense), ffnRatio: 0.03 }, 1), /^error: ffnRatio 0.03 makes .*$/],
    [
      'tokens beyond the vocabulary',
      spec({ ...withoutNorm(dense), vocabulary: 9 }, 1),
      /^error: .* has token \d+, beyond .*$/,
    ],
    ['less than a step', { ...spec(withoutNorm(dense), 1), tokens: 5 }, /^error: tokens 5 are fewer .*$/],
  ];
  it(`refuses ${refused.map(([kind]) => kind).join(', ')}`, () => {
    const answers = callEach(refused.map(([, given]) => given));
    for (const [i, [kind, , message]] of refused.entries()) {
      // A text that a Python program exits with is printed on standard error, and its exit code is 1.
      expect(answers[i][0], kind).toMatch(message);
      expect(answers[i][1], kind).toBe('');
    }
  });
});
