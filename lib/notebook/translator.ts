/** One process that turns the cells of several kernels into JavaScript; what runs them stays a kernel each. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { packageFolder } from '../files/data';

export interface Translator {
  /** Translates what the kernel at the other end of `channel` asks for, until that ends. */
  serve(channel: Duplex): void;
  stop(): void;
}

/** Starts the process for kernels whose working directory is `folder`. Kernels do without it if it ends. */
export function startTranslator(folder: string): Translator {
  const program = join(packageFolder, 'notebook', 'translate.js');
  // Each cell makes a whole program of types anew: with more room for what is young, a seventh less of the work.
  const execArgv = ['--max-semi-space-size=64'];
  const child = fork(program, { cwd: folder, execArgv, stdio: 'ignore' });
  const waiting = new Map<number, (translation: object | null) => void>();
  let count = 0;
  child.on('message', ({ id, translation }: { id: number; translation: object | null }) => {
    waiting.get(id)?.(translation);
    waiting.delete(id);
  });
  const giveUp = () => {
    for (const answer of waiting.values()) answer(null);
    waiting.clear();
  };
  child.on('error', giveUp);
  child.on('exit', giveUp);

  const translate = (cell: object) =>
    new Promise<object | null>((resolve) => {
      if (!child.connected) return resolve(null);
      waiting.set(++count, resolve);
      child.send({ id: count, ...cell });
    });
  return {
    serve(channel) {
      let asked = '';
      channel.setEncoding('utf8');
      channel.on('data', async (text: string) => {
        asked += text;
        // A kernel asks for one cell at a time, and JSON on one line ends where the line does.
        if (!asked.endsWith('\n')) return;
        const cell = JSON.parse(asked) as object;
        asked = '';
        channel.write(`${JSON.stringify(await translate(cell))}\n`);
      });
      // The kernel is gone, which is reported elsewhere.
      channel.on('error', () => {});
    },
    stop: () => child.kill('SIGKILL'),
  };
}
