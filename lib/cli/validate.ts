import type { Command } from 'commander';
import { dataFile } from '../files/data';
import { compare, summariseValidation, type Validation } from '../measured/compare';
import { calibrationNamed, heldOutProfiles, profileNamed } from '../measured/profiles';
import { readOn } from '../measured/read-measurements';
import { columns, describeErrors, ERROR_COLUMNS } from '../report/text';
import { json, print, type Values } from './options';

const WORDS = `
Errors are |predicted / measured - 1| in percent. Bias is the geometric mean of predicted / measured,
minus 1, in percent: below 0 where predictions are too fast. Spearman is the rank correlation.
"decode" is seconds per token of the answer; rows timed end to end count there, prefill included on both sides.
--profile fitted, or a file of \`colaw calibrate\`, predicts each row by the profile of its engine and board that was
fitted WITHOUT the row's model; where the pair was not measured, by that of the engine, the board, or all.
Numbers faster than the hardware can be, by more than 10 %, or many times slower, are refused as wrong units.
"model" is one of data/models.json or the path of a Hugging Face config.json; "device" may be a JSON file.`;

/** Options and action of `validate`. */
export function define(command: Command): void {
  command
    .option(
      '--measured <files>',
      'CSV with the columns of data/measured.csv; commas between',
      dataFile('measured.csv'),
    )
    .option('--device <id>', 'only the measurements on this device, or on that of a JSON file')
    .option('--profile <name>', 'ideal, fitted, a name in data/profiles.json or a file *.json', 'ideal')
    .addOption(json())
    .addHelpText('after', WORDS)
    .action(async (options: Values) => {
      const file = options.measured as string;
      const measurements = await readOn(file, options.device as string | undefined);
      const name = options.profile as string;
      const fitted = calibrationNamed(name);
      const one = fitted === undefined ? profileNamed(name, '') : undefined;
      const choose = fitted === undefined ? () => one! : heldOutProfiles(fitted);
      const validation = summariseValidation(compare(measurements, choose));
      print(options, validation, () => describeValidation(validation));
    });
}

function describeValidation(validation: Validation): string {
  const groups = [
    { name: 'all', ...validation },
    ...[...Object.entries(validation.byDevice), ...Object.entries(validation.byEngine)].map(
      ([name, group]) => ({ name, ...group }),
    ),
  ];
  return [
    ...columns([
      ERROR_COLUMNS,
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
