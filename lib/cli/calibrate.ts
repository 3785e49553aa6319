import { accessSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { dataFile } from '../files/data';
import { readMeasurements } from '../measured/read-measurements';
import { columns, describeErrors, ERROR_COLUMNS } from '../report/text';
import { json, note, print, type Values } from './options';

/** Options and action of `calibrate`. */
export function define(command: Command): void {
  command
    .option('--measured <file>', 'CSV with the columns of data/measured.csv', dataFile('measured.csv'))
    .requiredOption('--out <file>', 'JSON file to write, as data/profiles.json')
    .addOption(json())
    .action(async (options: Values) => {
      accessSync(dirname(options.out as string));
      const { calibrate, calibrationText } = await import('../measured/calibration.js');
      const measurements = await readMeasurements(options.measured as string);
      const named = options.measured as string;
      const table = named === dataFile('measured.csv') ? 'data/measured.csv' : named;
      const source = `fitted to ${table} (${measurements.length} rows) by \`colaw calibrate\``;
      const result = await calibrate(measurements, { source });
      if (new Set(measurements.map(({ model }) => model)).size < 2)
        note('one model alone says nothing of other models: errors without it, and intervals, are not known');
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
