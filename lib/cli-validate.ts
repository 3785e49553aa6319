/** Node only: predicted against measured, and profiles fitted to measurements. */
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { json, type Values } from './cli-options';
import { dataFile } from './data';
import { refuse } from './errors';
import { compare, type ErrorSummary, summariseValidation, type Validation } from './measured/compare';
import { calibrationNamed, heldOutProfiles, profileNamed } from './measured/profiles';
import { readMeasurements } from './measured/read-measurements';
import { columns } from './report';

const WORDS = `
Errors are |predicted / measured - 1| in percent. Bias is the geometric mean of predicted / measured,
minus 1, in percent: below 0 where predictions are too fast. Spearman is the rank correlation.
"decode" is seconds per token of the answer; rows timed end to end count there, prefill included on both sides.
--profile fitted, or a file of \`colaw calibrate\`, predicts each row by the profile of its engine and board that was
fitted WITHOUT the row's model; where the pair was not measured, by that of the engine, the board, or all.
Numbers faster than the hardware can be, by more than 10 %, or many times slower, are refused as wrong units.
"model" is one of data/models.json or the path of a Hugging Face config.json; "device" may be a JSON file.`;

/** Adds `validate` and `calibrate`. */
export function addValidate(
  program: Command,
  print: (options: Values, value: object, describe: () => string) => void,
): void {
  program
    .command('validate')
    .description('predicted against measured latencies')
    .option('--measured <file>', 'CSV with the columns of data/measured.csv', dataFile('measured.csv'))
    .option('--device <id>', 'only the measurements on this device')
    .option('--profile <name>', 'ideal, fitted, a name in data/profiles.json or a file *.json', 'ideal')
    .addOption(json())
    .addHelpText('after', WORDS)
    .action(async (options: Values) => {
      const file = options.measured as string;
      const all = await readMeasurements(file);
      const wanted = options.device as string | undefined;
      const measurements = all.filter(({ device }) => wanted === undefined || device.id === wanted);
      if (measurements.length === 0) {
        const known = [...new Set(all.map(({ device }) => device.id))].sort().join(', ');
        refuse(`${file} has no measurement on "${wanted}"; it has ${known}`);
      }
      const name = options.profile as string;
      const fitted = calibrationNamed(name);
      const one = fitted === undefined ? profileNamed(name, '') : undefined;
      const choose = fitted === undefined ? () => one! : heldOutProfiles(fitted);
      const validation = summariseValidation(compare(measurements, choose));
      print(options, validation, () => describeValidation(validation));
    });

  program
    .command('calibrate')
    .description('fit profiles of engines and boards to measurements')
    .option('--measured <file>', 'CSV with the columns of data/measured.csv', dataFile('measured.csv'))
    .requiredOption('--out <file>', 'JSON file to write, as data/profiles.json')
    .addOption(json())
    .action(async (options: Values) => {
      const { calibrate, calibrationText } = await import('./measured/calibration.js');
      const measurements = await readMeasurements(options.measured as string);
      const named = options.measured as string;
      const table = named === dataFile('measured.csv') ? 'data/measured.csv' : named;
      const source = `fitted to ${table} (${measurements.length} rows) by \`colaw calibrate\``;
      const result = await calibrate(measurements, { source });
      writeFileSync(options.out as string, calibrationText(result));
      print(options, result.errors, () =>
        columns([
          HEAD,
          ...Object.entries(result.errors).flatMap(([name, { prefill, decode }]) => [
            describeErrors(`${name}, prefill`, '', prefill),
            describeErrors(`${name}, decode`, '', decode),
          ]),
        ]).join('\n'),
      );
    });
}

const HEAD = ['', 'rows', 'median error', 'mean error', 'Spearman', 'bias'];

function describeValidation(validation: Validation): string {
  const groups = [
    { name: 'all', ...validation },
    ...[...Object.entries(validation.byDevice), ...Object.entries(validation.byEngine)].map(
      ([name, group]) => ({ name, ...group }),
    ),
  ];
  return [
    ...columns([
      HEAD,
      ...groups.flatMap(({ name, rows, prefill, decode }) => [
        describeErrors(`${name}, prefill`, '', prefill),
        describeErrors(`${name}, decode`, String(rows), decode),
      ]),
    ]),
    '',
    'furthest off:',
    ...columns(
      validation.worst.map(({ id, quantity, model, measuredSeconds, predictedSeconds }) => [
        id,
        quantity,
        model,
        `measured ${measuredSeconds.toPrecision(3)} s`,
        `predicted ${predictedSeconds.toPrecision(3)} s`,
      ]),
    ),
  ].join('\n');
}

function describeErrors(name: string, rows: string, errors: ErrorSummary): string[] {
  const percent = (value: number | null) => (value === null ? '–' : `${value.toFixed(1)} %`);
  const { medianAbsolutePercentError, meanAbsolutePercentError, spearman, bias } = errors;
  return [
    name,
    rows,
    percent(medianAbsolutePercentError),
    percent(meanAbsolutePercentError),
    spearman === null ? '–' : spearman.toFixed(3),
    percent(bias),
  ];
}
