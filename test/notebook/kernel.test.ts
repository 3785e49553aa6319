import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startKernel } from '../../lib/notebook/kernel';
import { writeKernelspec } from '../../lib/notebook/kernelspec';
import { startTranslator, type Translator } from '../../lib/notebook/translator';
import { isAlive, PATIENCE, temporaryFolder, until } from './project';

const { folder, remove } = temporaryFolder();
let kernelspec: string;
let translator: Translator;
/** A kernel that lives through several tests. */
let lasting: Awaited<ReturnType<typeof startKernel>>;
beforeAll(async () => {
  kernelspec = writeKernelspec(join(folder, 'jupyter'));
  translator = startTranslator(folder);
  lasting = await startKernel({ kernelspec, cwd: folder, translator });
}, PATIENCE);
afterAll(() => {
  lasting?.shutdown();
  translator.stop();
  remove();
});

const TRANSLATORS = ['its own', 'a shared'];
/** What a cell shows that prints 42. */
const PRINTED_42 = [{ output_type: 'stream', name: 'stdout', text: '42\n' }];

async function startWith(whose: string) {
  const shared = whose === 'a shared' ? translator : undefined;
  const kernel = await startKernel({ kernelspec, cwd: folder, translator: shared });
  onTestFinished(kernel.shutdown);
  return kernel;
}
const start = () => startWith('a shared');

/** A kernelspec that runs `script`, with the path of the connection file as its first argument. */
function specOf(name: string, script: string): string {
  const file = join(folder, `${name}.js`);
  writeFileSync(file, script);
  const spec = join(folder, `${name}.json`);
  writeFileSync(spec, JSON.stringify({ argv: [process.execPath, file, '{connection_file}'] }));
  return spec;
}

describe('a tslab kernel', { timeout: PATIENCE }, () => {
  it.each(TRANSLATORS)('keeps its state between cells and counts them, with %s translator', async (whose) => {
    const kernel = await startWith(whose);
    expect(await kernel.execute('const six: number = 6;', 60)).toEqual({
      status: 'ok',
      outputs: [],
      executionCount: 1,
    });
    const { outputs, executionCount } = await kernel.execute('console.log(six * 7)', 60);
    expect(outputs).toEqual(PRINTED_42);
    expect(executionCount).toBe(2);
  });

  it.each(TRANSLATORS)(
    'goes on when packages are changed or installed while it runs, with %s translator',
    async (whose) => {
      const install = (name: string, version: string) => {
        const home = join(folder, 'node_modules', name);
        mkdirSync(home, { recursive: true });
        writeFileSync(join(home, 'index.js'), 'exports.six = 6;');
        writeFileSync(join(home, 'index.d.ts'), 'export declare const six: number;');
        const about = { name, version, main: 'index.js', types: 'index.d.ts' };
        writeFileSync(join(home, 'package.json'), JSON.stringify(about));
      };
      const [early, late] = ['early', 'late'].map((when) => `${when}-${whose.replace(' ', '-')}`);
      install(early, '1.0.0');
      const kernel = await startWith(whose);
      const printed = async (name: string) =>
        (await kernel.execute(`import { six } from '${name}'; console.log(six * 7);`, 60)).outputs;
      expect(await printed(late)).toMatchObject([{ name: 'stderr', text: expect.stringContaining(late) }]);
      expect(await printed(early)).toEqual(PRINTED_42);
      install(early, '2.0.0');
      install(late, '1.0.0');
      // Within this time the kernel hears of it.
      await new Promise((resolve) => setTimeout(resolve, 2500));
      expect(await printed(early)).toEqual(PRINTED_42);
      expect(await printed(late)).toEqual(PRINTED_42);
    },
  );

  it.each(TRANSLATORS)(
    'runs source files beside the notebook and what they import, with %s translator',
    async (whose) => {
      writeFileSync(join(folder, 'six.ts'), 'export const six: number = 6;');
      writeFileSync(
        join(folder, 'times.ts'),
        `import { six } from './six';\nexport const times = (x: number) => six * x;`,
      );
      const kernel = await startWith(whose);
      const { outputs } = await kernel.execute(`import { times } from './times'; console.log(times(7))`, 60);
      expect(outputs).toEqual(PRINTED_42);
      const wrong = await kernel.execute(`console.log(times('7'))`, 60);
      expect(wrong.outputs).toMatchObject([
        { name: 'stderr', text: expect.stringContaining('not assignable') },
      ]);
    },
  );

  it('loses nothing of what is printed, and keeps it in order', async () => {
    for (const count of [200, 5000]) {
      const { outputs } = await lasting.execute(`for (let i = 0; i < ${count}; i++) console.log(i);`, 60);
      const text = Array.from({ length: count }, (_, i) => `${i}\n`).join('');
      expect(outputs).toEqual([{ output_type: 'stream', name: 'stdout', text }]);
    }
  });

  it('keeps displays, streams and late output apart and in order', async () => {
    const { outputs } = await lasting.execute(
      `import { display } from 'tslab';
       console.log('one'); console.log('two');
       display.html('<b>three</b>');
       await new Promise((resolve) => setTimeout(resolve, 50));
       console.error('four');`,
      60,
    );
    expect(outputs).toMatchObject([
      { output_type: 'stream', name: 'stdout', text: 'one\ntwo\n' },
      { output_type: 'display_data', data: { 'text/html': '<b>three</b>' } },
      { output_type: 'stream', name: 'stderr', text: 'four\n' },
    ]);
  });

  it('changes a display where it stands', async () => {
    const first = await lasting.execute(
      `import { newDisplay } from 'tslab'; const place = newDisplay(); place.text('old'); console.log('after');`,
      60,
    );
    const second = await lasting.execute(`place.text('new')`, 60);
    expect(first.outputs).toMatchObject([{ data: { 'text/plain': 'new' } }, { text: 'after\n' }]);
    expect(second.outputs).toEqual([]);
  });

  it('answers a cell that throws with its error, and goes on', async () => {
    const { status, outputs } = await lasting.execute(`throw new RangeError('width 0')`, 60);
    expect(status).toBe('error');
    expect(outputs).toMatchObject([{ name: 'stderr', text: expect.stringContaining('RangeError: width 0') }]);
    expect((await lasting.execute('console.log(1)', 60)).status).toBe('ok');
  });

  it('is killed with all that it started when a cell exceeds its time', async () => {
    const kernel = await start();
    const { outputs } = await kernel.execute(
      `import { spawn } from 'child_process'; const child = spawn('sleep', ['1000']); console.log(child.pid);`,
      60,
    );
    const grandchild = Number((outputs[0] as { text: string }).text);
    expect(isAlive(grandchild)).toBe(true);
    const endless = kernel.execute(`console.log('begun'); while (true) {}`, 2);
    await expect(endless).rejects.toThrow('the cell ran longer than 2 s');
    await expect(endless).rejects.toMatchObject({ outputs: [{ text: 'begun\n' }] });
    await until(() => !isAlive(kernel.pid) && !isAlive(grandchild));
  });

  it('that exits in a cell is reported at once, even if its child lives on', async () => {
    const kernel = await start();
    const dying = kernel.execute(
      `import { spawn } from 'child_process'; spawn('sleep', ['1000'], { stdio: 'inherit' }); process.exit(3);`,
      600,
    );
    await expect(dying).rejects.toThrow('the kernel died (exit code 3)');
    await until(() => !isAlive(kernel.pid));
    await expect(kernel.execute('1', 60)).rejects.toThrow();
  });

  it('that is killed is reported with the signal', async () => {
    const kernel = await start();
    const dying = kernel.execute(`process.kill(process.pid, 'SIGKILL')`, 600);
    await expect(dying).rejects.toThrow('the kernel died (signal SIGKILL)');
  });

  it('leaves neither process nor connection file', async () => {
    const kernel = await start();
    const { outputs } = await kernel.execute('console.log(process.argv.at(-1))', 60);
    const connectionFile = (outputs[0] as { text: string }).text.trim();
    expect(existsSync(connectionFile)).toBe(true);
    kernel.shutdown();
    kernel.shutdown();
    expect(existsSync(connectionFile)).toBe(false);
    await until(() => !isAlive(kernel.pid));
  });
});

describe('a kernel that is none', { timeout: PATIENCE }, () => {
  it('is reported with its last words when it exits', async () => {
    const kernelspec = specOf('exits', `console.error('no such port'); process.exit(7)`);
    const starting = startKernel({ kernelspec, cwd: folder });
    await expect(starting).rejects.toThrow('the kernel died (exit code 7): no such port');
  });

  it('is reported when it cannot be started', async () => {
    const kernelspec = join(folder, 'missing.json');
    writeFileSync(kernelspec, JSON.stringify({ argv: ['/no/such/program', '{connection_file}'] }));
    await expect(startKernel({ kernelspec, cwd: folder })).rejects.toThrow('could not be started');
  });

  it('is ended when it never answers', async () => {
    const kernelspec = specOf(
      'silent',
      `require('fs').writeFileSync(__dirname + '/silent.pid', String(process.pid)); setInterval(() => {}, 1000)`,
    );
    await expect(startKernel({ kernelspec, cwd: folder, startSeconds: 2 })).rejects.toThrow(
      'did not answer within 2 s',
    );
    const pid = Number(readFileSync(join(folder, 'silent.pid'), 'utf8'));
    await until(() => !isAlive(pid));
  });

  it('cannot forge output: a message with a wrong signature is ignored', async () => {
    const kernel = await startKernel({ kernelspec: specOf('forger', FORGER), cwd: folder });
    onTestFinished(kernel.shutdown);
    const { status, outputs } = await kernel.execute('', 60);
    expect(status).toBe('ok');
    expect(outputs).toEqual([{ output_type: 'stream', name: 'stdout', text: 'true\n' }]);
  });
});

/** Answers every request, and before each answer sends output that is signed with another key. */
const FORGER = `
const { createHmac } = require('node:crypto');
const { Publisher, Router } = require('zeromq');
const connection = JSON.parse(require('node:fs').readFileSync(process.argv[2], 'utf8'));
const frames = (type, parent, content, key) => {
  const parts = [{ msg_id: String(Math.random()), msg_type: type }, parent, {}, content].map((part) => JSON.stringify(part));
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return ['<IDS|MSG>', hmac.digest('hex'), ...parts];
};
(async () => {
  const iopub = new Publisher(), shell = new Router();
  await iopub.bind('tcp://127.0.0.1:' + connection.iopub_port);
  await shell.bind('tcp://127.0.0.1:' + connection.shell_port);
  for await (const [identity, , , header] of shell) {
    const parent = JSON.parse(header.toString());
    const show = (text, key) => iopub.send(frames('stream', parent, { name: 'stdout', text }, key));
    await show('forged', 'another key');
    await show('true\\n', connection.key);
    const reply = frames(parent.msg_type.replace('request', 'reply'), parent, { status: 'ok' }, connection.key);
    await shell.send([identity, ...reply]);
    await iopub.send(frames('status', parent, { execution_state: 'idle' }, connection.key));
  }
})();
`;
