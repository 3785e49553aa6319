/** Public configs outside the project, where COLAW_DATA names their folder: what transformers builds from them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { device, model, readConfigFile } from '../../lib/files/data';
import { fromHuggingFace } from '../../lib/huggingface';
import { rooflineLatency } from '../../lib/roofline/roofline';
import type { Precision } from '../../lib/workload';

const folder = join(process.env.COLAW_DATA ?? 'data/external', 'configs');
const isThere = existsSync(join(folder, 'cases.tsv'));

interface Case {
  file: string;
  text: number;
  active: number;
  kv: number;
  whole: number | undefined;
}

function readCases(): Case[] {
  if (!isThere) return [];
  const [header, ...lines] = readFileSync(join(folder, 'cases.tsv'), 'utf8').trim().split('\n');
  const names = header.split('\t');
  return lines.map((line) => {
    const cells = line.split('\t');
    const cell = (name: string) => cells[names.indexOf(name)];
    return {
      file: cell('file'),
      text: Number(cell('expected_total_text')),
      active: Number(cell('expected_active')),
      kv: Number(cell('expected_kv_bytes_per_token_fp16_all_layers')),
      whole: cell('expected_total_with_vision') ? Number(cell('expected_total_with_vision')) : undefined,
    };
  });
}

describe.skipIf(!isThere)('public configs of COLAW_DATA', () => {
  const cases = readCases();

  it('are 48, and more only where the table has them', () => {
    expect(cases.length).toBeGreaterThanOrEqual(48);
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
    expect(files.sort()).toEqual(cases.map(({ file }) => file).sort());
  });

  it.each(cases.map((each) => [each.file, each] as const))('%s', (file, { text, active, kv, whole }) => {
    const config = readConfigFile(join(folder, file)) as Record<string, unknown>;
    const alone = fromHuggingFace(config, { textOnly: true });
    expect([alone.parameters.total, alone.parameters.active, alone.kvBytesPerToken]).toEqual([
      text,
      active,
      kv,
    ]);
    const read = fromHuggingFace(config);
    expect(read.parameters.active).toBe(active);
    // Where the config is silent on the encoder, transformers builds one of its own defaults; here it is said.
    const isDescribed = config.vision_config !== undefined || config.audio_config !== undefined;
    if (whole !== undefined && isDescribed) expect(read.parameters.total).toBe(whole);
    if (whole !== undefined && !isDescribed) expect(read.warnings[0]).toContain('only the text part');
  });

  const latencyOf = (file: string, board: string, precision: Precision, tokens: [number, number]) => {
    const read = fromHuggingFace(readConfigFile(join(folder, 'fail', file)), { textOnly: true }).model;
    const [inputTokens, outputTokens] = tokens;
    const workload = { batch: 1, inputTokens, outputTokens };
    return rooflineLatency(read, { device: device(board), workload, precision });
  };

  it('Gemma 3 4B of 65,536 tokens keeps 29 windows and 5 full layers: it fits 8 GB and answers in 27 s', () => {
    const { memory, decodeSeconds } = latencyOf(
      '01-window-gemma3-4b.json',
      'jetson-orin-nano-8gb',
      'int4',
      [65000, 536],
    );
    expect([memory.kvCacheBytes, memory.fits]).toEqual([1463812096, true]);
    expect(Math.abs(decodeSeconds / 27 - 1)).toBeLessThan(0.02);
  });

  it('DeepSeek-V2 reads its active weights once a step, but for the input table', () => {
    const { decode } = latencyOf('06-mla-deepseek-v2.json', 'h100-sxm', 'fp16', [1024, 16]);
    expect(Math.abs(decode.weightBytes / 16 / (2 * (21375800320 - 524288000)) - 1)).toBeLessThan(1e-3);
  });

  it('an FP8 checkpoint is read in 8 bits, its cache too', () => {
    const { memory } = latencyOf('04-quantized-kv-fp8.json', 'jetson-agx-orin-32gb', 'fp16', [1024, 16]);
    expect(Math.abs(memory.weightBytes / 30.9e9 - 1)).toBeLessThan(0.01);
    expect([memory.kvCacheBytes / 1040, memory.fits]).toEqual([49152, true]);
  });
});

describe('shared experts', () => {
  it('of Qwen1.5-MoE are read whole at batch 8: 13.66 GB a step', () => {
    const configs = JSON.parse(readFileSync(join(__dirname, 'configs.json'), 'utf8')).models;
    const { config } = configs.find(({ id }: { id: string }) => id === 'qwen1.5-moe-a2.7b');
    const workload = { batch: 8, inputTokens: 1024, outputTokens: 1 };
    const setting = { device: device('jetson-agx-orin-64gb'), workload, precision: 'fp16' as const };
    const { decode } = rooflineLatency(fromHuggingFace(config).model, setting);
    expect(Math.abs(decode.weightBytes / 13.66e9 - 1)).toBeLessThan(0.002);
  });

  it('make no difference to what data/models.json ships as one architecture', () => {
    const configs = JSON.parse(readFileSync(join(__dirname, 'configs.json'), 'utf8')).models;
    const { config } = configs.find(({ id }: { id: string }) => id === 'qwen2.5-0.5b');
    const workload = { batch: 2, inputTokens: 100, outputTokens: 9 };
    const setting = { device: device('jetson-agx-orin-64gb'), workload, precision: 'int8' as const };
    expect(rooflineLatency(fromHuggingFace(config).model, setting)).toEqual(
      rooflineLatency(model('qwen2.5-0.5b').architecture, setting),
    );
  });
});
