/** What comes of checking a statement of the paper. */
export const verdicts = [
  'reproduced',
  'corrected',
  'contradicts itself',
  'differs',
  'not checkable',
] as const;
export type Verdict = (typeof verdicts)[number];

/** What a check found. */
export interface Finding {
  verdict: Verdict;
  /** Our value, for people. */
  ours: string;
  /** What was compared with what. */
  how: string;
  /** Our value as a number, where it is one. */
  value?: number;
  /** The numbers behind it, where a figure is drawn of them. */
  numbers?: object;
}

/**
 * How many claims have each verdict, in the order of `verdicts`.
 *
 * @example countVerdicts([{ verdict: 'differs' }]).differs // 1
 */
export function countVerdicts(audited: readonly { verdict: Verdict }[]): Record<Verdict, number> {
  const count = (verdict: Verdict) => audited.filter((each) => each.verdict === verdict).length;
  return Object.fromEntries(verdicts.map((verdict) => [verdict, count(verdict)])) as Record<Verdict, number>;
}

type Found = Omit<Finding, 'verdict'>;

/** The statement holds, or it does not. */
export function compared(holds: boolean, found: Found): Finding {
  return { verdict: holds ? 'reproduced' : 'differs', ...found };
}

/** A formula of the paper that fails its own premises; ours, derived from the same premises, holds or not. */
export function corrected(printedHolds: boolean, oursHolds: boolean, found: Found): Finding {
  return { verdict: printedHolds ? 'reproduced' : oursHolds ? 'corrected' : 'differs', ...found };
}

/** Two statements of the paper that agree, or do not. */
export function consistent(agree: boolean, found: Found): Finding {
  return { verdict: agree ? 'reproduced' : 'contradicts itself', ...found };
}

/** Whether two numbers agree to a relative tolerance. */
export function isClose(a: number, b: number, tolerance = 1e-9): boolean {
  return Math.abs(a - b) <= tolerance * Math.max(Math.abs(a), Math.abs(b));
}

/** Whether `value` is `printed` to the digits that the paper prints, e.g. 0.4375 is "0.44". */
export function roundsTo(value: number, printed: string): boolean {
  const decimals = printed.split('.')[1]?.length ?? 0;
  return Number(value.toFixed(decimals)) === Number(printed);
}
