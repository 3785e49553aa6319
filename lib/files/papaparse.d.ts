/** The part of papaparse that `table.ts` uses; the package carries no types. */
declare module 'papaparse' {
  interface Step {
    data: string[];
    errors: { type: string; message: string }[];
    /** Characters of the text read so far. */
    meta: { cursor: number };
  }
  interface Options {
    delimiter: string;
    newline: string;
    comments: string;
    skipEmptyLines: true;
    chunkSize: number;
    step: (row: Step) => void;
  }
  export function parse(text: string, options: Options): void;
}
