/** Node only: the process of one measurement. `queue.ts` starts it, sends a task and gets one answer. */
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import type { Architecture } from '../architecture';
import { measureSession } from './engine';
import { type FormatName, weightFormats } from './formats';
import { writeGguf } from './gguf';
import type { Answer, ChildTask, Outcome } from './job';
import { loadLlama } from './llama';

// Without its parent nobody takes the answer: end at once, whatever the engine is doing.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.once('message', (task: ChildTask) => {
  diesFirst();
  measure(task)
    .then((outcome): Answer => ({ outcome }))
    .catch((error): Answer => ({ failure: explain(error, task.temporaryFile) }))
    .then((answer) => process.send!(answer, () => process.exit(0)));
});

async function measure(task: ChildTask): Promise<Outcome> {
  const { job, entry, gpu, threads, patience } = task;
  const { inputTokens, outputTokens, subject } = job;
  if ('url' in subject) throw new Error('a server needs no process of its own');
  const model = 'file' in subject ? { file: subject.file, discard: () => {} } : writeModel(task);
  const session = await loadLlama(entry, gpu, { file: model.file, inputTokens, outputTokens, threads });
  model.discard();
  const repeats = await measureSession(session, outputTokens, patience);
  const { architecture, packing } = session.facts();
  const isHalf = packing.weight >= 2;
  const { engine, version, context, flashAttention } = session;
  const outcome = {
    ...{ engine, version, threads: session.threads, context, flashAttention, architecture, packing },
    precision: isHalf ? ('fp16' as const) : weightFormats.q8_0.precision,
    format: 'format' in subject ? subject.format.toUpperCase() : 'GGUF',
    prefill: repeats.map(({ prefill }) => prefill),
    prefillCpu: repeats.map(({ prefillCpu }) => prefillCpu),
    step: repeats.map(({ step }) => step),
    stepCpu: repeats.map(({ stepCpu }) => stepCpu),
  };
  await session.close();
  return outcome;
}

/**
 * Writes the random model. Where the system can read a file that has no name any more, it loses its name before
 * its first byte, so that nothing is left in the folder however this process ends.
 */
function writeModel({ job, temporaryFile }: ChildTask): { file: string; discard: () => void } {
  const { architecture, format } = job.subject as { architecture: Architecture; format: FormatName };
  const descriptor = openSync(temporaryFile, 'wx+');
  const isNameless = process.platform === 'linux';
  if (isNameless) rmSync(temporaryFile);
  writeGguf(descriptor, architecture, format);
  return {
    file: isNameless ? `/proc/self/fd/${descriptor}` : temporaryFile,
    discard() {
      closeSync(descriptor);
      rmSync(temporaryFile, { force: true });
    },
  };
}

/** Where memory runs out, this process goes, not its parent or a stranger. */
function diesFirst(): void {
  if (process.platform === 'linux') writeFileSync('/proc/self/oom_score_adj', '1000');
}

function explain(error: unknown, file: string): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC')
    return `no room for the model at ${file}; free some, or set TMPDIR to another folder`;
  return String(message ?? error).split('\n')[0];
}
