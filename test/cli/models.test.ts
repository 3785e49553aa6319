import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { model, projectFolder } from '../../lib/files/data';
import { fromHuggingFace } from '../../lib/huggingface';
import { colaw, json } from './command';

const folder = mkdtempSync(join(tmpdir(), 'colaw-models-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file of the real config of a published model. */
function configFile(id: string, changes: object = {}): string {
  const text = readFileSync(join(projectFolder, 'test', 'huggingface', 'configs.json'), 'utf8');
  const { config } = JSON.parse(text).models.find((entry: { id: string }) => entry.id === id);
  const file = join(folder, `${id}${Object.keys(changes).join('-')}.json`);
  writeFileSync(file, JSON.stringify({ ...config, ...changes }));
  return file;
}

const qwen = configFile('qwen2.5-0.5b');
const deepseek = configFile('deepseek-v2-lite');

describe('model', () => {
  it('prints the keys that programs read', async () => {
    const printed = await json('model', deepseek);
    expect(Object.keys(printed)).toEqual([
      'architecture',
      'parameters',
      'kvBytesPerToken',
      'family',
      'layers',
      'warnings',
    ]);
    expect(Object.keys(printed.parameters)).toEqual(['total', 'active', 'embedding']);
    expect(printed.parameters.total).toBe(15706484224);
    expect(printed.family).toBe('DeepSeek-V2');
  });

  it('warns of what is approximated, and of what lies outside the runs behind the law', async () => {
    const { warnings } = await json('model', deepseek);
    const read = fromHuggingFace(JSON.parse(readFileSync(deepseek, 'utf8')));
    expect(warnings.slice(0, -1)).toEqual([...read.warnings, ...read.approximations]);
    expect(warnings.at(-1)).toBe('ffnRatio 5.5 lies outside 0.25–4, to which the law was fitted');
  });

  it('takes the ranges of the law it is given', async () => {
    const law = join(folder, 'law.json');
    const parameters = { a: 1, b: 1, c: 2 };
    const ranges = { depth: [30, 40] };
    writeFileSync(law, JSON.stringify({ formula: 'a/depth^b + c', parameters, ranges }));
    expect((await json('model', qwen, '--law', law)).warnings).toEqual([
      'depth 24 lies outside 30–40, to which the law was fitted',
    ]);
  });

  it('tells people the loss as well', async () => {
    const { loss } = await json('loss', '--config', qwen);
    const { stdout } = await colaw('model', qwen);
    expect(stdout).toContain(`${loss.toFixed(6)} nats per token`);
    expect(stdout).toContain('12288 bytes per token of context');
  });
});

describe('--config', () => {
  it.each(['latency', 'loss'])('gives %s the same as the model by its name', async (command) => {
    expect(await json(command, '--config', qwen)).toEqual(await json(command, '--model', 'qwen2.5-0.5b'));
  });

  it('notes on standard error what is approximated', async () => {
    expect((await colaw('loss', '--config', deepseek)).stderr).toMatch(/^note: latent attention/);
    expect((await colaw('latency', '--config', qwen)).stderr).toBe('');
    expect((await colaw('loss', '--config', qwen)).stderr).toBe(
      'note: ffnRatio 5.429 lies outside 0.25–4, to which the law was fitted\n',
    );
  });
});

describe('a config as it is', () => {
  const plain = ['latency', '--config', qwen];

  it('is read as another family on the word of the user', async () => {
    const unknown = configFile('llama-2-7b', { model_type: 'llama_like' });
    expect((await colaw('model', unknown)).status).toBe(2);
    const { parameters, warnings } = await json('model', unknown, '--assume', 'llama');
    expect(parameters).toEqual((await json('model', configFile('llama-2-7b'))).parameters);
    expect(warnings[0]).toBe('model_type "llama_like" is read as Llama, as asked');
  });

  it('may have NaN, Infinity and a byte-order mark, as Python and Windows write them', async () => {
    const text = readFileSync(qwen, 'utf8');
    const file = join(folder, 'python.json');
    writeFileSync(
      file,
      `\uFEFF${text.replace('{', '{"loss": NaN, "say": "NaN, \\"Infinity\\"", "x": [-Infinity],')}`,
    );
    expect(await json('model', file)).toEqual(await json('model', qwen));
    writeFileSync(file, text.replace('"hidden_size":896', '"hidden_size":NaN'));
    expect((await colaw('model', file)).stderr).toContain('hidden_size NaN is not a positive integer');
  });

  it('has a KV cache in the precision that is asked for', async () => {
    const cache = async (...args: string[]) => (await json(...plain, ...args)).memory.kvCacheBytes;
    expect(await cache('--kv-precision', '8')).toBe((await cache()) / 2);
    expect(await cache('--kv-precision', '4')).toBe((await cache()) / 4);
  });

  it('runs as its checkpoint stores it, unless a precision is asked for; both are said, on standard error and in --json', async () => {
    const quantized = configFile('qwen2.5-0.5b', { quantization_config: { quant_method: 'fp8' } });
    const [stored, half, full] = [
      await json('latency', '--config', quantized),
      await json('latency', '--config', quantized, '--precision', 'fp16'),
      await json(...plain),
    ];
    expect(half.memory).toEqual(full.memory);
    expect(stored.memory.weightBytes).toBeLessThan(0.7 * full.memory.weightBytes);
    expect(stored.warnings[0]).toContain('the checkpoint is quantised (fp8)');
    expect(half.warnings[1]).toBe("--precision fp16 is taken in place of the checkpoint's");
    expect(full.warnings).toEqual([]);
    const { stderr } = await colaw('latency', '--config', quantized);
    expect(stderr).toBe(`note: ${stored.warnings[0]}\n`);
  });

  it('says when the workload is longer than its context', async () => {
    const { warnings } = await json(...plain, '--input-tokens', '200000');
    expect(warnings).toEqual(['200016 tokens are more than the 32768 positions of the model']);
  });
});

describe('export', () => {
  const out = join(folder, 'new', 'folder');
  const architecture = { ...model('qwen3-0.6b').architecture, experts: 8, activeExperts: 2, depth: 12.4 };

  it('writes a config that model reads back: same architecture, same parameters', async () => {
    const given = ['--architecture', JSON.stringify(architecture)];
    const printed = await json('export', ...given, '--as', 'hf', '--out', out);
    expect(Object.keys(printed)).toEqual(['out', 'architecture', 'parameters', 'changes', 'warnings']);
    expect(printed.changes).toEqual(['depth 12.4 → 12']);
    expect(printed.architecture).toEqual({ ...architecture, depth: 12 });
    const read = await json('model', printed.out);
    expect([read.architecture, read.parameters, read.family]).toEqual([
      printed.architecture,
      printed.parameters,
      'Qwen3-MoE',
    ]);
  });

  it('takes a model or a config too, and may be repeated', async () => {
    const again = join(folder, 'again');
    const first = await json('export', '--model', 'qwen3-0.6b', '--as', 'hf', '--out', again);
    const config = ['--config', configFile('qwen3-0.6b')];
    expect(await json('export', ...config, '--as', 'hf', '--out', again)).toEqual(first);
  });

  it('does not replace another config.json, which may belong to trained weights', async () => {
    const precious = join(folder, 'config.json');
    writeFileSync(precious, '{"precious":true}');
    const { status, stderr } = await colaw('export', '--model', 'qwen3-0.6b', '--as', 'hf', '--out', folder);
    expect([status, stderr]).toEqual([2, expect.stringContaining('config.json is there already')]);
    expect(readFileSync(precious, 'utf8')).toBe('{"precious":true}');
  });

  it('writes nothing where it refuses', async () => {
    const nowhere = join(folder, 'nowhere');
    expect((await colaw('export', '--model', 'gpt2', '--as', 'hf', '--out', nowhere)).status).toBe(2);
    expect(existsSync(nowhere)).toBe(false);
  });
});

describe('wrong input: exit code 2, one line on standard error, nothing on standard output', () => {
  const broken = join(folder, 'broken.json');
  writeFileSync(broken, '{"model_type":');
  const deep = join(folder, 'deep.json');
  writeFileSync(deep, `{"model_type":${'['.repeat(2e4)}${']'.repeat(2e4)}}`);
  const binary = join(folder, 'binary.json');
  writeFileSync(binary, '{\u0001\u001b[31m\r\n}');
  const zero = join(folder, 'zero.json');
  writeFileSync(zero, '{\0}');
  const as = ['--as', 'hf', '--out', join(folder, 'x')];
  it.each([
    [['model'], "missing required argument 'config'"],
    [['model', 'none.json'], 'no such file: none.json'],
    [['model', broken], 'broken.json is not JSON'],
    [['model', deep], 'nests deeper than 100 lists and objects'],
    [['model', binary], 'binary.json is not JSON'],
    [['model', zero], 'zero.json is no text: it holds a byte 0'],
    [['model', folder], 'is a folder, not a JSON file'],
    [
      ['model', configFile('llama-2-7b', { model_type: 'llama_like' })],
      'unknown model_type "llama_like"; nearest known: llama, ',
    ],
    [['model', qwen, '--assume', 'lama'], '--assume "lama" is not a family that is known; nearest: llama'],
    [['latency', '--config', qwen, '--kv-precision', '3'], 'Allowed choices are 16, 8, 4'],
    [['latency', '--model', 'gpt2', '--text-only'], '--assume and --text-only say how a --config is read'],
    [['model', configFile('llama-2-7b', { hidden_size: null })], 'config lacks "hidden_size"'],
    [['model', qwen, '--law', broken], 'broken.json is not JSON'],
    [
      ['loss', '--config', qwen, '--model', 'gpt2'],
      'give exactly one of --model ID, --architecture JSON and --config',
    ],
    [['latency', '--config', 'none.json'], 'no such file: none.json'],
    [['model', configFile('gpt2', { n_embd: -1 })], '.json: n_embd -1 is not a positive integer'],
    [
      ['latency', '--config', configFile('gpt2', { n_layer: 'x' })],
      '.json: n_layer "x" is not a positive integer',
    ],
    [['export', ...as], 'give exactly one of --model ID, --architecture JSON and --config FILE'],
    [['export', '--model', 'gpt2', '--as', 'gguf'], 'Allowed choices are hf'],
    [['export', '--model', 'gpt2', '--as', 'hf'], "required option '--out <folder>' not specified"],
    [['export', '--model', 'gpt2', ...as], 'ffnMatrices 2 cannot be exported'],
    [['export', '--architecture', '[]', ...as], 'architecture [] is not an object'],
    [
      ['export', '--model', 'qwen3-0.6b', '--as', 'hf', '--out', broken],
      'broken.json is a file, not a folder',
    ],
    [
      ['export', '--model', 'qwen3-0.6b', '--as', 'hf', '--out', join(folder, 'x'.repeat(300))],
      'ENAMETOOLONG',
    ],
  ])('%j', async (args, message) => {
    const { status, stdout, stderr } = await colaw(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^\P{Cc}+\n$/u);
  });
});
