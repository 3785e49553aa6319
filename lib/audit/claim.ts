/** One row of the closing table: what the paper says, what we get. */
export interface Claim {
  /** Stable identifier, e.g. `fit-r2-train`. */
  id: string;
  /** The claim in words, with its place in the paper, e.g. `Training R² of the fitted law (Fig. 4)`. */
  claim: string;
  /** The paper's value as the paper prints it. */
  paper: string;
  /** Our value, computed, formatted for people. */
  ours: string;
  verdict: 'reproduced' | 'differs';
  /** One line: why it differs, or what was checked. */
  why: string;
  /** Our value as a number, for `results.json`. */
  value?: number;
}
