/** A figure is a value: a name for its file, and what Plotly draws. No I/O. */
export interface Figure {
  /** File name without extension, e.g. `figure-5-frontiers`. */
  name: string;
  data: Record<string, unknown>[];
  layout: Record<string, unknown>;
}
