/** A small client of the Jupyter messaging protocol (version 5.3): starts a kernel and runs code in it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Dealer, Subscriber } from 'zeromq';
import type { MimeBundle, Output } from './format';

export interface KernelOptions {
  /** Path of a `kernel.json`. */
  kernelspec: string;
  /** Working directory of the kernel: the notebook's folder, as in Jupyter. */
  cwd: string;
  /** How long the kernel may take to answer its first request. Default 60. */
  startSeconds?: number;
}

export interface ExecuteResult {
  status: 'ok' | 'error';
  outputs: Output[];
  executionCount: number | null;
}

export interface Kernel {
  /** Runs one cell. Rejects when the kernel dies or the cell exceeds its time; the kernel is then gone. */
  execute(code: string, timeoutSeconds: number): Promise<ExecuteResult>;
  /** Ends the kernel and everything that it started. May be called twice. */
  shutdown(): void;
  pid: number;
}

interface Message {
  header: { msg_id: string; msg_type: string };
  parent: { msg_id?: string };
  content: Record<string, unknown>;
}

const DELIMITER = '<IDS|MSG>';
const running = new Set<() => void>();
// Whatever ends this process, no kernel outlives it.
process.on('exit', () => {
  for (const kill of running) kill();
});

/** Starts the kernel that `kernelspec` names. Rejects if it exits or does not answer in time. */
export async function startKernel(options: KernelOptions): Promise<Kernel> {
  const { kernelspec, cwd, startSeconds = 60 } = options;
  const folder = mkdtempSync(join(tmpdir(), 'colaw-kernel-'));
  const [shellPort, iopubPort, stdinPort, controlPort, heartbeatPort] = await freePorts(5);
  const key = randomUUID();
  const connection = {
    transport: 'tcp',
    ip: '127.0.0.1',
    shell_port: shellPort,
    iopub_port: iopubPort,
    stdin_port: stdinPort,
    control_port: controlPort,
    hb_port: heartbeatPort,
    key,
    signature_scheme: 'hmac-sha256',
  };
  const connectionFile = join(folder, 'connection.json');
  writeFileSync(connectionFile, JSON.stringify(connection), { mode: 0o600 });
  const { argv, env } = JSON.parse(readFileSync(kernelspec, 'utf8')) as { argv: string[]; env?: object };
  const [command, ...args] = argv.map((arg) => arg.replace('{connection_file}', connectionFile));
  // A process group of its own, so that ending it ends what it started, and Ctrl-C reaches us first.
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const death = watchDeath(child);

  const shell = new Dealer({ linger: 0 });
  const iopub = new Subscriber({ linger: 0 });
  shell.connect(`tcp://127.0.0.1:${shellPort}`);
  iopub.connect(`tcp://127.0.0.1:${iopubPort}`);
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
    const header = {
      msg_id: randomUUID(),
      session: key,
      username: 'colaw',
      date: new Date().toISOString(),
      msg_type: type,
      version: '5.3',
    };
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
    // The first idle status to arrive proves that the subscription is live and no output can be lost.
    const hello = async () => {
      for (;;) {
        const answer = await Promise.race([request('kernel_info_request', {}), after(2)]);
        if (answer !== undefined) return;
      }
    };
    const late = after(startSeconds).then(() => {
      throw new Error(`the kernel did not answer within ${startSeconds} s`);
    });
    await Promise.race([hello(), death, late]);
  } catch (error) {
    shutdown();
    throw error;
  }

  const execute = async (code: string, timeoutSeconds: number): Promise<ExecuteResult> => {
    const outputs: Output[] = [];
    const content = { code, silent: false, store_history: true, user_expressions: {}, allow_stdin: false };
    const answer = request('execute_request', content, (message) => collect(outputs, message));
    const timer = new AbortController();
    const late = after(timeoutSeconds, timer.signal).then(() => {
      throw new Error(`the cell ran longer than ${timeoutSeconds} s`);
    });
    try {
      const reply = (await Promise.race([answer, death, late])) as Message;
      const isOk = reply.content.status === 'ok';
      const count = (reply.content.execution_count as number | undefined) ?? null;
      return { status: isOk ? 'ok' : 'error', outputs, executionCount: count };
    } catch (error) {
      shutdown();
      throw Object.assign(error as Error, { outputs });
    } finally {
      timer.abort();
    }
  };
  return { execute, shutdown, pid: child.pid! };
}

/** Adds what a message shows to the outputs of its cell; neighbouring pieces of one stream become one. */
function collect(outputs: Output[], { header, content }: Message): void {
  if (header.msg_type === 'stream') {
    const { name, text } = content as { name: 'stdout' | 'stderr'; text: string };
    const last = outputs[outputs.length - 1];
    if (last?.output_type === 'stream' && last.name === name) last.text += text;
    else outputs.push({ output_type: 'stream', name, text });
  } else if (header.msg_type === 'display_data') {
    outputs.push({ output_type: 'display_data', data: content.data as MimeBundle, metadata: {} });
  } else if (header.msg_type === 'execute_result') {
    const count = content.execution_count as number;
    outputs.push({ output_type: 'execute_result', data: content.data as MimeBundle, metadata: {}, execution_count: count });
  } else if (header.msg_type === 'error') {
    const { ename, evalue, traceback } = content as { ename: string; evalue: string; traceback: string[] };
    outputs.push({ output_type: 'error', ename, evalue, traceback });
  }
}

/** Rejects when the process ends, with how it ended and the last that it said. */
function watchDeath(child: ChildProcess): Promise<never> {
  let said = '';
  child.stderr!.on('data', (data: Buffer) => {
    said = (said + data.toString()).slice(-2000);
  });
  const death = new Promise<never>((_, reject) => {
    child.on('error', (error) => reject(new Error(`the kernel could not be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      reject(new Error(`the kernel died (${how})${said.trim() === '' ? '' : `: ${said.trim()}`}`));
    });
  });
  death.catch(() => {});
  return death;
}

function encode(header: object, content: object, key: string): string[] {
  const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
  return [DELIMITER, sign(parts, key), ...parts];
}

/** The message in `frames`, or undefined where the signature does not fit. */
function decode(frames: Buffer[], key: string): Message | undefined {
  const at = frames.findIndex((frame) => frame.toString() === DELIMITER);
  const [signature, ...parts] = frames.slice(at + 1).map(String);
  if (at < 0 || parts.length < 4 || signature !== sign(parts.slice(0, 4), key)) return undefined;
  const [header, parent, , content] = parts.map((part) => JSON.parse(part));
  return { header, parent, content };
}

function sign(parts: string[], key: string): string {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest('hex');
}

function after(seconds: number, signal?: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000, undefined);
    timer.unref();
    signal?.addEventListener('abort', () => clearTimeout(timer));
  });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
