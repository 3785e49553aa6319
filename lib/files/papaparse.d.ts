/** The parts of papaparse that are used; the package carries no types. */
declare module 'papaparse' {
  interface Step {
    data: string[][];
    errors: { type: string; message: string }[];
    /** Characters of the text read so far. */
    meta: { cursor: number };
  }
  interface Options {
    delimiter: string;
    newline: string;
    comments: string;
    step: (row: Step) => void;
  }
  /** The core parser, which streams are fed to piece by piece. */
  export class Parser {
    constructor(options: Options);
    parse(text: string, baseIndex: number, ignoreLastRow: boolean): Step;
  }
  export function parse<Row>(
    text: string,
    options: { header: true; comments: string; skipEmptyLines: true },
  ): { data: Row[]; meta: { fields?: string[] } };
}
