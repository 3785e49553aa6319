import { type Command, Option } from 'commander';
import { refuse } from '../errors';
import { asLayers, type LayeredModel } from '../layers';
import { describeLatency } from '../report/text';
import { analyticLatency } from '../roofline/analytic';
import type { Phase } from '../roofline/phase';
import { type Latency, rooflineLatency, type Setting } from '../roofline/roofline';
import {
  architectureOf,
  json,
  modelOf,
  note,
  onArchitecture,
  onCache,
  onProfile,
  onSetting,
  print,
  refuseIdle,
  settingOf,
  type Values,
} from './options';

const WORDS = `
A --config is computed as it is, layer by layer. A quantised checkpoint runs as it is stored, and with the KV cache
for which it has scales, unless --precision or --kv-precision say otherwise; what was assumed is in "warnings".`;

/** Options and action of `latency`. */
export function define(command: Command): void {
  onProfile(onArchitecture(onCache(onSetting(command))))
    .addOption(
      new Option('--engine <name>', 'latency model').choices(['roofline', 'analytic']).default('roofline'),
    )
    .option('--operators', 'list the operators of each phase')
    .addOption(json())
    .addHelpText('after', WORDS)
    .action((options: Values) => {
      const isAnalytic = options.engine === 'analytic';
      if (isAnalytic)
        refuseIdle(command, ['attention', 'operators', 'kvPrecision'], 'with --engine analytic');
      const setting = settingOf(options);
      if (isAnalytic && options.profile !== 'ideal')
        refuse(`--engine analytic knows no profile; leave out --profile ${options.profile}`);
      if (isAnalytic && setting.workload.batch > 1)
        note(
          'Eqs. 30–37 carry no batch factor on the KV cache; decode is as printed, right for batch 1 only',
        );
      const isGiven = command.getOptionValueSource('precision') === 'cli';
      const model = isAnalytic ? asLayers(architectureOf(options)) : modelOf(options, isGiven);
      const latency = isAnalytic
        ? analyticLatency(architectureOf(options), setting)
        : modelLatency(model, setting);
      print(
        options,
        latencyJson(latency, options.operators === true),
        () => describeLatency(latency, setting),
        { ...setting, model },
      );
    });
}

/** Latency of a model, with a word where the workload is longer than its context. */
function modelLatency(model: LayeredModel, setting: Setting): Latency {
  const { inputTokens, outputTokens } = setting.workload;
  const tokens = inputTokens + outputTokens;
  if (model.positions !== undefined && tokens > model.positions)
    note(`${tokens} tokens are more than the ${model.positions} positions of the model`);
  return rooflineLatency(model, setting);
}

function latencyJson({ prefill, decode, ...rest }: Latency, withOperators: boolean) {
  const phase = ({ flops, weightBytes, activationBytes, kvBytes, bound }: Phase) => ({
    flops,
    weightBytes,
    activationBytes,
    kvBytes,
    bound,
  });
  const operators = { operators: { prefill: prefill.operators, decode: decode.operators } };
  return { ...rest, prefill: phase(prefill), decode: phase(decode), ...(withOperators ? operators : {}) };
}
