import { architectureColumns } from '../architecture';
import type { Detail, View } from './engine';
import type { Inputs } from './inputs';

/** The frontier as CSV, which `npx colaw frontier --candidates` reads: architectures, and what they cost. */
export function frontierCsv(view: View): string {
  const { vocabulary } = view.inputs;
  const header = [
    ...architectureColumns,
    ...(vocabulary === undefined ? [] : ['vocabulary']),
    view.inputs.robot === undefined ? `${view.inputs.objective}LatencySeconds` : 'secondsPerChunk',
    'loss',
    'memoryBytes',
  ];
  const rows = view.frontier.map((i) => [
    ...architectureColumns.map((name) => view.architectures[i][name]),
    ...(vocabulary === undefined ? [] : [vocabulary]),
    view.seconds[i],
    view.loss[i],
    view.memoryBytes[i],
  ]);
  return `${[header, ...rows].map((row) => row.join(',')).join('\n')}\n`;
}

/** The command that prints the same numbers: of an architecture, of a config that is pinned, of a robot's backbone. */
export function latencyCommand({ architecture, model }: Detail, inputs: Inputs): string {
  const { setting, robot, profileKind } = inputs;
  const { device, precision, attention, workload } = setting;
  const { batch, inputTokens, outputTokens } = workload;
  const board = `--device ${device.id === 'custom' ? 'board.json' : device.id} --precision ${precision}`;
  const profile = { ideal: '', fitted: ' --profile fitted', own: ' --profile profile.json' }[profileKind];
  const own = `--architecture '${JSON.stringify(architecture)}'`;
  if (robot !== undefined) {
    const cameras = robot.setting.cameras === undefined ? '' : ` --cameras ${robot.setting.cameras}`;
    return `npx colaw vla --model ${robot.vla.id} ${own} ${board}${cameras}${profile}`;
  }
  return [
    `npx colaw latency ${model ? '--config config.json' : own}`,
    `${board} --batch ${batch}`,
    `--input-tokens ${inputTokens} --output-tokens ${outputTokens} --attention ${attention}${profile}`,
  ].join(' ');
}
