import { accessSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import type { Calibration } from '../measured/calibration';
import type { PhaseErrors } from '../measured/compare';
import { readOn, shippedTables } from '../measured/read-measurements';
import { columns, describeErrors, ERROR_COLUMNS } from '../report/text';
import { json, note, print, type Values } from './options';

/** Options and action of `calibrate`. */
export function define(command: Command): void {
  command
    .option(
      '--measured <files>',
      'CSV files with the columns of data/measured.csv, with commas between; default all that ship',
    )
    .option('--device <id>', 'only the measurements on this device, or on that of a JSON file')
    .requiredOption('--out <file>', 'JSON file to write, as data/profiles.json')
    .addOption(json())
    .action(async (options: Values) => {
      accessSync(dirname(options.out as string));
      const { calibrate, calibrationText, isFitted } = await import('../measured/calibration.js');
      const named = options.measured as string | undefined;
      const measurements = await readOn(named ?? shippedTables, options.device as string | undefined);
      const tables = named ?? 'data/measured.csv and data/measured-more.csv';
      const fitted = measurements.filter(isFitted).length;
      const counted =
        fitted === measurements.length ? `${fitted} rows` : `${fitted} of ${measurements.length} rows`;
      const source = `fitted to ${tables} (${counted}) by \`colaw calibrate\``;
      const result = await calibrate(measurements, { source });
      if (new Set(measurements.map(({ model }) => model)).size < 2)
        note('one model alone says nothing of other models: errors without it, and intervals, are not known');
      writeFileSync(options.out as string, calibrationText(result));
      print(options, result.errors, () =>
        columns([
          ERROR_COLUMNS,
          ...namedErrors(result.errors).flatMap(([name, { prefill, decode }]) => [
            describeErrors(`${name}, prefill`, '', prefill),
            describeErrors(`${name}, decode`, '', decode),
          ]),
        ]).join('\n'),
      );
    });
}

function namedErrors({ test, ...others }: Calibration['errors']): [string, PhaseErrors][] {
  const { rows, ...kinds } = test ?? { rows: 0 };
  const tested = Object.entries(kinds).map(
    ([kind, errors]) => [`test, ${kind}`, errors] as [string, PhaseErrors],
  );
  return [...Object.entries(others), ...tested];
}
