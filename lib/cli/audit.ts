import type { Command } from 'commander';
import { auditPaper, selectClaims } from '../audit/audit';
import { countVerdicts } from '../audit/verdict';
import { dataFile } from '../files/data';
import { law } from '../files/law';
import { columns } from '../report/text';
import { json, print, type Values } from './options';

/** Options and action of `audit`. */
export function define(command: Command): void {
  command
    .argument('[places...]', 'places of the paper, parts or ids, e.g. §4.3.4; default all')
    .option('--law <file>', 'law as JSON', dataFile('law.json'))
    .addOption(json())
    .action(async (places: string[], options: Values) => {
      const claims = await auditPaper({ law: law(options.law as string), claims: selectClaims(places) });
      const counts = countVerdicts(claims);
      print(options, { counts, claims }, () =>
        [
          ...columns(claims.map(({ verdict, id, place, ours }) => [verdict, id, place, ours])),
          '',
          ...columns(Object.entries(counts).map(([verdict, count]) => [verdict, String(count)])),
        ].join('\n'),
      );
    });
}
