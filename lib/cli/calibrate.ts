import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { dataFile } from '../files/data';
import { readMeasurements } from '../measured/read-measurements';
import { columns, describeErrors, ERROR_COLUMNS } from '../report/text';
import { json, print, type Values } from './options';

/** Options and action of `calibrate`. */
export function define(command: Command): void {
  command
    .option('--measured <file>', 'CSV with the columns of data/measured.csv', dataFile('measured.csv'))
    .requiredOption('--out <file>', 'JSON file to write, as data/profiles.json')
    .addOption(json())
    .action(async (options: Values) => {
      const { calibrate, calibrationText } = await import('../measured/calibration.js');
      const measurements = await readMeasurements(options.measured as string);
      const named = options.measured as string;
      const table = named === dataFile('measured.csv') ? 'data/measured.csv' : named;
      const source = `fitted to ${table} (${measurements.length} rows) by \`colaw calibrate\``;
      const result = await calibrate(measurements, { source });
      writeFileSync(options.out as string, calibrationText(result));
      print(options, result.errors, () =>
        columns([
          ERROR_COLUMNS,
          ...Object.entries(result.errors).flatMap(([name, { prefill, decode }]) => [
            describeErrors(`${name}, prefill`, '', prefill),
            describeErrors(`${name}, decode`, '', decode),
          ]),
        ]).join('\n'),
      );
    });
}
