import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parameters } from '../../lib/architecture';
import { validateDevice } from '../../lib/device';
import { projectFolder } from '../../lib/files/data';
import { readMeasurements } from '../../lib/measured/read-measurements';
import { colaw, colawProcess, json, objectIn } from '../cli/command';
import { newFolder, tableOf, withoutEngine } from './engine';

const folder = newFolder();
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, text?: string) => {
  const path = join(folder, name);
  if (text !== undefined) writeFileSync(path, text);
  return path;
};

const header = 'depth,width,heads,headDim,kvHeads,ffnRatio,experts,activeExperts';
const kinds = [
  ['dense, one KV head, heads of 64, FFN ratio below 1', '2,128,4,64,1,0.5,1,1'],
  ['dense, all KV heads, heads of 128', '2,128,2,128,2,2,1,1'],
  ['mixture of experts', '2,128,2,64,1,1,4,2'],
] as const;
/** No machine has the memory for it. */
const huge = '64,16384,128,128,8,4,64,8';
const candidates = file('kinds.csv', [header, ...kinds.map(([, row]) => row), huge].join('\n'));
// One thread: the tests share the machine, and threads that wait for each other would wait long.
const small = [
  ...['--threads', '1', '--parameters', '1e3:1e15', '--output-tokens', '2'],
  // Nothing is taken again or for long: these times are looked at by no one.
  ...['--max-spread', '100', '--least-seconds', '0.02'],
];
/** Measures all of the kinds, between two runs of the reference. */
const all = ['measure', '--count', '4', '--candidates', candidates, '--input-tokens', '8', ...small];
const device = {
  id: 'mine',
  name: 'mine',
  // Of a fast processor core; tiny models wait for the engine rather than for it.
  bandwidthBytesPerSecond: 8e10,
  memoryCapacityBytes: 1e10,
  peakFlopsPerSecond: { fp16: 2e11, int8: 4e11 },
  vectorFlopsPerSecond: 1.6e11,
};
const board = file('device.json', JSON.stringify(device));
const config = file(
  'config.json',
  JSON.stringify({
    model_type: 'qwen3',
    architectures: ['Qwen3ForCausalLM'],
    hidden_size: 128,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    head_dim: 64,
    intermediate_size: 384,
    vocab_size: 600,
    tie_word_embeddings: true,
    hidden_act: 'silu',
  }),
);
/** Measures a published shape, a row for each of two prompts. */
const published = (out: string) => [
  ...['measure', '--config', config, '--formats', 'f16', ...small, '--out', out],
  ...['--input-tokens', '8,9', '--repeats', '1'],
];

describe.skipIf(withoutEngine)(`architectures run for real${withoutEngine}`, () => {
  const out = file('kinds-measured.csv');
  const command = [...all, '--formats', 'f16,q8_0', '--device', board, '--out', out, '--json'];
  let said: ReturnType<typeof colawProcess>;
  beforeAll(() => {
    // The command itself, of which the engine runs in children; elsewhere only the children are processes.
    said = colawProcess(...command);
  }, 120_000);

  it('of every kind that the engine knows, each a row that the calibration reads', async () => {
    const { rows, left } = objectIn(said);
    expect([rows.length, left]).toEqual([3, 0]);
    const read = await readMeasurements(out, validateDevice(device));
    const shapes = read
      .filter(({ role }) => role !== 'reference')
      .map(({ architecture: a }) =>
        [a.depth, a.width, a.heads, a.headDim, a.kvHeads, a.ffnRatio, a.experts, a.activeExperts].join(),
      );
    expect(shapes.sort()).toEqual(kinds.map(([, row]) => row).sort());
    expect(read.filter(({ role }) => role === 'test')).toHaveLength(1);
    for (const row of tableOf(out)) {
      expect(Number(row.repeats)).toBeGreaterThanOrEqual(5);
      for (const name of ['prefillSeconds', 'decodeSecondsPerToken', 'prefillCpuSeconds'])
        expect(Number(row[name])).toBeGreaterThan(0);
    }
  });

  it('but for a model larger than the memory, which costs its row', () => {
    expect(said.status).toBe(0);
    expect(said.stderr).toMatch(
      /^note: d64-\S+ was not measured: its weights of \S+ GB do not fit into the \S+ GB of memory that are free$/m,
    );
    expect(objectIn(said).failed).toHaveLength(1);
  });

  it('once: a row that is there is not measured again', async () => {
    const before = readFileSync(out, 'utf8');
    expect(objectIn(await colaw(...command))).toMatchObject({ present: 3, left: 0 });
    expect(readFileSync(out, 'utf8')).toBe(before);
  });

  it('while there is time: when it is over, what is done stays', async () => {
    const before = readFileSync(out, 'utf8');
    const others = command.map((word) => (word === 'f16,q8_0' ? 'f16' : word));
    const { present, left, failed } = objectIn(await colaw(...others, '--budget', '0s'));
    expect([present + left, failed]).toEqual([4, []]);
    expect(left).toBeGreaterThan(1);
    expect(readFileSync(out, 'utf8')).toBe(before);
  });

  it('of a model file, whose shape and packing the file tells', async () => {
    const { writeGgufFile, runnable } = await import('../../lib/measure/gguf.js');
    const shape = {
      depth: 2,
      width: 128,
      heads: 4,
      headDim: 64,
      kvHeads: 2,
      ffnRatio: 1.5,
      experts: 4,
      activeExperts: 2,
    };
    const { architecture } = runnable(shape, 'q4_0');
    const model = file('model.gguf');
    writeGgufFile(model, architecture, 'q4_0');
    const out = file('file.csv');
    const command = ['measure', '--gguf', model, '--input-tokens', '8', ...small, '--device', board];
    const { rows } = await json(...command, '--out', out);
    expect(rows[0]).toMatchObject({
      model,
      weightBits: '4.5',
      headBits: '4.5',
      precision: 'int8',
      vocabulary: '512',
    });
    const [{ architecture: read }] = await readMeasurements(out, validateDevice(device));
    expect(parameters({ ...read, qkNorm: true })).toEqual(parameters(architecture));
  });
});

describe.skipIf(withoutEngine)(`what goes wrong${withoutEngine}`, () => {
  it('when a measurement is killed costs its row, and the same command measures it', async () => {
    const out = file('killed.csv');
    const run = start(published(out));
    const child = await run.firstChild();
    process.kill(child, 'SIGKILL');
    const { status, stderr } = await run.ended;
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /^note: \S+-f16-8-2 was not measured: its process was killed \(SIGKILL\), as happens where memory runs out$/m,
    );
    expect(readdirSync(run.temporary)).toEqual([]);
    const { present, rows } = await json(...published(out));
    expect([present, rows.length]).toEqual([1, 2]);
    expect(rows.map(({ inputTokens }: { inputTokens: string }) => inputTokens).sort()).toEqual(['8', '9']);
    // The shape is the published one.
    for (const row of rows)
      expect(row).toMatchObject({ model: config, role: 'published', vocabulary: '600', ffnRatio: '3' });
  });

  it('when the command is killed between two passes leaves no process and no file, and loses nothing', async () => {
    const out = file('passes.csv');
    const one = file('one.csv', [header, kinds[0][1]].join('\n'));
    const command = [
      'measure',
      '--count',
      '1',
      '--candidates',
      one,
      ...small,
      '--input-tokens',
      '8',
      '--repeats',
      '1',
    ];
    const run = start([...command, '--out', out, '--passes', '3']);
    // The first pass is over when the reference has run a second time.
    await until(() => (existsSync(out) && tableOf(out).length >= 2) || undefined);
    const child = await run.firstChild();
    run.process.kill('SIGKILL');
    await run.ended;
    await gone(child);
    expect(readdirSync(run.temporary)).toEqual([]);
    expect(tableOf(out).every(({ role }) => role === 'reference')).toBe(true);
    const [kept] = readFileSync(`${out}.passes`, 'utf8').trim().split('\n');
    const { id, outcome } = JSON.parse(kept);
    // As a power cut may leave it: the last line without its end.
    writeFileSync(out, `${readFileSync(out, 'utf8')}half-a-ro`);
    // Fewer passes than were asked for first: one more ends it, with the repeats of both.
    const { rows, left, failed } = await json(...command, '--out', out, '--passes', '1');
    expect([rows.length, left, failed]).toEqual([1, 0, []]);
    expect(rows[0].id).toBe(id);
    expect(Number(rows[0].repeats)).toBeGreaterThan(outcome.prefill.length);
    expect(existsSync(`${out}.passes`)).toBe(false);
    const ids = tableOf(out).map((row) => row.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).not.toContain('');
    expect(ids.join()).not.toContain('half');
  });

  /** The command in its own process, with a temporary folder of its own. */
  function start(command: string[]) {
    const temporary = newFolder();
    const child = spawn(process.execPath, [join(projectFolder, 'lib', 'colaw.js'), ...command], {
      env: { ...process.env, TMPDIR: temporary },
    });
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    const ended = new Promise<{ status: number | null; stderr: string }>((resolve) =>
      child.on('close', (status) => resolve({ status, stderr })),
    );
    const firstChild = () =>
      until(() => {
        const children = `/proc/${child.pid}/task/${child.pid}/children`;
        const [first] = readFileSync(children, 'utf8').trim().split(' ');
        return first === '' ? undefined : Number(first);
      });
    return { process: child, temporary, ended, firstChild };
  }
});

const gone = (pid: number) =>
  until(() => (existsSync(`/proc/${pid}/stat`) && !isZombie(pid) ? undefined : true));
const isZombie = (pid: number) => /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

/** Looks again and again until there is something. */
async function until<T>(look: () => T | undefined): Promise<T> {
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A file system of 24 kB, or undefined where none may be mounted. */
function smallDisk(): string | undefined {
  const place = newFolder();
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24k', 'tmpfs', place]);
  return status === 0 ? place : undefined;
}

const disk = withoutEngine ? undefined : smallDisk();
afterAll(() => {
  if (disk !== undefined) spawnSync('umount', [disk]);
});
const withoutDisk = disk === undefined ? withoutEngine || ' (skipped: no small disk may be mounted)' : '';

describe.skipIf(withoutDisk)(`a disk that is full${withoutDisk}`, () => {
  const shape = {
    model_type: 'qwen3',
    hidden_size: 128,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    head_dim: 64,
  };
  // The name stands in every row, twice: a few of them fill the disk.
  const config = file(
    `${'long-'.repeat(40)}.json`,
    JSON.stringify({ ...shape, intermediate_size: 128, vocab_size: 600 }),
  );
  const args = (out: string) => [
    ...['measure', '--config', config, '--formats', 'f16', '--threads', '1', '--repeats', '1', '--out', out],
    ...['--max-spread', '100', '--least-seconds', '0.001'],
    ...['--input-tokens', '3,4,5', '--output-tokens', '0,1'],
  ];

  it('ends the command in one line; rows are whole, and with room again the same command goes on', async () => {
    const out = join(disk!, 'mine.csv');
    // One page is left for the table.
    writeFileSync(join(disk!, 'filler'), Buffer.alloc(4096 * 5));
    const { status, stdout, stderr } = colawProcess(...args(out), '--json');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^[^\n]*ENOSPC[^\n]*no space left[^\n]*\n$/);
    const text = readFileSync(out, 'utf8');
    expect(text.endsWith('\n')).toBe(true);
    const rows = tableOf(out);
    expect(rows.length).toBeGreaterThan(2);
    rmSync(join(disk!, 'filler'));
    expect(await json(...args(out))).toMatchObject({ present: rows.length, failed: [], left: 0 });
    expect(readFileSync(out, 'utf8').startsWith(text)).toBe(true);
    expect(new Set(tableOf(out).map(({ id }) => id)).size).toBe(6);
  });

  it('of temporary files costs the rows that need it, and says which variable helps', () => {
    const environment = { ...process.env, TMPDIR: disk! };
    const command = [join(projectFolder, 'lib', 'colaw.js'), ...args(file('no-room.csv'))];
    const { status, stderr } = spawnSync(process.execPath, command, { env: environment, encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr.trim().split('\n').at(-1)).toMatch(/do not fit into \S+, which has .* free; set TMPDIR/);
  });
});

const withoutTerminal =
  spawnSync('script', ['--version']).status === 0 ? '' : ' (skipped: util-linux has no script here)';

describe.skipIf(withoutTerminal)(`the engine is missing${withoutTerminal}`, () => {
  it('on a terminal: the command asks, and takes no for an answer', () => {
    const command = `${process.execPath} ${join(projectFolder, 'lib', 'colaw.js')} measure --model qwen3-0.6b`;
    const { status, stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
      input: 'n\n',
      encoding: 'utf8',
      cwd: folder,
      env: { ...process.env, COLAW_ENGINE: file('nothing-here') },
    });
    expect(status).toBe(2);
    expect(stdout).toContain('Install it? [y/N]');
    expect(stdout).toContain('add --install to install just that');
    expect(existsSync(file('nothing-here'))).toBe(false);
  });
});

describe('measure', () => {
  const refused = async (...args: string[]) => {
    const { status, stdout, stderr } = await colaw('measure', ...args, '--out', file('never.csv'));
    expect([status, stdout]).toEqual([2, '']);
    expect(
      stderr
        .trim()
        .split('\n')
        .filter((line) => !line.startsWith('note: ')),
    ).toHaveLength(1);
    expect(existsSync(file('never.csv'))).toBe(false);
    return stderr;
  };

  it('says which one package it needs where the engine is missing', async () => {
    process.env.COLAW_ENGINE = file('no-engine');
    const said = await refused('--model', 'qwen3-0.6b');
    delete process.env.COLAW_ENGINE;
    if (process.platform === 'linux' && process.arch === 'x64')
      expect(said).toContain('node-llama-cpp 3.21.1 with @node-llama-cpp/linux-x64 (');
    expect(said).toContain('add --install to install just that');
  });

  it.each([
    [[], 'give exactly one of --board, --count'],
    [['--board', '--count', '3'], 'give exactly one of'],
    [['--server', 'http://localhost:1'], '--server needs --model NAME'],
    [['--model', 'qwen9'], 'unknown model "qwen9"'],
    [['--model', 'gpt2'], 'ffnMatrices 2 cannot be measured'],
    [['--count', '3', '--formats', 'q9'], 'unknown format "q9"; known: f32, f16, q8_0, q4_0'],
    [['--count', '3', '--parameters', '1:2'], 'widen --parameters'],
    [['--count', '0'], 'count 0 is not a positive integer'],
    [['--count', '3', '--least-seconds', '0'], '--least-seconds 0 is not a positive number'],
    [['--count', '3', '--least-seconds', '61'], '--least-seconds 61 exceeds 60, the most that is taken'],
    [['--count', '3', '--budget', 'soon'], '"soon" is not a time like 90s, 10m or 2h'],
    [['--frontier'], '--frontier needs --device'],
    [['--gguf', 'none.gguf'], 'no such file: none.gguf'],
    [
      ['--count', '1', '--candidates', file('bad.csv', `${header}\n2,128,4,64,3,1,1,1`)],
      'kvHeads 3 does not divide heads 4',
    ],
  ])('refuses %o in a line', async (args, message) => {
    expect(await refused(...args)).toContain(message);
  });

  it('does not write over a device file that was not measured', async () => {
    const { status, stderr } = await colaw('measure', '--board', '--out', board);
    expect(status).toBe(2);
    expect(stderr).toContain('was not measured; name another file with --out');
  });

  it('does not append to another table', async () => {
    const other = file('other.csv', 'a,b\n1,2\n');
    const { stderr } = await colaw(...all, '--out', other);
    expect(stderr).toContain(withoutEngine ? 'engine is not installed' : 'is no table of `colaw measure`');
    expect(readFileSync(other, 'utf8')).toBe('a,b\n1,2\n');
  });
});
