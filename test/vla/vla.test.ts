import { describe, expect, it } from 'vitest';
import { type Architecture, architectureColumns } from '../../lib/architecture';
import { device } from '../../lib/files/data';
import { law } from '../../lib/files/law';
import { predictLoss } from '../../lib/law/law';
import { summariseErrors } from '../../lib/measured/compare';
import { enumerateSpace, paperSpace } from '../../lib/space';
import { compareVlas, engineKind, readVlaMeasurements } from '../../lib/vla/compare';
import { chunkSeconds, robotFrontier, withBackbone } from '../../lib/vla/design';
import { vla, vlas } from '../../lib/vla/files';
import { type StageName, vlaLatency } from '../../lib/vla/stages';
import { validateVla } from '../../lib/vla/vla';
import { countVla } from '../../lib/vla/weights';
import { colaw } from '../cli/command';

const thor = { device: device('jetson-agx-thor-t5000'), precision: 'fp16' as const };
const stage = (id: string, name: StageName, options = {}) =>
  vlaLatency(vla(id), { ...thor, ...options }).stages.find((each) => each.name === name)!;

describe('published models', () => {
  it('are at least ten, each with its sources', () => {
    expect(vlas().length).toBeGreaterThanOrEqual(10);
    for (const { id, sources } of vlas()) expect(sources.length, id).toBeGreaterThan(0);
  });

  it('have the published number of parameters, within 3 %', () => {
    const published = vlas().filter(({ publishedParameters }) => publishedParameters !== null);
    expect(published.map(({ id }) => id)).toEqual(expect.arrayContaining(['openvla-7b', 'pi0', 'smolvla']));
    for (const each of published)
      expect(Math.abs(countVla(each) / each.publishedParameters! - 1), each.id).toBeLessThan(0.03);
  });

  it('run on every board of which enough is known, at a finite rate', () => {
    for (const each of vlas())
      for (const id of ['raspberry-pi-5', 'drive-thor', 'jetson-orin-nano-4gb', 'h100-sxm']) {
        const { hertz, hertzOverlapped } = vlaLatency(each, { device: device(id), precision: 'fp16' });
        expect(hertz).toBeGreaterThan(0);
        expect(hertzOverlapped).toBeGreaterThan(hertz * (1 - 1e-12));
        expect(Number.isFinite(hertzOverlapped)).toBe(true);
      }
  });
});

describe('stages agree with a hand count', () => {
  // Products alone, two FLOPs each; norms, softmax and activations add a little.
  const layer = (
    tokens: number,
    width: number,
    q: number,
    kv: number,
    ffn: number,
    matrices: number,
    seen: number,
  ) => 2 * tokens * (width * (2 * q + 2 * kv) + matrices * width * ffn) + 4 * tokens * seen * q;
  const within = (value: number, products: number) => {
    expect(value).toBeGreaterThanOrEqual(products);
    expect(value).toBeLessThan(1.03 * products);
  };

  it('OpenVLA: two encoders over 261 and 256 tokens, 276 tokens through Llama 2, 7 decode steps', () => {
    const dino = 24 * layer(261, 1024, 1024, 1024, 4096, 2, 261) + 2 * 261 * 588 * 1024;
    const siglip = 27 * layer(256, 1152, 1152, 1152, 4304, 2, 256) + 2 * 256 * 588 * 1152;
    within(stage('openvla-7b', 'vision').flops, dino + siglip);
    within(stage('openvla-7b', 'projector').flops, 2 * 256 * (2176 * 8704 + 8704 * 4096 + 4096 * 4096));
    within(stage('openvla-7b', 'prefill').flops, 32 * layer(276, 4096, 4096, 4096, 11008, 3, 276));
    // A step reads every weight of the layers and of the head, and the cache.
    const weights = 32 * (4 * 4096 ** 2 + 3 * 4096 * 11008) + 32064 * 4096;
    const cache = [1, 2, 3, 4, 5, 6, 7].reduce((sum, t) => sum + 2 * 32 * 4096 * (276 + t) * 2, 0);
    within(stage('openvla-7b', 'action').bytes, 7 * 2 * weights + cache);
  });

  it('π0: 816 tokens through Gemma, ten steps of 51 tokens that see them', () => {
    within(stage('pi0', 'prefill').flops, 18 * layer(816, 2048, 2048, 256, 16384, 3, 816));
    const ends = 2 * 51 * (32 * 1024 + 2048 * 1024 + 1024 * 1024 + 1024 * 32);
    within(stage('pi0', 'action').flops, 10 * (18 * layer(51, 1024, 2048, 256, 4096, 3, 816 + 51) + ends));
  });

  it('SmolVLA: half of the layers of its expert see the cache alone, through projections of their own', () => {
    const joint = layer(50, 720, 960, 320, 2048, 3, 177 + 50);
    const cross = layer(50, 720, 960, 0, 2048, 3, 177) + 2 * 2 * 177 * 320 * 320;
    const ends = 2 * 50 * (32 * 720 + 1440 * 720 + 720 * 720 + 720 * 32);
    within(stage('smolvla', 'action').flops, 10 * (8 * (joint + cross) + ends));
  });

  it('more cameras, words, actions or steps take longer', () => {
    const seconds = (options: object) => vlaLatency(vla('pi0'), { ...thor, ...options }).secondsPerChunk;
    for (const name of ['cameras', 'promptTokens', 'horizon', 'steps'])
      expect(seconds({ [name]: 400 }), name).toBeGreaterThan(seconds({}));
  });

  it('eight bits halve the weights and no time grows', () => {
    const [half, byte] = (['fp16', 'int8'] as const).map((precision) =>
      vlaLatency(vla('openvla-7b'), { ...thor, precision }),
    );
    expect(byte.memory.weightBytes).toBeLessThan(0.55 * half.memory.weightBytes);
    expect(byte.secondsPerChunk).toBeLessThan(half.secondsPerChunk);
  });
});

describe('against published latencies', () => {
  it('no engine is faster than the roofline by more than a fifth (one that fuses norms and activations), and orders agree', async () => {
    const measurements = await readVlaMeasurements();
    expect(measurements.length).toBeGreaterThanOrEqual(60);
    const compared = compareVlas(measurements).filter(({ quantity }) => quantity === 'total');
    for (const { measurement, measuredSeconds, predictedSeconds } of compared)
      expect(predictedSeconds / measuredSeconds, measurement.id).toBeLessThan(1.2);
    const compiled = compared.filter(({ measurement }) => engineKind(measurement.engine) === 'compiled');
    expect(summariseErrors(compiled).spearman).toBeGreaterThan(0.8);
  });

  it('errors are as far as those of VLA-Perf where it predicts the same', async () => {
    const both = (await readVlaMeasurements()).filter(({ vlaPerfSeconds }) => vlaPerfSeconds !== undefined);
    expect(both.length).toBeGreaterThan(10);
    const theirs = both.map((each) => ({
      measuredSeconds: each.seconds.total!,
      predictedSeconds: each.vlaPerfSeconds!,
    }));
    const ours = compareVlas(both).filter(({ quantity }) => quantity === 'total');
    const error = (rows: Parameters<typeof summariseErrors>[0]) =>
      summariseErrors(rows).medianAbsolutePercentError!;
    expect(error(ours)).toBeLessThan(error(theirs) + 5);
  });
});

describe('a backbone for a rate', () => {
  const space = enumerateSpace(paperSpace);
  const some = space.filter((_, i) => i % 97 === 0);

  it('has the seconds of the model that is built with it, to the last bit', () => {
    for (const each of vlas()) {
      const setting = { ...thor, cameras: 2 };
      const expected = some.map((a) => vlaLatency(withBackbone(each, a), setting).secondsPerChunk);
      expect([...chunkSeconds(each, some, setting)], each.id).toEqual(expected);
    }
  });

  it.each(['jetson-agx-thor-t5000', 'jetson-agx-orin-64gb', 'jetson-orin-nano-8gb-super'])(
    'keeps it on %s, and no neighbour of lower loss does',
    (id) => {
      const setting = { device: device(id), precision: 'fp16' as const };
      const [best, ...others] = robotFrontier(vla('smolvla'), space, law(), setting, 20);
      const hertz = (a: Architecture) => vlaLatency(withBackbone(vla('smolvla'), a), setting).hertz;
      expect(hertz(best.architecture)).toBe(best.hertz);
      expect(best.hertz).toBeGreaterThanOrEqual(20);
      for (const other of others) expect(other.loss).toBeGreaterThan(best.loss);
      const differences = (a: Architecture) =>
        architectureColumns.filter((name) => a[name] !== best.architecture[name]).length;
      for (const near of space.filter((each) => differences(each) <= 2))
        if (predictLoss(law(), near).loss < best.loss) expect(hertz(near)).toBeLessThan(20);
    },
  );
});

describe('wrong input gets one line', () => {
  const pi0 = vla('pi0');
  it.each<[string, unknown, RegExp]>([
    [
      'a head of no known kind',
      { ...pi0, action: { ...pi0.action, kind: 'magic' } },
      /action.kind of vla "pi0" "magic" is no action kind; known: tokens, parallel, flow/,
    ],
    [
      'no action',
      { ...pi0, action: undefined },
      /action of vla "pi0" undefined is no action kind; known: tokens, parallel, flow/,
    ],
    ['no encoder', { ...pi0, encoders: [] }, /encoders.*not a list of 1 to 8/],
    ['no camera', { ...pi0, cameras: 0 }, /cameras of vla "pi0" 0 is not a positive integer/],
    ['an endless size', { ...pi0, imageTokens: 2 ** 40 }, /exceeds 2147483648/],
    [
      'text for a size',
      { ...pi0, backbone: { ...pi0.backbone, width: '2048' } },
      /backbone.width of vla "pi0" "2048"/,
    ],
    [
      'a projector of odd form',
      { ...pi0, projector: [[1]] },
      /projector\[0\]\[1\] of vla "pi0" undefined is not a positive integer/,
    ],
    ['a list', [], /is not an object/],
    ['a key that nobody knows', { ...pi0, wings: 2 }, /unknown key "wings"/],
  ])('in a description: %s', (_, value, message) => {
    expect(() => validateVla(value)).toThrow(message);
  });

  it.each([
    [['--model', 'pi0', '--cameras', '0'], 'cameras 0 is not a positive integer'],
    [['--model', 'pi0', '--hz', '0'], 'hertz 0 is not a positive number'],
    [['--model', 'pi0', '--steps', '1.5'], 'steps 1.5 is not a positive integer'],
    [['--model', 'openvla-7b', '--steps', '4'], 'takes no denoising steps'],
    [['--model', 'openvla-7b', '--horizon', '4'], 'is fixed at 1'],
    [['--model', 'pi1'], 'unknown vla "pi1"; known: openvla-7b, '],
    [[], 'give --model ID, or --measured'],
    [['--model', 'pi0', '--device', 'toaster'], 'unknown device "toaster"'],
  ])('on the command line: %j', async (args, message) => {
    const { status, stdout, stderr } = await colaw('vla', ...args, '--json');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(message);
  });

  it.each([
    [['--vla', 'smolvla'], '--vla goes with --hz'],
    [['--hz', '10'], '--hz goes with --vla'],
    [['--vla', 'smolvla', '--hz', '1e6'], 'no backbone keeps 1000000 Hz'],
    [['--vla', 'smolvla', '--hz', '10', '--input-tokens', '5'], '--input-tokens says nothing beside --vla'],
  ])('in a design: %j', async (args, message) => {
    const { status, stderr } = await colaw('frontier', ...args, '--json');
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('colaw vla --json', () => {
  it('has the stages, the rate, the memory and whether it fits', async () => {
    const args = [
      '--model',
      'openvla-7b',
      '--device',
      'jetson-agx-thor',
      '--precision',
      'int8',
      '--cameras',
      '2',
    ];
    const { stdout } = await colaw('vla', ...args, '--hz', '3', '--json');
    const value = JSON.parse(stdout);
    expect(Object.keys(value.stages[0])).toEqual(['name', 'seconds', 'flops', 'bytes', 'bound']);
    expect(value.hertz * value.secondsPerChunk).toBeCloseTo(1, 12);
    expect([value.fits, value.meets, value.device]).toEqual([true, true, 'jetson-agx-thor-t5000']);
  });
});
