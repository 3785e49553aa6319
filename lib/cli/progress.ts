/** Runs work with a bar on standard error, where that is a terminal. */
export async function withProgress<T>(
  doing: string,
  work: (onProgress: (share: number) => void) => Promise<T>,
): Promise<T> {
  const { SingleBar } = await import('cli-progress');
  const bar = new SingleBar({ format: `${doing} {bar} {percentage} %`, clearOnComplete: true });
  bar.start(100, 0);
  return work((share) => bar.update(Math.round(100 * share))).finally(() => bar.stop());
}
