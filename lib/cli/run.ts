/** Node only: the command line, a thin skin over the library. Only the command that is asked for is loaded. */
import { Command, Help } from 'commander';
import { InputError, refuse } from '../errors';
import { forgetNotes, sayNotes } from './answer';

type Load = () => Promise<{ define(command: Command): void }>;

/** Every command, under the question that it answers; each has a file of its own, which adds its options. */
const commands: Record<string, [name: string, description: string, load: Load][]> = {
  'How fast, and how good?': [
    ['latency', 'prefill, decode and total latency; memory', () => import('./latency.js')],
    ['loss', 'loss by a law, term by term', () => import('./loss.js')],
    ['vla', 'a robot: cameras to actions, stage by stage, in Hz', () => import('./vla.js')],
    ['model', 'what a config.json of Hugging Face says, and its loss', () => import('./model.js')],
  ],
  'What should I build?': [
    ['frontier', 'Pareto frontier of loss against latency', () => import('./frontier.js')],
    ['merge', 'merge parts of a frontier', () => import('./merge.js')],
    ['explore', 'write the explorer page: move a slider and see', () => import('./explore.js')],
    ['design', 'from a board and targets to an architecture', () => import('./design.js')],
    ['optimum', 'the best architecture of a regime, exact or as printed', () => import('./optimum.js')],
    ['enumerate', 'write the search space, or a sample of it, as CSV', () => import('./enumerate.js')],
    ['export', 'write a config.json to train an architecture from', () => import('./export.js')],
  ],
  'What do my runs say?': [
    ['train', 'train the runs of a plan, and go on where it stopped', () => import('./train.js')],
    ['fit', 'fit a law to runs', () => import('./fit.js')],
    ['measure', 'time architectures on this machine, or find its peaks', () => import('./measure.js')],
    ['validate', 'predicted against measured latencies', () => import('./validate.js')],
    ['calibrate', 'fit profiles of engines and boards to measurements', () => import('./calibrate.js')],
  ],
  'Is the paper right?': [
    ['reproduce', 'run the notebooks and write out/', () => import('./reproduce.js')],
    ['audit', 'check every claim of the paper against the library', () => import('./audit.js')],
    ['lab', 'open the notebooks in Jupyter', () => import('./lab.js')],
    ['data', 'write data/runs-170.csv again', () => import('./data.js')],
  ],
};

/** Runs a command line (what stands after `colaw`) and returns its exit code; undefined where the command sets one. */
export async function run(args: readonly string[]): Promise<number | undefined> {
  forgetNotes();
  try {
    if (args.length === 0)
      refuse('no command; Usage: colaw <command> [options]; `colaw --help` lists the commands');
    const program = await makeProgram(args);
    await program.parseAsync(args, { from: 'user' });
    sayNotes();
    return undefined;
  } catch (error) {
    return report(error);
  }
}

/** The program, with the options of the command that is asked for. */
async function makeProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('colaw')
    .description(
      'Hardware co-design scaling laws by roofline modelling: arXiv 2602.10377, runnable and audited.',
    )
    .version(require('../../package.json').version ?? 'source')
    .exitOverride()
    .configureHelp({
      formatHelp: (command, helper) =>
        command.parent === null ? overview() : Help.prototype.formatHelp.call(helper, command, helper),
    })
    .configureOutput({ writeOut: (text) => console.log(text.trimEnd()), writeErr: () => {} });
  const asked = args.find((word) => !word.startsWith('-') && word !== 'help');
  let isKnown = asked === undefined;
  for (const group of Object.values(commands)) {
    for (const [name, description, load] of group) {
      const command = program.command(name).description(description);
      if (name !== asked) continue;
      isKnown = true;
      (await load()).define(command);
      refuseTwice(command);
      await checkOutputs(command);
    }
  }
  if (!isKnown) refuse(`unknown command '${asked}'; \`colaw --help\` lists them`);
  return program;
}

/** Width of the questions in the overview. */
const QUESTION = 15;

/** All commands on one screen of 80 × 24, each beside the question that it answers. */
function overview(): string {
  const rows = Object.entries(commands).flatMap(([question, group]) => {
    const asked = question
      .match(new RegExp(`.{1,${QUESTION - 2}}(?=\\s|$)`, 'g'))!
      .map((line) => line.trim());
    return group.map(
      ([name, description], i) => `${(asked[i] ?? '').padEnd(QUESTION)}${name.padEnd(11)}${description}`,
    );
  });
  return [
    'Hardware co-design scaling laws by roofline modelling (arXiv 2602.10377)',
    ...rows,
    'Options of a command: colaw help COMMAND. This program: colaw --version',
  ].join('\n');
}

/** Refuses an option that is given twice, unless it collects. */
function refuseTwice(command: Command): void {
  for (const option of command.options.filter(({ variadic }) => !variadic)) {
    let isGiven = false;
    command.on(`option:${option.name()}`, () => {
      if (isGiven) refuse(`${option.long} is given twice`);
      isGiven = true;
    });
  }
}

/** Refuses an `--out` that no file can be before the command begins. */
async function checkOutputs(command: Command): Promise<void> {
  if (!command.options.some(({ flags }) => flags === '--out <file>')) return;
  const { checkOutput } = await import('../files/write.js');
  command.hook('preAction', () => {
    const { out } = command.opts();
    if (out !== undefined) checkOutput(out);
  });
}

/** Prints one line on standard error and returns the exit code that the error deserves. */
function report(error: unknown): number {
  const { code, exitCode, message, syscall } = error as NodeJS.ErrnoException & { exitCode?: number };
  if (code?.startsWith('commander.')) {
    if (exitCode === 0) return 0;
    complain(message.replace(/^error: /, ''));
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
  console.error(`colaw: ${message.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')}`);
}
