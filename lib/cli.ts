/** Node only: the command line, a thin skin over the library. */
import { writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { architecturesCsv, readArchitectures } from './candidates';
import { addExplore } from './cli-explore';
import { addFit } from './cli-fit';
import { addModels } from './cli-models';
import {
  architectureOf,
  json,
  note,
  number,
  onArchitecture,
  onProfile,
  onSetting,
  settingOf,
  type Values,
} from './cli-options';
import { addTheory } from './cli-theory';
import { addValidate } from './cli-validate';
import { dataFile, law } from './data';
import { InputError, refuse } from './errors';
import { evaluateArchitectures, type LatencyObjective, latencyObjectives } from './evaluate';
import { frontierOf } from './frontier/frontier';
import { outsideRanges, predictLoss } from './law/law';
import { paperCandidates, reconstructRuns, runsCsv } from './law/reconstruct';
import { describeFrontier, describeLatency, describeLoss } from './report';
import { analyticLatency } from './roofline/analytic';
import { type Latency, type Phase, rooflineLatency } from './roofline/roofline';
import { enumerateSpace, paperSpace, sampleSpace } from './space';

const program = new Command('colaw')
  .description(
    'Hardware co-design scaling laws by roofline modelling: arXiv 2602.10377, runnable and audited.',
  )
  .version(require('../package.json').version)
  .exitOverride()
  .configureOutput({ writeErr: () => {} });

onProfile(
  onArchitecture(
    onSetting(program.command('latency').description('prefill, decode and total latency; memory')),
  ),
)
  .addOption(
    new Option('--engine <name>', 'latency model').choices(['roofline', 'analytic']).default('roofline'),
  )
  .option('--operators', 'list the operators of each phase')
  .addOption(json())
  .action((options: Values) => {
    const setting = settingOf(options);
    const architecture = architectureOf(options);
    const isAnalytic = options.engine === 'analytic';
    if (isAnalytic && options.profile !== 'ideal')
      refuse(`--engine analytic knows no profile; leave out --profile ${options.profile}`);
    if (isAnalytic && setting.workload.batch > 1)
      note('Eqs. 30–37 carry no batch factor on the KV cache; decode is as printed, right for batch 1 only');
    const latency = isAnalytic
      ? analyticLatency(architecture, setting)
      : rooflineLatency(architecture, setting);
    print(options, latencyJson(latency, options.operators === true), () => describeLatency(latency, setting));
  });

onArchitecture(program.command('loss').description('loss by a law, term by term'))
  .option('--law <file>', 'law as JSON', dataFile('law.json'))
  .addOption(json())
  .action((options: Values) => {
    const chosen = law(options.law as string);
    const architecture = architectureOf(options);
    for (const sentence of outsideRanges(chosen, architecture)) note(sentence);
    const loss = predictLoss(chosen, architecture);
    print(options, loss, () => describeLoss(loss, chosen));
  });

addFit(program, print);

onProfile(onSetting(program.command('frontier').description('Pareto frontier of loss against latency')))
  .addOption(new Option('--objective <name>', 'which latency').choices(latencyObjectives).default('total'))
  .option('--candidates <source>', 'CSV file of architectures, grid (8,160) or sample (1,942)', 'grid')
  .option('--law <file>', 'law as JSON', dataFile('law.json'))
  .addOption(json())
  .action(async (options: Values) => {
    const setting = settingOf(options);
    const source = options.candidates as string;
    const candidates =
      source === 'grid'
        ? enumerateSpace(paperSpace)
        : source === 'sample'
          ? paperCandidates()
          : await readArchitectures(source);
    const objective = options.objective as LatencyObjective;
    const points = frontierOf(
      evaluateArchitectures(candidates, law(options.law as string), setting, objective),
    );
    print(options, { points }, () => describeFrontier(points, candidates.length, objective));
  });

program
  .command('enumerate')
  .description('write the search space, or a space-filling sample of it, as CSV')
  .option('--count <n>', 'size of the sample; without it the whole space', number)
  .option('--seed <n>', 'seed of the sample', number, 0)
  .requiredOption('--out <file>', 'CSV file to write')
  .addOption(json())
  .action((options: Values) => {
    const all = enumerateSpace(paperSpace);
    const chosen =
      options.count === undefined ? all : sampleSpace(all, options.count as number, options.seed as number);
    writeFileSync(options.out as string, architecturesCsv(chosen));
    print(
      options,
      { count: chosen.length, space: all.length, out: options.out },
      () => `${chosen.length} of ${all.length} architectures written to ${options.out}`,
    );
  });

addModels(program, print);
addTheory(program, print);
addValidate(program, print);
addExplore(program);

program
  .command('reproduce')
  .description('run the notebooks and write out/')
  .argument('[notebooks...]', 'names, e.g. 03-law-fit; default all')
  .action(async (names: string[]) => {
    const { reproduce } = await import('./notebook/reproduce.js');
    process.exitCode = await reproduce(names);
  });

program
  .command('lab')
  .description('open the notebooks in Jupyter')
  .action(async () => {
    const { lab } = await import('./notebook/lab.js');
    process.exitCode = await lab();
  });

program
  .command('data')
  .description('write data/runs-170.csv again')
  .action(() => writeFileSync(dataFile('runs-170.csv'), runsCsv(reconstructRuns(law()))));

function latencyJson({ prefill, decode, ...rest }: Latency, withOperators: boolean) {
  const phase = ({ flops, weightBytes, activationBytes, kvBytes, bound }: Phase) => ({
    flops,
    weightBytes,
    activationBytes,
    kvBytes,
    bound,
  });
  const operators = { operators: { prefill: prefill.operators, decode: decode.operators } };
  return { ...rest, prefill: phase(prefill), decode: phase(decode), ...(withOperators ? operators : {}) };
}

function print(options: Values, value: object, describe: () => string): void {
  console.log(options.json === true ? JSON.stringify(value) : describe());
}

/** Prints one line on standard error and returns the exit code that the error deserves. */
function report(error: unknown): number {
  const { code, exitCode, message, syscall } = error as NodeJS.ErrnoException & { exitCode?: number };
  if (code?.startsWith('commander.')) {
    if (exitCode === 0) return 0;
    if (code === 'commander.help') console.error(program.helpInformation());
    else complain(message.replace(/^error: /, ''));
    return 2;
  }
  // What the system refuses (no such file, no permission, no room) is the reader's to mend, not a bug.
  if (error instanceof InputError || syscall !== undefined) {
    complain(message);
    return 2;
  }
  console.error(error);
  return 1;
}

/** One line, whatever the message quotes. */
function complain(message: string): void {
  console.error(`colaw: ${message.replaceAll(/\p{Cc}+/gu, ' ')}`);
}

program.parseAsync().catch((error) => {
  process.exitCode = report(error);
});
