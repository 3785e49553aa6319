import { type Command, Option } from 'commander';
import { refuse } from '../errors';
import { dataFile } from '../files/data';
import { law } from '../files/law';
import { type Law, outsideRangesOf } from '../law/law';
import { columns } from '../report/text';
import { findOptimum } from '../theory/optimum';
import { printedOptimum } from '../theory/printed';
import { type Limit, type Regime, type RegimeVariable, regimeProblem, regimes } from '../theory/regimes';
import { json, note, number, print, refuseIdle, type Values, widthRange } from './options';

/** Options and action of `optimum`. */
export function define(command: Command): void {
  command
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
      refuseUnused(command, options);
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
}

/** Refuses what a case, or its printed solution, does not look at. */
function refuseUnused(command: Command, { case: regime, form, width }: Values): void {
  const name = String(regime);
  if (width !== undefined) refuseIdle(command, ['widthRange'], 'where --width gives the width');
  if (name[0] === 'P')
    refuseIdle(command, ['context', 'kvBytes'], `in case ${name}, which counts no KV cache`);
  if (form === 'printed' && name[1] !== '1')
    refuseIdle(command, ['rhoMin'], `in the printed formulas of case ${name}`);
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
