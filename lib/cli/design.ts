import type { Command } from 'commander';
import type { Architecture } from '../architecture';
import type { Device } from '../device';
import { positiveNumber, refuse } from '../errors';
import { dataFile } from '../files/data';
import { law } from '../files/law';
import { outsideRanges } from '../law/law';
import { columns } from '../report/text';
import { type Latency, rooflineLatency } from '../roofline/roofline';
import { type Design, designArchitecture } from '../theory/design';
import {
  json,
  note,
  number,
  onSetting,
  onSpace,
  print,
  refuseIdle,
  settingOf,
  type Values,
  widthRange,
} from './options';

/** Options and action of `design`. */
export function define(command: Command): void {
  onSpace(onSetting(command))
    .requiredOption('--prefill-seconds <x>', 'target of the prefill', number)
    .requiredOption('--decode-seconds <x>', 'target of the whole answer', number)
    .option(
      '--memory-budget <bytes>',
      'bytes for the weights (of a space, also KV cache); default what the board has',
      number,
    )
    .option('--rho-min <n>', 'least activation rate', number, 0.0625)
    .addOption(widthRange())
    .option('--law <file>', 'law as JSON', dataFile('law.json'))
    .addOption(json())
    .action(async (options: Values) => {
      if (options.space !== undefined) {
        if (options.widthRange !== undefined)
          refuse('--space says which widths there are; leave out --width-range');
        if (command.getOptionValueSource('rhoMin') === 'cli')
          refuse('--space says which mixtures there are; leave out --rho-min');
        await designInSpace(options);
        return;
      }
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
        memoryBudget: memoryBudgetOf(options, device),
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

/** What was asked for, or what the board has. */
function memoryBudgetOf({ memoryBudget }: Values, { id, memoryCapacityBytes }: Device): number {
  return (
    (memoryBudget as number | undefined) ??
    memoryCapacityBytes ??
    refuse(`the memory of "${id}" is not published; give --memory-budget BYTES`)
  );
}

/** The best architecture of a space within the targets, by the per-operator roofline and exactly. */
async function designInSpace(options: Values): Promise<void> {
  const { search } = await import('./space.js');
  const { readSpace } = await import('../files/space.js');
  const setting = settingOf(options);
  const targets = {
    memoryBudget: memoryBudgetOf(options, setting.device),
    prefillBudget: positiveNumber(options.prefillSeconds, 'prefill-seconds'),
  };
  const decodeBudget = positiveNumber(options.decodeSeconds, 'decode-seconds');
  if (setting.workload.outputTokens === 0) refuse('outputTokens 0 leaves nothing to decode');
  const chosen = law(options.law as string);
  const space = readSpace(options.space as string);
  const [answer] = await search(options, [{ space, law: chosen, setting, objective: 'decode', ...targets }]);
  const { method, reason, space: count, evaluated, points } = answer;
  const best = points.filter(({ latencySeconds }) => latencySeconds <= decodeBudget).pop();
  if (best === undefined)
    refuse(
      `none of the ${count} architectures of the space keeps the targets for prefill, decode and memory`,
    );
  for (const sentence of outsideRanges(chosen, best.architecture)) note(sentence);
  const { prefillSeconds, decodeSeconds, totalSeconds, memory } = rooflineLatency(best.architecture, setting);
  const design = {
    ...{ method, ...(reason === undefined ? {} : { reason }), space: count, evaluated },
    ...{ architecture: best.architecture, loss: best.loss },
    roofline: { prefillSeconds, decodeSeconds, totalSeconds, memory },
  };
  print(options, design, () =>
    [
      `the best of ${count} architectures that keep all targets (${method}, ${evaluated} evaluated):`,
      describeArchitecture(best.architecture, best.loss),
      describeRoofline(design.roofline),
    ].join('\n'),
  );
}

function describeArchitecture(architecture: Architecture, loss: number): string {
  const { depth, width, heads, kvHeads, ffnRatio, experts, activeExperts } = architecture;
  return `depth ${depth}, width ${width}, ${heads} heads, ${kvHeads} KV heads, FFN ratio ${Number(ffnRatio.toFixed(4))}, ${experts} experts of which ${activeExperts}: loss ${loss.toFixed(4)}`;
}

function describeRoofline({
  prefillSeconds,
  decodeSeconds,
  memory,
}: Omit<Latency, 'prefill' | 'decode'>): string {
  return `by the per-operator roofline: prefill ${(1000 * prefillSeconds).toFixed(1)} ms, decode ${(1000 * decodeSeconds).toFixed(1)} ms, memory ${(memory.totalBytes / 1e9).toFixed(2)} GB`;
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
  return [
    'the optimum of the analytic model:',
    ...columns(rows),
    `depth ${optimum.depth.toFixed(2)}, width ${optimum.width.toFixed(0)}, FFN ratio ${optimum.ffnRatio.toFixed(3)}, activation rate ${optimum.activationRate.toFixed(4)}, gqa ${optimum.gqa.toFixed(2)}: loss ${optimum.loss.toFixed(4)}`,
    '',
    'the best that can be built:',
    describeArchitecture(architecture, loss),
    describeRoofline(roofline),
    missed.length === 0
      ? 'it keeps all targets'
      : `it MISSES ${missed.join(', ')}: the analytic model counts products and weights alone, so ask for less`,
  ].join('\n');
}
