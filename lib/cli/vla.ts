import { type Command, Option } from 'commander';
import { refuse } from '../errors';
import { dataFile, device } from '../files/data';
import { summariseErrors } from '../measured/compare';
import { profileNamed } from '../measured/profiles';
import { columns, describeErrors, ERROR_COLUMNS } from '../report/text';
import {
  compareVlas,
  engineKind,
  readVlaMeasurements,
  type VlaComparison,
  vlaQuantities,
} from '../vla/compare';
import { withBackbone } from '../vla/design';
import { vla } from '../vla/files';
import { secondsOf, type VlaLatency, vlaLatency } from '../vla/stages';
import { countVla } from '../vla/weights';
import { precisionNames } from '../workload';
import { architectureOf, json, note, number, onProfile, print, refuseBeside, type Values } from './options';

const WORDS = `
Stages: vision (all encoders over all cameras), projector, prefill of the backbone, adapter, action (a decode step a
token, or the denoising steps of an expert). hertz is chunks per second, stages one after the other; hertzOverlapped
the most that overlapping the stages of successive chunks can give on one board; actionsPerSecond a whole chunk from
each look. Times are the roofline's: what no engine exceeds. --measured shows how far published ones are from it.`;

/** Options and action of `vla`. */
export function define(command: Command): void {
  onProfile(command)
    .option('--model <id>', 'model of data/vla.json, or a JSON file')
    .option('--device <id>', 'device of data/devices.json, or a JSON file', 'jetson-agx-orin-64gb')
    .addOption(
      new Option('--precision <name>', 'of the linear layers').choices(precisionNames).default('fp16'),
    )
    .option('--cameras <n>', "images per chunk; default the model's", number)
    .option('--prompt-tokens <n>', "words and state beside them; default the model's", number)
    .option('--horizon <n>', "actions in a chunk; default the model's", number)
    .option('--steps <n>', "denoising steps; default the model's", number)
    .option('--architecture <json>', 'another backbone, with the same vision tower and action head')
    .option('--hz <x>', 'chunks per second that are wanted', number)
    .option('--measured [file]', 'instead: predicted against published latencies, data/vla-measured.csv')
    .addOption(json())
    .addHelpText('after', WORDS)
    .action(async (options: Values) => {
      if (options.measured !== undefined) {
        refuseBeside(command, IDLE, '--measured');
        return validate(options);
      }
      if (options.model === undefined) refuse('give --model ID, or --measured');
      const named = vla(options.model as string);
      const chosen =
        options.architecture === undefined
          ? named
          : withBackbone(named, architectureOf({ architecture: options.architecture }));
      const board = device(options.device as string);
      const { cameras, promptTokens, horizon, steps } = options as Record<string, number | undefined>;
      const latency = vlaLatency(chosen, {
        device: board,
        precision: options.precision as 'fp16',
        profile: profileNamed(options.profile as string, board.id),
        ...{ cameras, promptTokens, horizon, steps },
      });
      const parameters = countVla(chosen);
      const wanted = options.hz === undefined ? undefined : secondsOf(options.hz as number);
      const keeps = wanted === undefined ? {} : { meets: latency.secondsPerChunk <= wanted };
      if (latency.fits === false) note(`${chosen.id} does not fit in the memory of ${board.id}`);
      print(options, { model: chosen.id, device: board.id, parameters, ...latency, ...keeps }, () =>
        describe(chosen.name, board.name, parameters, latency, keeps.meets),
      );
    });
}

function describe(
  name: string,
  board: string,
  parameters: number,
  latency: VlaLatency,
  meets?: boolean,
): string {
  const { stages, secondsPerChunk, hertz, hertzOverlapped, actionsPerSecond, memory, fits } = latency;
  const ms = (seconds: number) => `${(1000 * seconds).toPrecision(4)} ms`;
  return [
    `${name}, ${(parameters / 1e9).toPrecision(3)} G parameters, on ${board}`,
    ...columns(
      stages.map((stage) => [
        stage.name,
        ms(stage.seconds),
        `${(stage.flops / 1e9).toPrecision(4)} GFLOP`,
        `${(stage.bytes / 1e9).toPrecision(4)} GB`,
        `${stage.bound}-bound`,
      ]),
    ),
    `a chunk in ${ms(secondsPerChunk)}: ${hertz.toPrecision(3)} Hz, at most ${hertzOverlapped.toPrecision(3)} Hz with stages overlapped; ${actionsPerSecond.toPrecision(3)} actions a second`,
    `memory ${(memory.totalBytes / 1e9).toPrecision(3)} GB${fits === null ? '' : fits ? ', fits' : ', does NOT fit'}`,
    ...(meets === undefined ? [] : [meets ? 'keeps the rate' : 'does NOT keep the rate']),
  ].join('\n');
}

/** Options that say nothing beside `--measured`, whose rows say it all. */
const IDLE = [
  'model',
  'device',
  'precision',
  'cameras',
  'promptTokens',
  'horizon',
  'steps',
  'architecture',
  'hz',
];

async function validate(options: Values): Promise<void> {
  const file = options.measured === true ? dataFile('vla-measured.csv') : (options.measured as string);
  const measurements = await readVlaMeasurements(file);
  const compared = compareVlas(measurements, ({ device: board }) =>
    profileNamed(options.profile as string, board.id),
  );
  const errors = (keep: (each: VlaComparison) => boolean) => summariseErrors(compared.filter(keep));
  const by = (read: (each: VlaComparison) => string) => {
    const names = [...new Set(compared.map(read))].sort();
    const total = (name: string) => errors((each) => each.quantity === 'total' && read(each) === name);
    return Object.fromEntries(names.map((name) => [name, total(name)]));
  };
  const value = {
    rows: measurements.length,
    byQuantity: Object.fromEntries(vlaQuantities.map((q) => [q, errors((each) => each.quantity === q)])),
    byEngineKind: by(({ measurement }) => engineKind(measurement.engine)),
    byModel: by(({ measurement }) => measurement.vla.id),
    byDevice: by(({ measurement }) => measurement.device.id),
  };
  print(options, value, () => {
    const groups = Object.entries({
      ...value.byQuantity,
      ...value.byEngineKind,
      ...value.byModel,
      ...value.byDevice,
    });
    return columns([ERROR_COLUMNS, ...groups.map(([name, each]) => describeErrors(name, '', each))]).join(
      '\n',
    );
  });
}
