import type { Command } from 'commander';

/** Options and action of `reproduce`. */
export function define(command: Command): void {
  command
    .argument('[notebooks...]', 'names, e.g. 03-law-fit; default all')
    .action(async (names: string[]) => {
      const { reproduce } = await import('../notebook/reproduce.js');
      process.exitCode = await reproduce(names);
    });
}
