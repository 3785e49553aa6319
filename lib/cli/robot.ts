/** `frontier --vla`: backbones that keep a control rate. */
import type { Command } from 'commander';
import type { Architecture } from '../architecture';
import { refuse } from '../errors';
import { law } from '../files/law';
import { columns } from '../report/text';
import type { Setting } from '../roofline/roofline';
import { type RobotCandidate, robotFrontier, withBackbone } from '../vla/design';
import { vla } from '../vla/files';
import { type Stage, vlaLatency } from '../vla/stages';
import { number, print, refuseBeside, type Values } from './options';

/** Adds the options of a robot. */
export const onRobot = (command: Command) =>
  command
    .option('--vla <id>', 'robot: backbones for this model of data/vla.json; goes with --hz')
    .option('--hz <x>', 'chunks of actions per second that must be kept; goes with --vla', number)
    .option('--cameras <n>', "images per chunk; default the model's; goes with --vla", number);

/** Options that speak of a text task, which a robot does not have. */
const TEXT = ['batch', 'inputTokens', 'outputTokens', 'attention', 'objective', 'kvPrecision'];

/** Refuses options of which one says nothing without, or beside, another. */
export function refuseHalfRobots(options: Values, command: Command): void {
  for (const name of ['hz', 'cameras'])
    if (options[name] !== undefined && options.vla === undefined) refuse(`--${name} goes with --vla`);
  if (options.vla === undefined) return;
  if (options.hz === undefined) refuse('--vla goes with --hz');
  refuseBeside(command, TEXT, '--vla');
}

/** Prints the backbones of `candidates` that keep the rate, the lowest loss first. */
export function printRobot(options: Values, setting: Setting, candidates: readonly Architecture[]): void {
  const chosen = vla(options.vla as string);
  const { device, precision, profile } = setting;
  const hertz = options.hz as number;
  const asked = { device, precision, profile, cameras: options.cameras as number | undefined };
  const points = robotFrontier(chosen, candidates, law(options.law as string), asked, hertz);
  if (points.length === 0) {
    const { stages } = vlaLatency(chosen, asked);
    refuse(
      `no backbone keeps ${hertz} Hz on ${device.id}: ${describeOwn(stages)} of ${chosen.id} take as long as a chunk may`,
    );
  }
  const value = { vla: chosen.id, hz: hertz, points };
  print(options, value, () =>
    describeRobot(points, withBackbone(chosen, points[0].architecture).name, hertz, candidates.length),
  );
}

function describeOwn(stages: readonly Stage[]): string {
  const own = stages.filter(({ name }) => name !== 'prefill');
  return own.map(({ name, seconds }) => `${name} ${(1000 * seconds).toPrecision(3)} ms`).join(', ');
}

function describeRobot(
  points: readonly RobotCandidate[],
  name: string,
  hertz: number,
  candidates: number,
): string {
  const head = ['Hz', 'chunk', 'loss', 'depth', 'width', 'r', 'E', 'K', 'kvHeads'];
  const rows = points.map(({ architecture: a, loss, latencySeconds, hertz: rate }) => [
    rate.toPrecision(3),
    `${(1000 * latencySeconds).toPrecision(4)} ms`,
    loss.toFixed(4),
    ...[a.depth, a.width, Number(a.ffnRatio.toPrecision(3)), a.experts, a.activeExperts, a.kvHeads].map(
      String,
    ),
  ]);
  return [
    ...columns([head, ...rows]),
    `${points.length} of ${candidates} backbones are Pareto-optimal and keep ${hertz} Hz in ${name}, the lowest loss first`,
  ].join('\n');
}
