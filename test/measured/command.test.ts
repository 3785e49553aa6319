import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { projectFolder } from '../../lib/files/data';
import { calibration } from '../../lib/measured/profiles';
import { shippedTables } from '../../lib/measured/read-measurements';
import { colaw, json } from '../cli/command';

const folder = mkdtempSync(join(tmpdir(), 'colaw-validate-'));
afterAll(() => rmSync(folder, { recursive: true }));

const model = ['--model', 'qwen2.5-0.5b'];
const errors = ['medianAbsolutePercentError', 'meanAbsolutePercentError', 'spearman', 'bias'];

describe('validate', () => {
  it('prints exactly the keys it names', async () => {
    const printed = await json('validate');
    const groups = ['byDevice', 'byEngine'];
    expect(Object.keys(printed)).toEqual(['rows', 'prefill', 'decode', ...groups, 'worst', 'warnings']);
    expect(Object.keys(printed.prefill)).toEqual(errors);
    expect(Object.keys(printed.decode)).toEqual(errors);
    expect(Object.keys(printed.byEngine)).toContain('TensorRT Edge-LLM');
    expect(Object.keys(printed.byDevice['jetson-agx-orin-64gb'])).toEqual(['rows', 'prefill', 'decode']);
    const { prefill, decode } = await json('validate', '--measured', shippedTables);
    expect({ prefill, decode }).toEqual(calibration().errors.ideal);
  });

  it('with the fitted profiles predicts without the model of the row', async () => {
    const { prefill, decode } = await json('validate', '--measured', shippedTables, '--profile', 'fitted');
    expect({ prefill, decode }).toEqual(calibration().errors.leaveOneModelOut);
  });

  it('reports one board, and says which there are', async () => {
    const printed = await json('validate', '--device', 'jetson-orin-nx-16gb');
    expect(Object.keys(printed.byDevice)).toEqual(['jetson-orin-nx-16gb']);
    expect(printed.rows).toBe(printed.byDevice['jetson-orin-nx-16gb'].rows);
    const { status, stderr } = await colaw('validate', '--device', 'gpu');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^colaw: .*no measurement on "gpu"; it has jetson-agx-orin-64gb, /m);
  });

  it('takes a file of one’s own, and a profile of one’s own', async () => {
    const file = join(folder, 'mine.csv');
    const header = 'id,model,device,precision,batch,inputTokens,outputTokens,decodeSecondsPerToken';
    writeFileSync(file, `${header}\na,qwen3-0.6b,jetson-agx-orin-64gb,fp16,1,512,64,0.0098\n`);
    const profile = join(folder, 'profile.json');
    const ideal = await json('validate', '--measured', file);
    expect(ideal.rows).toBe(1);
    expect(ideal.prefill.medianAbsolutePercentError).toBeNull();
    const half = { bandwidthShare: 0.5, linearShare: {}, attentionShare: 1 };
    writeFileSync(profile, JSON.stringify({ ...half, stepOverheadSeconds: 0, operatorOverheadSeconds: 0 }));
    const slower = await json('validate', '--measured', file, '--profile', profile);
    expect(slower.worst[0].predictedSeconds).toBeCloseTo(2 * ideal.worst[0].predictedSeconds, 9);
  });

  it('refuses milliseconds, naming the row', async () => {
    const file = join(folder, 'ms.csv');
    const header = 'id,model,device,precision,batch,inputTokens,outputTokens,decodeSecondsPerToken';
    writeFileSync(file, `# own board\n${header}\nrow-7,qwen3-0.6b,jetson-agx-orin-64gb,fp16,1,512,64,9.8\n`);
    const { status, stdout, stderr } = await colaw('validate', '--measured', file, '--json');
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(
      /^colaw: ms\.csv line 3 \(row-7\): decodeSecondsPerToken 9\.8 is .* times slower .* milliseconds/,
    );
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('says in its help what bias is', async () => {
    expect((await colaw('help', 'validate')).stdout).toContain('below 0 where predictions are too fast');
  });
});

describe('--profile', () => {
  it('slows latency, and the ideal one is the default', async () => {
    const ideal = await json('latency', ...model);
    expect(await json('latency', ...model, '--profile', 'ideal')).toEqual(ideal);
    for (const profile of ['fitted', 'vllm', 'pooled', 'vllm/jetson-agx-orin-64gb']) {
      const real = await json('latency', ...model, '--profile', profile);
      expect(real.prefillSeconds).toBeGreaterThan(ideal.prefillSeconds);
      expect(real.decodeSeconds).toBeGreaterThan(ideal.decodeSeconds);
      expect(real.memory).toEqual(ideal.memory);
    }
  });

  it('slows the frontier', async () => {
    const fastest = async (...options: string[]) =>
      (await json('frontier', '--objective', 'decode', ...options)).points[0].latencySeconds;
    expect(await fastest('--profile', 'fitted')).toBeGreaterThan(await fastest());
  });

  it.each([
    [['latency', ...model, '--profile', 'best'], 'unknown profile "best"; known: ideal, fitted, pooled'],
    [
      ['latency', ...model, '--profile', 'fitted', '--engine', 'analytic'],
      '--engine analytic knows no profile',
    ],
    [['validate', '--profile', 'none.json'], 'no such file: none.json'],
  ])('is refused where it cannot be: %#', async (args, message) => {
    const { status, stderr } = await colaw(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });
});

describe('calibrate', () => {
  it('writes profiles of the measurements it is given', async () => {
    const table = readFileSync(join(projectFolder, 'data', 'measured.csv'), 'utf8')
      .trim()
      .split('\n');
    const file = join(folder, 'some.csv');
    const out = join(folder, 'some.json');
    const some = table.filter((line, i) => i === 0 || line.includes(',MLC LLM,'));
    writeFileSync(file, `${some.join('\n')}\n`);
    const { warnings, ...printed } = await json('calibrate', '--measured', file, '--out', out);
    expect(warnings).toEqual([]);
    const written = calibration(out);
    expect(printed).toEqual(written.errors);
    expect(written.profiles.map(({ id }) => id)).toContain('mlc-llm/jetson-orin-nano-8gb');
    expect(written.source).toContain(`${file} (${some.length - 1} rows)`);
    expect(printed.leaveOneModelOut.decode.medianAbsolutePercentError).toBeLessThan(
      printed.ideal.decode.medianAbsolutePercentError,
    );
    const judged = await json('validate', '--measured', file, '--profile', out);
    expect(judged.decode).toEqual(printed.leaveOneModelOut.decode);
    const timed = await json('latency', ...model, '--device', 'jetson-orin-nano-8gb', '--profile', out);
    // One engine alone was measured: the board's profile is that of the pair.
    const named = written.profiles.find(({ id }) => id === 'mlc-llm/jetson-orin-nano-8gb')!.profile;
    writeFileSync(join(folder, 'one.json'), JSON.stringify(named));
    expect(timed).toEqual(
      await json(
        'latency',
        ...model,
        '--device',
        'jetson-orin-nano-8gb',
        '--profile',
        join(folder, 'one.json'),
      ),
    );
    // A board that was never measured has the profile of the others, and a note says so.
    const unseen = [...model, '--device', 'rtx-4090', '--profile', out];
    const { status, stderr } = await colaw('latency', ...unseen);
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /^note: \S*some.json has no measurement of "rtx-4090": its profile is that of \d+ other/m,
    );
    writeFileSync(join(folder, 'one.json'), JSON.stringify(written.profiles[0].profile));
    const one = ['--device', 'rtx-4090', '--profile', join(folder, 'one.json')];
    const { warnings: said, ...timedUnseen } = await json('latency', ...unseen);
    expect(said.join()).toContain('no measurement of "rtx-4090"');
    expect(await json('latency', ...model, ...one)).toMatchObject(timedUnseen);
  });
});
