import { type Command, Option } from 'commander';
import { refuse } from '../errors';
import { readArchitectures } from '../files/architectures';
import { dataFile } from '../files/data';
import { law } from '../files/law';
import { evaluateArchitectures, type LatencyObjective, latencyObjectives } from '../frontier/evaluate';
import { frontierOf } from '../frontier/frontier';
import { paperCandidates } from '../law/reconstruct';
import { describeFrontier } from '../report/text';
import { enumerateSpace, paperSpace } from '../space';
import { json, onProfile, onSetting, print, settingOf, type Values } from './options';
import { onRobot, printRobot, refuseHalfRobots } from './robot';

/** Options and action of `frontier`. */
export function define(command: Command): void {
  onRobot(onProfile(onSetting(command)))
    .addOption(new Option('--objective <name>', 'which latency').choices(latencyObjectives).default('total'))
    .option('--candidates <source>', 'CSV file of architectures, grid (8,160) or sample (1,942)', 'grid')
    .option('--law <file>', 'law as JSON', dataFile('law.json'))
    .addOption(json())
    .action(async (options: Values) => {
      refuseHalfRobots(options, command);
      const setting = settingOf(options);
      if (options.objective === 'decode' && setting.workload.outputTokens === 0)
        refuse('--output-tokens 0 leaves nothing to decode; ask for at least 1 or for another --objective');
      const source = options.candidates as string;
      const candidates =
        source === 'grid'
          ? enumerateSpace(paperSpace)
          : source === 'sample'
            ? paperCandidates()
            : await readArchitectures(source);
      if (options.vla !== undefined) return printRobot(options, setting, candidates);
      const objective = options.objective as LatencyObjective;
      const points = frontierOf(
        evaluateArchitectures(candidates, law(options.law as string), setting, objective),
      );
      print(options, { points }, () => describeFrontier(points, candidates.length, objective));
    });
}
