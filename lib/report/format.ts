/** The notebook format (nbformat 4), as far as we read and write it. */

export type MimeBundle = Record<string, unknown>;

export type Output =
  | { output_type: 'stream'; name: 'stdout' | 'stderr'; text: string }
  | { output_type: 'display_data'; data: MimeBundle; metadata: object }
  | { output_type: 'execute_result'; data: MimeBundle; metadata: object; execution_count: number | null }
  | { output_type: 'error'; ename: string; evalue: string; traceback: string[] };

export interface Cell {
  cell_type: 'code' | 'markdown' | 'raw';
  id?: string;
  source: string | string[];
  metadata: { tags?: string[] } & Record<string, unknown>;
  outputs?: Output[];
  execution_count?: number | null;
}

export interface Notebook {
  cells: Cell[];
  metadata: Record<string, unknown>;
  nbformat: number;
  nbformat_minor: number;
}

/** A cell's source, or an output's text, which files may hold as lines. */
export function joined(text: string | string[]): string {
  return Array.isArray(text) ? text.join('') : text;
}

/** MIME type of Plotly figures, which Jupyter front ends know. */
export const PLOTLY_MIME = 'application/vnd.plotly.v1+json';
/** MIME type of claims with their verdicts. */
export const AUDIT_MIME = 'application/vnd.colaw.audit+json';
