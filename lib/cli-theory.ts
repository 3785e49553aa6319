/** Node only: the commands of the theory and of the audit. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { auditPaper } from './audit/audit';
import { countVerdicts } from './audit/verdict';
import { json, note, number, onSetting, settingOf, type Values } from './cli-options';
import { dataFile, law } from './data';
import { refuse } from './errors';
import { type Law, outsideRanges, outsideRangesOf } from './law/law';
import { columns } from './report';
import { type Design, designArchitecture } from './theory/design';
import { findOptimum } from './theory/optimum';
import { printedOptimum } from './theory/printed';
import { type Limit, type Regime, type RegimeVariable, regimeProblem, regimes } from './theory/regimes';

/** Adds `optimum`, `design` and `audit`. */
export function addTheory(
  program: Command,
  print: (options: Values, value: object, describe: () => string) => void,
): void {
  program
    .command('optimum')
    .description('the best architecture of a regime, by the exact conditions or by the printed formulas')
    .addOption(
      new Option('--case <name>', 'decode or prefill; 1 latency, 2 memory, 3 both')
        .choices(regimes)
        .makeOptionMandatory(),
    )
    .addOption(new Option('--form <name>', 'which solution').choices(['exact', 'printed']).default('exact'))
    .option('--width <n>', 'hidden width; without it the best is found', number)
    .option('--latency-budget <x>', 'FLOPs per token (P) or bytes per decode step (D)', number)
    .option('--memory-budget <bytes>', 'bytes for the weights', number)
    .option('--context <tokens>', 'mean context while decoding', number, 1032.5)
    .option('--weight-bytes <n>', 'bytes per weight', number, 2)
    .option('--kv-bytes <n>', 'bytes per element of the KV cache', number, 2)
    .option('--rho-min <n>', 'least activation rate', number, 0.0625)
    .addOption(widthRange())
    .option('--law <file>', 'law as JSON', dataFile('law.json'))
    .addOption(json())
    .action((options: Values) => {
      const value = optimumJson(options);
      print(options, value, () =>
        columns(
          Object.entries(value).map(([name, each]) => [
            name,
            typeof each === 'number' ? each.toPrecision(7) : JSON.stringify(each),
          ]),
        ).join('\n'),
      );
    });

  onSetting(program.command('design').description('from a board and targets to an architecture'))
    .requiredOption('--prefill-seconds <x>', 'target of the prefill', number)
    .requiredOption('--decode-seconds <x>', 'target of the whole answer', number)
    .option('--memory-budget <bytes>', 'bytes for the weights; default the capacity of the device', number)
    .option('--rho-min <n>', 'least activation rate', number, 0.0625)
    .addOption(widthRange())
    .option('--law <file>', 'law as JSON', dataFile('law.json'))
    .addOption(json())
    .action((options: Values) => {
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
        memoryBudget: (options.memoryBudget as number | undefined) ?? device.memoryCapacityBytes,
        rhoMin: options.rhoMin as number,
      });
      for (const sentence of outsideRanges(chosen, design.architecture)) note(sentence);
      const { prefillSeconds, decodeSeconds, totalSeconds, memory } = design.roofline;
      print(options, { ...design, roofline: { prefillSeconds, decodeSeconds, totalSeconds, memory } }, () =>
        describeDesign(design),
      );
    });

  program
    .command('audit')
    .description('check every claim of the paper against the library')
    .option('--law <file>', 'law as JSON', dataFile('law.json'))
    .addOption(json())
    .action(async (options: Values) => {
      const claims = await auditPaper({ law: law(options.law as string) });
      const counts = countVerdicts(claims);
      print(options, { counts, claims }, () =>
        [
          ...columns(claims.map(({ verdict, id, place, ours }) => [verdict, id, place, ours])),
          '',
          ...columns(Object.entries(counts).map(([verdict, count]) => [verdict, String(count)])),
        ].join('\n'),
      );
    });
}

function optimumJson(options: Values) {
  const regime = options.case as Regime;
  const { width, context, weightBytes, kvBytes, rhoMin, latencyBudget, memoryBudget } = options as Record<
    string,
    number
  >;
  const chosen = law(options.law as unknown as string);
  const problem = regimeProblem(regime, {
    law: chosen,
    width,
    context,
    weightBytes,
    kvBytes,
    rhoMin,
    latencyBudget,
    memoryBudget,
    widthRange: options.widthRange as unknown as [number, number] | undefined,
  });
  const limit: Limit = regime[0] === 'D' ? 'decode' : 'prefill';
  const common = ({
    activationRate,
    depth,
    ffnRatio,
    gqa,
    width: d,
    loss,
    excessLoss,
  }: ReturnType<typeof findOptimum> | ReturnType<typeof printedOptimum>) => ({
    activationRate,
    depth,
    ffnRatio,
    gqa,
    width: d,
    loss,
    excessLoss,
  });
  if (options.form === 'printed') {
    const printed = printedOptimum(regime, problem);
    refuseImpossible(printed);
    if (printed.activationRate > 1 || printed.gqa < 1)
      note(
        'the printed formulas leave out the bounds activationRate <= 1 and gqa >= 1, which this point breaks',
      );
    noteRanges(chosen, printed);
    const active = regime[1] === '1' ? ['latency'] : regime[1] === '2' ? ['memory'] : ['latency', 'memory'];
    return {
      ...common(printed),
      multipliers: printed.multipliers,
      active,
      latencyUsed: printed.used[limit],
      memoryUsed: printed.used.memory,
    };
  }
  const exact = findOptimum(problem);
  refuseImpossible(exact);
  noteRanges(chosen, exact);
  return {
    ...common(exact),
    multipliers: { latency: exact.multipliers[limit], memory: exact.multipliers.memory },
    active: exact.active.map((name) => (name === limit ? 'latency' : name)),
    latencyUsed: exact.used[limit],
    memoryUsed: exact.used.memory,
  };
}

/** Where the width is searched, as an option. */
const widthRange = () =>
  new Option('--width-range <low:high>', 'widths to search, e.g. 768:3072; default everywhere').argParser(
    (text: string) => {
      const ends = text.split(':').map((end) => number(end));
      if (ends.length !== 2) throw new InvalidArgumentError(`"${text}" is not low:high`);
      return ends;
    },
  );

type Point = Record<RegimeVariable, number>;

function refuseImpossible({ depth, width }: Point): void {
  if (!(depth >= 1))
    refuse(
      `the budgets allow ${depth.toPrecision(3)} layers at width ${width.toPrecision(4)}: less than one`,
    );
}

/** Says where an optimum lies outside the runs behind the law: there it extrapolates. */
function noteRanges(chosen: Law, point: Point): void {
  const values: Record<string, number> = { ...point, kvDimension: point.width / point.gqa };
  for (const sentence of outsideRangesOf(chosen, (name) => values[name])) note(sentence);
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
