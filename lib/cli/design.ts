import type { Command } from 'commander';
import { refuse } from '../errors';
import { dataFile } from '../files/data';
import { law } from '../files/law';
import { outsideRanges } from '../law/law';
import { columns } from '../report/text';
import { type Design, designArchitecture } from '../theory/design';
import {
  json,
  note,
  number,
  onSetting,
  print,
  refuseIdle,
  settingOf,
  type Values,
  widthRange,
} from './options';

/** Options and action of `design`. */
export function define(command: Command): void {
  onSetting(command)
    .requiredOption('--prefill-seconds <x>', 'target of the prefill', number)
    .requiredOption('--decode-seconds <x>', 'target of the whole answer', number)
    .option('--memory-budget <bytes>', 'bytes for the weights; default the capacity of the device', number)
    .option('--rho-min <n>', 'least activation rate', number, 0.0625)
    .addOption(widthRange())
    .option('--law <file>', 'law as JSON', dataFile('law.json'))
    .addOption(json())
    .action((options: Values) => {
      refuseIdle(command, ['attention'], 'in a design: the analytic model has one form of it');
      const { device, workload, precision } = settingOf(options);
      const chosen = law(options.law as string);
      const design = designArchitecture({
        device,
        workload,
        precision,
        law: chosen,
        widthRange: options.widthRange as unknown as [number, number] | undefined,
        prefillSeconds: options.prefillSeconds as number,
        decodeSeconds: options.decodeSeconds as number,
        memoryBudget:
          (options.memoryBudget as number | undefined) ??
          device.memoryCapacityBytes ??
          refuse(`the memory of "${device.id}" is not published; give --memory-budget BYTES`),
        rhoMin: options.rhoMin as number,
      });
      for (const sentence of outsideRanges(chosen, design.architecture)) note(sentence);
      const { prefillSeconds, decodeSeconds, totalSeconds, memory } = design.roofline;
      print(
        options,
        { ...design, roofline: { prefillSeconds, decodeSeconds, totalSeconds, memory } },
        () => describeDesign(design),
        { device, workload, law: chosen.parameters },
      );
    });
}

function describeDesign({ architecture, loss, roofline, optimum, budgets, meets }: Design): string {
  const missed = Object.entries(meets).flatMap(([limit, isMet]) =>
    isMet ? [] : [limit === 'memory' ? 'the memory of the board' : `the ${limit} target`],
  );
  const rows = (['prefill', 'decode', 'memory'] as const).map((limit) => [
    limit,
    `budget ${budgets[limit].toPrecision(4)}`,
    `used ${optimum.used[limit].toPrecision(4)}`,
    optimum.multipliers[limit] > 0
      ? `binds, ${optimum.multipliers[limit].toPrecision(3)} nats per unit`
      : 'does not bind',
  ]);
  const { depth, width, heads, kvHeads, ffnRatio, experts, activeExperts } = architecture;
  return [
    'the optimum of the analytic model:',
    ...columns(rows),
    `depth ${optimum.depth.toFixed(2)}, width ${optimum.width.toFixed(0)}, FFN ratio ${optimum.ffnRatio.toFixed(3)}, activation rate ${optimum.activationRate.toFixed(4)}, gqa ${optimum.gqa.toFixed(2)}: loss ${optimum.loss.toFixed(4)}`,
    '',
    'the best that can be built:',
    `depth ${depth}, width ${width}, ${heads} heads, ${kvHeads} KV heads, FFN ratio ${Number(ffnRatio.toFixed(4))}, ${experts} experts of which ${activeExperts}: loss ${loss.toFixed(4)}`,
    `by the per-operator roofline: prefill ${(1000 * roofline.prefillSeconds).toFixed(1)} ms, decode ${(1000 * roofline.decodeSeconds).toFixed(1)} ms, memory ${(roofline.memory.totalBytes / 1e9).toFixed(2)} GB`,
    missed.length === 0
      ? 'it keeps all targets'
      : `it MISSES ${missed.join(', ')}: the analytic model counts products and weights alone, so ask for less`,
  ].join('\n');
}
