import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../lib/errors';
import { dataFile, devices, model, models } from '../../lib/files/data';
import { readTable } from '../../lib/files/table';
import { toHuggingFace } from '../../lib/huggingface';
import { type Measurement, observationsOf } from '../../lib/measured/measurement';
import { checkPlausible, FASTER_MARGIN } from '../../lib/measured/plausible';
import { floorSeconds, predictSeconds } from '../../lib/measured/predict';
import { calibration } from '../../lib/measured/profiles';
import { publishedMeasurements, readMeasurements } from '../../lib/measured/read-measurements';
import { precisionNames, precisions } from '../../lib/workload';

const folder = mkdtempSync(join(tmpdir(), 'colaw-measured-'));
afterAll(() => rmSync(folder, { recursive: true }));
let measurements: Measurement[];
beforeAll(async () => {
  measurements = await readMeasurements();
});

/** A file of one row, with some cells changed. */
function fileWith(changes: Record<string, string>): string {
  const row: Record<string, string> = {
    id: 'mine-1',
    model: 'qwen3-8b',
    device: 'jetson-agx-orin-64gb',
    engine: 'vLLM',
    precision: 'int4',
    weightBits: '4.125',
    headBits: '16',
    batch: '1',
    inputTokens: '1024',
    outputTokens: '128',
    prefillSeconds: '1.1',
    decodeSecondsPerToken: '0.033',
    totalSeconds: '',
    ...changes,
  };
  const file = join(folder, 'mine.csv');
  writeFileSync(file, `${Object.keys(row).join(',')}\n${Object.values(row).join(',')}\n`);
  return file;
}

describe('data/measured.csv', () => {
  it('is read whole, every row with a source, a trust and at least one time', async () => {
    const { header, cells } = await readTable(dataFile('measured.csv'));
    expect(measurements).toHaveLength(cells.length);
    expect(measurements.length).toBeGreaterThan(200);
    for (const row of cells) {
      expect(row[header.indexOf('source')]).toMatch(/^https:/);
      expect(row[header.indexOf('trust')]).toMatch(/^(high|medium)$/);
    }
    for (const measurement of measurements)
      expect(observationsOf([measurement]).length, measurement.id).toBeGreaterThan(0);
  });

  it('holds the number of rows that the README says, and the README counts all that was collected', async () => {
    const readme = readFileSync(dataFile('README.md'), 'utf8');
    expect(readme).toContain(`${measurements.length} published measurements`);
    const [, first, second] = readme.split(/^## measured.*$/m);
    const more = (await publishedMeasurements()).slice(measurements.length);
    expect(readme).toContain(`${more.length} published measurements`);
    const boards = new Set(more.map(({ device }) => device.id).filter((id) => !id.startsWith('jetson')));
    expect(readme).toContain(`on ${boards.size} other machines`);
    for (const [part, rows, all] of [
      [first, measurements, 736],
      [second, more, 249],
    ] as const) {
      const left = [...part.matchAll(/^\| (\d+) \|/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
      // A row of the source whose prefill and decode were separate runs is two here.
      const sources = new Set(rows.map(({ id }) => id.replace(/-(pp|tg)\d+$/, '')));
      expect(sources.size + left).toBe(all);
    }
  });

  it('is predicted by the ideal roofline faster than measured, but for the margin', () => {
    for (const observation of observationsOf(measurements)) {
      const floor = floorSeconds(observation);
      expect(predictSeconds(observation)).toBeGreaterThanOrEqual(floor * (1 - 1e-12));
      expect(observation.measuredSeconds * FASTER_MARGIN).toBeGreaterThanOrEqual(floor);
    }
  });

  it('packs 4-bit weights in more than 4 bits, but for scales of whole columns', () => {
    for (const { id, engine, precision, packing } of measurements) {
      if (precision === 'fp16') continue;
      expect(8 * packing.weight, id).toBeGreaterThanOrEqual(4);
      if (!engine.startsWith('MLC') && engine !== 'TensorRT-LLM')
        expect(8 * packing.weight).toBeGreaterThan(4.1);
    }
  });
});

describe('predictions', () => {
  it('of a decode step are its bytes, by hand', async () => {
    const file = fileWith({ outputTokens: '1' });
    const [measurement] = await readMeasurements(file);
    const decode = observationsOf([measurement]).find(({ quantity }) => quantity === 'decode')!;
    // Qwen3-8B: 36 layers of width 4096, 32 heads of 128 with 8 KV heads, FFN 12288; context 1025 tokens.
    const linear = 36 * (4096 * (4096 + 1024 + 1024 + 4096) + 3 * 4096 * 12288);
    const bytes = linear * (4.125 / 8) + 4096 * 151936 * 2 + 1025 * 36 * 2 * 1024 * 2;
    const floor = floorSeconds(decode);
    // The norms' weights and the new token's keys and values are the rest.
    expect(floor / (bytes / 204.8e9)).toBeGreaterThan(1);
    expect(floor / (bytes / 204.8e9)).toBeLessThan(1.001);
    expect(predictSeconds(decode) / floor).toBeLessThan(1.01);
  });

  it('of an end-to-end row are prefill and decode together, per token', async () => {
    const [measurement] = await readMeasurements(fileWith({ totalSeconds: '5.3' }));
    const [prefill, decode, total] = observationsOf([measurement]);
    expect(total.measuredSeconds).toBe(5.3 / 128);
    expect(predictSeconds(total)).toBeCloseTo(predictSeconds(prefill) / 128 + predictSeconds(decode), 12);
  });

  it('of a config.json are those of the model that it describes, also of a fine-tuned one', async () => {
    const config = join(folder, 'tuned.json');
    const { config: like } = toHuggingFace(model('qwen3-8b').architecture);
    writeFileSync(config, JSON.stringify(like));
    const [known] = await readMeasurements(fileWith({}));
    const [tuned] = await readMeasurements(fileWith({ model: config }));
    expect({ ...tuned, label: known.label }).toEqual(known);
    writeFileSync(config, JSON.stringify({ ...like, num_hidden_layers: 35 }));
    const [own] = await readMeasurements(fileWith({ model: config }));
    expect(own.model).toBe(config);
    expect(own.architecture).toEqual({ ...known.architecture, depth: 35 });
  });

  it('need no more than the columns of a plain file', async () => {
    const [measurement] = await readMeasurements(fileWith({ engine: '', weightBits: '', headBits: '' }));
    expect(measurement.engine).toBe('unnamed');
    expect(measurement.packing).toEqual({ weight: 0.5, head: 0.5 });
  });
});

describe('a file that cannot be true is refused, row by row', () => {
  it.each([
    [{ decodeSecondsPerToken: '33' }, 'decodeSecondsPerToken 33 is', 'in milliseconds (then 0.033 s)'],
    [{ decodeSecondsPerToken: '30.3' }, 'times slower', 'in tokens per second (then 0.033 s)'],
    [{ prefillSeconds: '931' }, 'prefillSeconds 931 is', 'in tokens per second (then 1.1 s)'],
    [{ prefillSeconds: '1100' }, 'prefillSeconds 1100 is', 'in milliseconds (then 1.1 s)'],
    [{ totalSeconds: '5300' }, 'totalSeconds 5300 is', 'in milliseconds (then 5.3 s)'],
    [{ totalSeconds: '24' }, 'times slower', 'in tokens per second (then 5.33 s)'],
    [
      { model: 'llama-2-70b', decodeSecondsPerToken: '5', prefillSeconds: '' },
      'decodeSecondsPerToken 5 is',
      'is it in tokens per second (then 0.2 s)?',
    ],
    [{ decodeSecondsPerToken: '0.000033' }, 'times faster than the', 'check batch, prompt length and bits'],
    [
      { prefillSeconds: '0.05' },
      'prefillSeconds 0.05 is',
      'that bandwidth and peak of jetson-agx-orin-64gb allow',
    ],
    [{ weightBits: '16' }, 'decodeSecondsPerToken 0.033 is', 'faster'],
  ])('%o', async (changes, what, hint) => {
    const reading = readMeasurements(fileWith(changes));
    await expect(reading).rejects.toThrow('mine.csv line 2 (mine-1): ');
    await expect(reading).rejects.toThrow(what);
    await expect(reading).rejects.toThrow(hint);
  });

  it('lets the margin pass and nothing beyond it', async () => {
    const [measurement] = await readMeasurements(fileWith({ prefillSeconds: '' }));
    const [decode] = observationsOf([measurement]);
    const at = (factor: number) =>
      readMeasurements(
        fileWith({ prefillSeconds: '', decodeSecondsPerToken: String(floorSeconds(decode) * factor) }),
      );
    await expect(at(0.92)).resolves.toHaveLength(1);
    await expect(at(0.9)).rejects.toThrow('faster');
    await expect(at(29)).resolves.toHaveLength(1);
    await expect(at(32)).rejects.toThrow('slower');
  });

  it('is a file with any published number in milliseconds, microseconds or kiloseconds', () => {
    for (const observation of observationsOf(measurements))
      for (const factor of [1000, 1e6, 1e-3]) {
        const wrong = { ...observation, measuredSeconds: factor * observation.measuredSeconds };
        expect(() => checkPlausible(wrong), `${observation.measurement.id} × ${factor}`).toThrow(InputError);
      }
  });

  it('is a file with tokens per second for seconds, of slow models as well', () => {
    const rates = observationsOf(measurements)
      .filter(({ quantity }) => quantity !== 'total')
      .map((observation) => {
        const { batch, inputTokens } = observation.measurement.workload;
        const tokens = observation.quantity === 'prefill' ? batch * inputTokens : batch;
        return { ...observation, measuredSeconds: tokens / observation.measuredSeconds };
      });
    for (const rate of rates) expect(() => checkPlausible(rate), rate.measurement.id).toThrow(InputError);
  });

  it('but none that a calibrated board would give, a small model on a fast board included', () => {
    const { profile } = calibration().profiles.find(({ id }) => id === 'pooled')!;
    const [own] = measurements;
    for (const device of devices())
      for (const { id, architecture } of models())
        for (const precision of precisionNames.filter((name) => {
          const { peak } = precisions[name];
          return peak === 'fp16' || typeof device.peakFlopsPerSecond[peak] === 'number';
        })) {
          const packing = precisions[precision];
          const workload = { batch: 1, inputTokens: 512, outputTokens: 128 };
          const measurement = { ...own, id, architecture, device, precision, packing, workload };
          for (const quantity of ['prefill', 'decode', 'total'] as const) {
            const measuredSeconds = predictSeconds({ measurement, quantity, measuredSeconds: 1 }, profile);
            checkPlausible({ measurement, quantity, measuredSeconds });
          }
        }
  });

  it.each([
    [{ model: 'qwen9' }, 'mine.csv line 2 (mine-1): unknown model "qwen9"; known: '],
    [{ device: 'orin' }, 'mine.csv line 2 (mine-1): unknown device "orin"'],
    [{ precision: 'Q4' }, 'unknown precision "Q4"; known: fp16, int8, int4, nvfp4'],
    [{ precision: 'nvfp4' }, 'device "jetson-agx-orin-64gb" has no fp4 peak'],
    [{ batch: '1.5' }, 'batch 1.5 is not a positive integer'],
    [{ inputTokens: 'long' }, 'inputTokens "long" is not a number'],
    [{ decodeSecondsPerToken: '-1' }, 'decodeSecondsPerToken -1 is not a positive number'],
    [
      { prefillSeconds: '', decodeSecondsPerToken: '' },
      'none of prefillSeconds, decodeSecondsPerToken, totalSeconds',
    ],
    [{ outputTokens: '0' }, 'outputTokens 0 leaves no decode to measure'],
    [{ id: '' }, 'id is empty'],
  ])('%o', async (changes, message) => {
    await expect(readMeasurements(fileWith(changes))).rejects.toThrow(message);
  });

  it('and a file without its columns, or with an id twice', async () => {
    const file = join(folder, 'bad.csv');
    writeFileSync(file, 'id,model\na,b\n');
    await expect(readMeasurements(file)).rejects.toThrow('has no column "device"; it has id, model');
    const twice = readFileSync(fileWith({}), 'utf8').trim().split('\n');
    writeFileSync(file, [...twice, twice[1]].join('\n'));
    await expect(readMeasurements(file)).rejects.toThrow(
      'bad.csv line 3 (mine-1): id "mine-1" is not unique',
    );
    await expect(readMeasurements(join(folder, 'none.csv'))).rejects.toThrow('no such file');
  });
});
