import type { Command } from 'commander';

/** Options and action of `lab`. */
export function define(command: Command): void {
  command.action(async () => {
    const { lab } = await import('../notebook/lab.js');
    process.exitCode = await lab();
  });
}
