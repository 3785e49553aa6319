import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import type { Command } from 'commander';
import type { Architecture } from '../architecture';
import { countSpace } from '../count';
import { refuse } from '../errors';
import { architectureRow, architecturesHeader } from '../files/architectures';
import { readSpace } from '../files/space';
import { jsonCount } from '../frontier/answer';
import { sampleOf } from '../sample';
import { eachArchitecture, paperSpace } from '../space';
import { json, number, onSpace, print, refuseIdle, type Values } from './options';

/** Rows that are written together. */
const BATCH = 10_000;

/** Options and action of `enumerate`. */
export function define(command: Command): void {
  onSpace(command)
    .option('--count <n>', 'size of the sample; without it the whole space', number)
    .option('--seed <n>', 'seed of the sample', number, 0)
    .option('--out <file>', 'CSV file to write; with --space and without it, the space is counted')
    .addOption(json())
    .action(async (options: Values) => {
      if (options.count === undefined) refuseIdle(command, ['seed'], 'without --count');
      const out = options.out as string | undefined;
      if (out === undefined && (options.space === undefined || options.count !== undefined))
        refuse('give --out, the CSV file to write');
      const space = options.space === undefined ? paperSpace : readSpace(options.space as string);
      const size = countSpace(space);
      if (size === 0n) refuse('the rules of the space leave no architecture');
      if (out === undefined) {
        print(
          options,
          { count: jsonCount(size), space: jsonCount(size) },
          () => `the space holds ${grouped(size)} architectures`,
        );
        return;
      }
      const chosen =
        options.count === undefined
          ? eachArchitecture(space)
          : sampleOf(space, options.count as number, options.seed as number);
      const count = options.count === undefined ? size : BigInt(options.count as number);
      const written = await write(out, chosen, Number(count), space.vocabulary !== undefined);
      print(
        options,
        { count: written, space: jsonCount(size), out },
        () => `${grouped(BigInt(written))} of ${grouped(size)} architectures written to ${out}`,
      );
    });
}

/** Writes architectures one batch after the other, in memory that does not grow; returns how many they were. */
async function write(
  file: string,
  architectures: Iterable<Architecture>,
  count: number,
  hasVocabulary: boolean,
): Promise<number> {
  const { SingleBar } = await import('cli-progress');
  const bar = new SingleBar({
    format: 'writing {bar} {percentage} %, {eta_formatted} left',
    clearOnComplete: true,
  });
  bar.start(count, 0);
  const stream = createWriteStream(file);
  try {
    await once(stream, 'open');
    let written = 0;
    let rows = architecturesHeader(hasVocabulary);
    for (const architecture of architectures) {
      rows += architectureRow(architecture, hasVocabulary);
      if (++written % BATCH !== 0) continue;
      if (!stream.write(rows)) await once(stream, 'drain');
      rows = '';
      bar.update(written);
    }
    stream.end(rows);
    await once(stream, 'finish');
    return written;
  } finally {
    bar.stop();
  }
}

const grouped = (count: bigint) => count.toLocaleString('en');
