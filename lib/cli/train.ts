import { type Command, Option } from 'commander';
import { refuse } from '../errors';
import type { PlannedRun } from '../train/plan';
import type { TrainerOptions } from '../train/trainer';
import { json, number, print, refuseIdle, type Values } from './options';

const WORDS = `
A plan is a CSV file with the columns of an architecture, vocabulary and tokens; optional are run (its name), seed,
split (train or validation), sequence, batch, learningRate and the other settings of data/training/train.py. A
finished run is appended to --out at once; the same command goes on where it was stopped. A diverged run stays in
the table with status "diverged" and no loss. Training needs PyTorch: Debian's python3-torch, or the interpreter in
COLAW_PYTHON; without --tokens and --held-out it needs the corpus that data/training/corpus.py builds.`;

/** Steps between checkpoints: minutes of a run that is worth one. */
const STEPS_BETWEEN_CHECKPOINTS = 1000;

/** Options and action of `train`. */
export function define(command: Command): void {
  command
    .requiredOption('--runs <file>', 'the plan: a CSV file, a row a run')
    .requiredOption('--out <file>', 'the table of finished runs; appended to where it exists')
    .option('--jobs <n>', 'runs at a time, one thread each; default the cores, or 1 on a GPU', number)
    .addOption(new Option('--device <name>', 'where to train').choices(['cpu', 'cuda']).default('cpu'))
    .option('--tokens <file>', 'training tokens, 16-bit little-endian')
    .option('--held-out <file>', 'held-out tokens')
    .addOption(
      new Option('--dry-run', 'say what is left to do and what it costs, and train nothing').conflicts([
        'slurm',
        'task',
      ]),
    )
    .addOption(
      new Option('--slurm', 'submit the runs that are left as a Slurm job array, one task a run').conflicts(
        'task',
      ),
    )
    .option('--task <n>', 'of such an array: train run n of the plan, counted from 1', number)
    .addOption(json())
    .addHelpText('after', WORDS)
    .action(async (options: Values) => {
      const { readPlan } = await import('../train/read-plan.js');
      if (options.task !== undefined) refuseIdle(command, ['jobs'], 'with --task');
      const jobs = await jobsOf(options);
      const plan = await readPlan(options.runs as string);
      if (options.dryRun) await say(options, plan, jobs);
      else if (options.slurm) await submitAll(options, plan);
      else if (options.task !== undefined) await trainTask(options, plan);
      else await trainAll(options, plan, jobs);
    });
}

async function jobsOf({ jobs, device }: Values): Promise<number> {
  const { availableParallelism } = await import('node:os');
  const chosen = jobs ?? (device === 'cuda' ? 1 : availableParallelism());
  if (!Number.isSafeInteger(chosen) || (chosen as number) < 1)
    refuse(`jobs ${chosen} is not a positive integer`);
  return chosen as number;
}

async function say(options: Values, plan: readonly PlannedRun[], jobs: number): Promise<void> {
  const { runsToDo } = await import('../train/queue.js');
  const { costOf } = await import('../train/cost.js');
  const out = options.out as string;
  const left = runsToDo(plan, out);
  const cost = costOf(left, out);
  const report = { planned: plan.length, done: plan.length - left.length, left: left.length, jobs, ...cost };
  print(options, report, () => {
    const rate = `${(cost.flopsPerSecond / 1e9).toFixed(1)} GFLOP/s a core, ${cost.rateFrom === 'table' ? `as the runs in ${out}` : 'assumed'}`;
    return [
      `${report.done} of ${plan.length} runs are done; ${left.length} are left`,
      `${cost.coreHours.toFixed(2)} core hours at ${rate}; ${(cost.coreHours / jobs).toFixed(2)} hours with ${jobs} at a time`,
    ].join('\n');
  });
}

async function trainAll(options: Values, plan: readonly PlannedRun[], jobs: number): Promise<void> {
  const { runQueue } = await import('../train/queue.js');
  const { train } = await import('../train/trainer.js');
  const out = options.out as string;
  const trainer = await trainerOf(options);
  let diverged = 0;
  const trained = await runQueue(plan, out, {
    jobs,
    train: (run) => train(run, { ...trainer, checkpoint: `${out}.${run.run}.checkpoint` }),
    onProgress: ({ done, planned, run, trained: { status, loss, cpuSeconds }, secondsLeft }) => {
      if (status === 'diverged') diverged++;
      const result = loss === null ? status : `loss ${loss.toFixed(4)}`;
      console.error(
        `note: ${done}/${planned} ${run.run} ${result}, ${Math.round(cpuSeconds)} CPU seconds; ${duration(secondsLeft)} left`,
      );
    },
  });
  print(
    options,
    { planned: plan.length, trained, diverged, out },
    () => `${trained} runs trained, ${diverged} of them diverged; table: ${out}`,
  );
}

async function trainTask(options: Values, plan: readonly PlannedRun[]): Promise<void> {
  const { train } = await import('../train/trainer.js');
  const { runsToDo } = await import('../train/queue.js');
  const { hasPart, writePart } = await import('../train/slurm.js');
  const out = options.out as string;
  const run =
    plan[(options.task as number) - 1] ??
    refuse(`task ${options.task} is not an integer from 1 to ${plan.length}`);
  const isLeft = runsToDo([run], out).length > 0 && !hasPart(out, run);
  if (isLeft) {
    const trainer = await trainerOf(options);
    writePart(out, run, await train(run, { ...trainer, checkpoint: `${out}.${run.run}.checkpoint` }));
  }
  print(options, { run: run.run, trained: isLeft ? 1 : 0, out }, () =>
    isLeft ? `${run.run} trained` : `${run.run} was done already`,
  );
}

async function submitAll(options: Values, plan: readonly PlannedRun[]): Promise<void> {
  const { runsToDo } = await import('../train/queue.js');
  const { jobScript, submit } = await import('../train/slurm.js');
  const { resolve } = await import('node:path');
  const out = resolve(options.out as string);
  const left = new Set(runsToDo(plan, out));
  const tasks = plan.flatMap((run, i) => (left.has(run) ? [i + 1] : []));
  if (tasks.length === 0) refuse(`no run of ${options.runs} is left to do; they are in ${out}`);
  const files = (['tokens', 'heldOut'] as const).flatMap((name) => {
    const flag = name === 'tokens' ? '--tokens' : '--held-out';
    return options[name] === undefined ? [] : [flag, resolve(options[name] as string)];
  });
  const device = options.device as 'cpu' | 'cuda';
  const command = [
    ...[process.execPath, resolve(process.argv[1]), 'train', '--runs', resolve(options.runs as string)],
    ...['--out', out, '--device', device, ...files],
  ];
  const script = jobScript(tasks, command, out, { jobs: options.jobs as number | undefined, device });
  const job = submit(script, out);
  print(
    options,
    { job, tasks: tasks.length, out },
    () =>
      `job ${job}: ${tasks.length} tasks; when they are done, the same command without --slurm makes ${out}`,
  );
}

/** Where to train; refused before any run begins where PyTorch or the tokens are missing. */
async function trainerOf(options: Values): Promise<TrainerOptions> {
  const { findPython, tokenFiles } = await import('../train/trainer.js');
  const [tokens, heldOut] = tokenFiles(options as Pick<TrainerOptions, 'tokens' | 'heldOut'>);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  return {
    python: findPython(),
    device: options.device as 'cpu' | 'cuda',
    tokens,
    heldOut,
    every: STEPS_BETWEEN_CHECKPOINTS,
  };
}

function duration(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
