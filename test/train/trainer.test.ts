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

/** Calls the trainer as a user would. */
function call(spec: unknown, ...words: string[]) {
  const script = [dataFile('training/train.py'), typeof spec === 'string' ? spec : JSON.stringify(spec)];
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
  const files = ['--tokens', tokens, '--held-out', heldOut];
  return spawnSync(python!, [...script, ...files, ...words], { encoding: 'utf8', env });
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

  const refused: [kind: string, spec: unknown, message: RegExp][] = [
    ['no JSON', '{', /^error: .*\n$/],
    ['no architecture', {}, /^error: "architecture" is missing\n$/],
    [
      'an unknown key',
      { ...spec(withoutNorm(dense), 1), rate: 1 },
      /^error: unknown key "rate"; known: .*\n$/,
    ],
    [
      'heads that do not divide',
      spec({ ...withoutNorm(dense), kvHeads: 3 }, 1),
      /^error: kvHeads 3 does not .*\n$/,
    ],
    ['half a unit', spec({ ...withoutNorm(dense), ffnRatio: 0.03 }, 1), /^error: ffnRatio 0.03 makes .*\n$/],
    [
      'tokens beyond the vocabulary',
      spec({ ...withoutNorm(dense), vocabulary: 9 }, 1),
      /^error: .* has token \d+, beyond .*\n$/,
    ],
    ['less than a step', { ...spec(withoutNorm(dense), 1), tokens: 5 }, /^error: tokens 5 are fewer .*\n$/],
  ];
  it.each(refused)('refuses in one line: %s', (_, given, message) => {
    const { status, stdout, stderr } = call(given);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
  });
});
