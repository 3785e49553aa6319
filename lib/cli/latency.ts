import { type Command, Option } from 'commander';
import { refuse } from '../errors';
import { describeLatency } from '../report/text';
import { analyticLatency } from '../roofline/analytic';
import type { Phase } from '../roofline/phase';
import { type Latency, rooflineLatency } from '../roofline/roofline';
import {
  architectureOf,
  json,
  note,
  onArchitecture,
  onProfile,
  onSetting,
  print,
  refuseIdle,
  settingOf,
  type Values,
} from './options';

/** Options and action of `latency`. */
export function define(command: Command): void {
  onProfile(onArchitecture(onSetting(command)))
    .addOption(
      new Option('--engine <name>', 'latency model').choices(['roofline', 'analytic']).default('roofline'),
    )
    .option('--operators', 'list the operators of each phase')
    .addOption(json())
    .action((options: Values) => {
      const isAnalytic = options.engine === 'analytic';
      if (isAnalytic) refuseIdle(command, ['attention', 'operators'], 'with --engine analytic');
      const setting = settingOf(options);
      const architecture = architectureOf(options);
      if (isAnalytic && options.profile !== 'ideal')
        refuse(`--engine analytic knows no profile; leave out --profile ${options.profile}`);
      if (isAnalytic && setting.workload.batch > 1)
        note(
          'Eqs. 30–37 carry no batch factor on the KV cache; decode is as printed, right for batch 1 only',
        );
      const latency = isAnalytic
        ? analyticLatency(architecture, setting)
        : rooflineLatency(architecture, setting);
      print(
        options,
        latencyJson(latency, options.operators === true),
        () => describeLatency(latency, setting),
        { ...setting, architecture },
      );
    });
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
