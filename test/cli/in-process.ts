import { vi } from 'vitest';
import { run } from '../../lib/cli/run';

/** What a command line did, and the processor time that it took. */
export interface Outcome {
  code: number;
  out: string;
  err: string;
  cpuSeconds: number;
}

/** Runs a command line in this process: as the real command does, but for the start of Node. */
export async function runHere(...args: string[]): Promise<Outcome> {
  const said = { log: '', warn: '', error: '' };
  const spies = (['log', 'warn', 'error'] as const).map((name) =>
    vi.spyOn(console, name).mockImplementation((...parts: unknown[]) => {
      said[name] += `${parts.map((part) => (part instanceof Error ? part.stack : String(part))).join(' ')}\n`;
    }),
  );
  const before = process.cpuUsage();
  try {
    const code = (await run(args)) ?? 0;
    const { user, system } = process.cpuUsage(before);
    return { code, out: said.log, err: said.warn + said.error, cpuSeconds: (user + system) / 1e6 };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** The command line with `--json`, where there is such an answer. */
export function asJson(args: readonly string[]): string[] {
  return args[0] === 'explore' ? [...args] : [...args, '--json'];
}

/** What is wrong with the outcome of a command line that should have been refused; undefined where it was, properly. */
export function notRefused({ code, out, err, cpuSeconds }: Outcome): string | undefined {
  if (code !== 2) return `exit code ${code}: ${(out || err).slice(0, 300)}`;
  if (out !== '') return `standard output: ${out.slice(0, 200)}`;
  if (!/^colaw: [^\n]+\n$/.test(err)) return `not one line: ${err.slice(0, 300)}`;
  if (err.length > 2000) return `a line of ${err.length} characters`;
  if (/\bat .*:\d+:\d+|node_modules|\[object Object\]/.test(err))
    return `speaks of the program: ${err.slice(0, 300)}`;
  return cpuSeconds > 2 ? `${cpuSeconds} s of processor time` : undefined;
}

/** What is wrong with the outcome where an answer is as good as a refusal: it is finite, or refused. */
export function notFinite(outcome: Outcome): string | undefined {
  if (outcome.code !== 0) return notRefused(outcome);
  // What is infinite, or not known, would be null.
  if (/\b(NaN|Infinity|null)\b|"points":\[\]/.test(outcome.out))
    return `answers ${outcome.out.slice(0, 300)}`;
  return outcome.cpuSeconds > 2 ? `${outcome.cpuSeconds} s of processor time` : undefined;
}

/** The command lines that did not go as they should, each with what is wrong. */
export async function failures(
  lines: readonly { what: string; args: readonly string[] }[],
  judge: (outcome: Outcome) => string | undefined = notRefused,
): Promise<string[]> {
  const failed: string[] = [];
  for (const { what, args } of lines) {
    const wrong = judge(await runHere(...args));
    if (wrong !== undefined) failed.push(`${args[0]}: ${what}: ${wrong}`);
  }
  return failed;
}
