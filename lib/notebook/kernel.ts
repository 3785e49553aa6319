/** A small client of the Jupyter messaging protocol (version 5.3): starts a kernel and runs code in it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { Dealer, Subscriber } from 'zeromq';
import type { Output } from '../report/format';
import { newConnection } from './connection';
import { decode, encode, type Message, newHeader } from './message';
import { collect, type Displays } from './outputs';
import type { Translator } from './translator';

export interface KernelOptions {
  /** Path of a `kernel.json`. */
  kernelspec: string;
  /** Working directory of the kernel: the notebook's folder, as in Jupyter. */
  cwd: string;
  /** How long the kernel may take to answer its first request. Default 60. */
  startSeconds?: number;
  /** Translates its cells, if it is a kernel of ours. Without one it does that itself. */
  translator?: Translator;
}

export interface ExecuteResult {
  status: 'ok' | 'error';
  outputs: Output[];
  executionCount: number | null;
}

export interface Kernel {
  /**
   * Runs one cell. Rejects when the kernel dies or the cell exceeds its time; the error then has the `outputs`
   * so far, and the kernel is gone.
   */
  execute(code: string, timeoutSeconds: number): Promise<ExecuteResult>;
  /** Ends the kernel and everything that it started. May be called twice. */
  shutdown(): void;
  pid: number;
}

const running = new Set<() => void>();
// Whatever ends this process, no kernel outlives it.
process.on('exit', () => {
  for (const kill of running) kill();
});

/** Starts the kernel that `kernelspec` names. Rejects if it exits or does not answer in time. */
export async function startKernel(options: KernelOptions): Promise<Kernel> {
  const { kernelspec, cwd, startSeconds = 60, translator } = options;
  const spec = JSON.parse(readFileSync(kernelspec, 'utf8')) as { argv: string[]; env?: object };
  const connection = await newConnection();
  const { key } = connection;
  const folder = mkdtempSync(join(tmpdir(), 'colaw-kernel-'));
  const connectionFile = join(folder, 'connection.json');
  writeFileSync(connectionFile, JSON.stringify(connection), { mode: 0o600 });
  const [command, ...args] = spec.argv.map((arg) => arg.replace('{connection_file}', connectionFile));
  // A process group of its own, so that ending it ends what it started, and Ctrl-C reaches us first.
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...spec.env, ...(translator && { COLAW_TRANSLATOR: '3' }) },
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe', ...(translator ? (['pipe'] as const) : [])],
  });
  translator?.serve(child.stdio[3] as Duplex);
  const death = watchDeath(child);

  const shell = new Dealer({ linger: 0 });
  // Without a limit to what may wait here, a cell that prints a lot loses nothing.
  const iopub = new Subscriber({ linger: 0, receiveHighWaterMark: 0 });
  shell.connect(`tcp://127.0.0.1:${connection.shell_port}`);
  iopub.connect(`tcp://127.0.0.1:${connection.iopub_port}`);
  iopub.subscribe('');

  const killGroup = () => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // Already gone.
    }
    rmSync(folder, { recursive: true, force: true });
  };
  running.add(killGroup);
  const shutdown = () => {
    if (!running.delete(killGroup)) return;
    shell.close();
    iopub.close();
    killGroup();
  };

  const listeners = new Map<string, (message: Message) => void>();
  const listen = async (socket: AsyncIterable<Buffer[]>) => {
    for await (const frames of socket) {
      const message = decode(frames, key);
      if (message?.parent.msg_id) listeners.get(message.parent.msg_id)?.(message);
    }
  };
  listen(shell).catch(() => {});
  listen(iopub).catch(() => {});

  /** Sends a request; resolves when both its reply and the kernel's return to idle have come. */
  const request = (type: string, content: object, onMessage: (message: Message) => void = () => {}) => {
    const header = newHeader(type, key);
    return new Promise<Message>((resolve, reject) => {
      let reply: Message | undefined;
      let isIdle = false;
      listeners.set(header.msg_id, (message) => {
        onMessage(message);
        if (message.header.msg_type === type.replace('_request', '_reply')) reply = message;
        if (message.header.msg_type === 'status' && message.content.execution_state === 'idle') isIdle = true;
        if (reply === undefined || !isIdle) return;
        listeners.delete(header.msg_id);
        resolve(reply);
      });
      shell.send(encode(header, content, key)).catch(reject);
    });
  };

  try {
    // The first idle status to arrive proves that the subscription is live and no output can be lost. One that came
    // before it was live is missed, so it is asked for again, and soon.
    const hello = async () => {
      for (;;) {
        const answer = await Promise.race([request('kernel_info_request', {}), after(0.2)]);
        if (answer !== undefined) return;
      }
    };
    await Promise.race([hello(), death, late(startSeconds, 'the kernel did not answer within')]);
  } catch (error) {
    shutdown();
    throw error;
  }

  const displays: Displays = new Map();
  const execute = async (code: string, timeoutSeconds: number): Promise<ExecuteResult> => {
    const outputs: Output[] = [];
    const content = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false };
    const run = async (): Promise<Message> => {
      const reply = await request('execute_request', content, (message) =>
        collect(outputs, displays, message),
      );
      // After an error tslab refuses what comes within 0.2 s, meaning cells that were sent before it was known.
      return ['abort', 'aborted'].includes(reply.content.status as string) ? after(0.1).then(run) : reply;
    };
    const timer = new AbortController();
    try {
      const limit = late(timeoutSeconds, 'the cell ran longer than', timer.signal);
      const reply = await Promise.race([run(), death, limit]);
      const isOk = reply.content.status === 'ok';
      const count = (reply.content.execution_count as number | undefined) ?? null;
      return { status: isOk ? 'ok' : 'error', outputs, executionCount: count };
    } catch (error) {
      shutdown();
      throw Object.assign(new Error((error as Error).message), { outputs });
    } finally {
      timer.abort();
    }
  };
  return { execute, shutdown, pid: child.pid! };
}

/** Rejects when the process ends, with how it ended and the last that it said. */
function watchDeath(child: ChildProcess): Promise<never> {
  let said = '';
  child.stderr!.on('data', (data: Buffer) => {
    said = (said + data.toString()).slice(-2000);
  });
  const death = new Promise<never>((_, reject) => {
    child.on('error', (error) => reject(new Error(`the kernel could not be started: ${error.message}`)));
    child.on('exit', async (code, signal) => {
      // What the kernel started may hold its error stream open for long: wait for its last words, but briefly.
      await Promise.race([new Promise((resolve) => child.on('close', resolve)), after(1)]);
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      reject(new Error(`the kernel died (${how})${said.trim() === '' ? '' : `: ${said.trim()}`}`));
    });
  });
  death.catch(() => {});
  return death;
}

/** Resolves after a time that keeps nothing alive; never, if `signal` is aborted before. */
function after(seconds: number, signal?: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000, undefined);
    timer.unref();
    signal?.addEventListener('abort', () => clearTimeout(timer));
  });
}

async function late(seconds: number, what: string, signal?: AbortSignal): Promise<never> {
  await after(seconds, signal);
  throw new Error(`${what} ${seconds} s`);
}
