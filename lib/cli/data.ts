import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { dataFile } from '../files/data';
import { law } from '../files/law';
import { reconstructRuns, runsCsv } from '../law/reconstruct';

/** Options and action of `data`. */
export function define(command: Command): void {
  command.action(() => writeFileSync(dataFile('runs-170.csv'), runsCsv(reconstructRuns(law()))));
}
