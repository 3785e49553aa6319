import { architectureColumns } from '../architecture';
import type { Detail, View } from './engine';
import type { Inputs } from './inputs';

/** The frontier as CSV, which `npx colaw frontier --candidates` reads: architectures, and what they cost. */
export function frontierCsv(view: View): string {
  const { vocabulary } = view.inputs;
  const header = [
    ...architectureColumns,
    ...(vocabulary === undefined ? [] : ['vocabulary']),
    `${view.inputs.objective}LatencySeconds`,
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

/** The command that prints the same numbers for an architecture, or for a config that is pinned. */
export function latencyCommand({ architecture, model }: Detail, { setting }: Inputs): string {
  const { device, precision, attention, workload } = setting;
  const { batch, inputTokens, outputTokens } = workload;
  return [
    `npx colaw latency ${model ? '--config config.json' : `--architecture '${JSON.stringify(architecture)}'`}`,
    `--device ${device.id === 'custom' ? 'board.json' : device.id} --precision ${precision} --batch ${batch}`,
    `--input-tokens ${inputTokens} --output-tokens ${outputTokens} --attention ${attention}`,
  ].join(' ');
}
