import { type Command, Option } from 'commander';
import { refuse } from '../errors';
import { readArchitectures } from '../files/architectures';
import { dataFile, device } from '../files/data';
import { law } from '../files/law';
import { evaluateArchitectures, type LatencyObjective, latencyObjectives } from '../frontier/evaluate';
import { frontierOf } from '../frontier/frontier';
import { paperCandidates } from '../law/reconstruct';
import { profileNamed } from '../measured/profiles';
import { describeFrontier } from '../report/text';
import { memory } from '../roofline/memory';
import type { Setting } from '../roofline/roofline';
import { enumerateSpace, paperSpace } from '../space';
import {
  json,
  memoryBudgetOf,
  number,
  onCache,
  onProfile,
  onSetting,
  onSpace,
  print,
  settingOf,
  type Values,
} from './options';
import { onRobot, printRobot, refuseHalfRobots } from './robot';

/** Options that ask for the exact frontier of a space; without one they would do nothing. */
const OF_SPACES = ['block', 'devices', 'out', 'threads'];

/** Options and action of `frontier`. */
export function define(command: Command): void {
  onRobot(onProfile(onCache(onSetting(command))))
    .addOption(new Option('--objective <name>', 'which latency').choices(latencyObjectives).default('total'))
    .option('--candidates <source>', 'CSV file of architectures, grid (8,160) or sample (1,942)', 'grid');
  onSpace(command)
    .option('--memory-budget <bytes>', 'weights and KV cache, at most; or "fits": what the board has')
    .option('--devices <ids>', 'several boards, e.g. rtx-4090,orin.json: one table')
    .option('--block <i/n>', 'part i of n of the search, to be merged: see docs/spaces.md')
    .option('--out <file>', 'write the answer here; a search that was stopped is gone on with')
    .option('--threads <n>', 'default: all cores', number)
    .option('--law <file>', 'law as JSON', dataFile('law.json'))
    .addOption(json())
    .action(async (options: Values) => {
      refuseHalfRobots(options, command);
      const setting = settingOf(options);
      if (options.objective === 'decode' && setting.workload.outputTokens === 0)
        refuse('--output-tokens 0 leaves nothing to decode; ask for at least 1 or for another --objective');
      const objective = options.objective as LatencyObjective;
      if (options.space !== undefined) {
        if (command.getOptionValueSource('candidates') === 'cli')
          refuse('give --space or --candidates, not both');
        if (options.vla !== undefined)
          refuse('--vla takes its backbones from --candidates, not from --space');
        if (options.devices !== undefined && command.getOptionValueSource('device') === 'cli')
          refuse('give --device or --devices, not both');
        const { searchSpace } = await import('./space.js');
        await searchSpace(options, settingsOf(options, setting), objective);
        return;
      }
      for (const name of OF_SPACES) if (options[name] !== undefined) refuse(`--${name} needs a --space`);
      const source = options.candidates as string;
      const candidates =
        source === 'grid'
          ? enumerateSpace(paperSpace)
          : source === 'sample'
            ? paperCandidates()
            : await readArchitectures(source);
      if (options.vla !== undefined) {
        if (options.memoryBudget !== undefined)
          refuse('--memory-budget does nothing with --vla; leave it out');
        return printRobot(options, setting, candidates);
      }
      const budget = memoryBudgetOf(options, setting) ?? Number.POSITIVE_INFINITY;
      const within = candidates.filter((each) => memory(each, setting).totalBytes <= budget);
      const points = frontierOf(
        evaluateArchitectures(within, law(options.law as string), setting, objective),
      );
      print(options, { points }, () => describeFrontier(points, candidates.length, objective));
    });
}

/** The setting on each of the boards. */
function settingsOf(options: Values, setting: Setting): Setting[] {
  if (options.devices === undefined) return [setting];
  const ids = (options.devices as string).split(',').map((id) => id.trim());
  const twice = ids.find((id, i) => ids.indexOf(id) < i);
  if (twice !== undefined) refuse(`--devices names ${twice} twice`);
  return ids.map((id) => {
    const board = device(id);
    return { ...setting, device: board, profile: profileNamed(options.profile as string, board.id) };
  });
}
