/** Node only: the frame of a self-contained HTML page. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../files/data';

export interface PageParts {
  title: string;
  /** Sources of scripts and fonts beyond the page's own text, as content security policy directives. */
  policy: string;
  /** Style sheets, after the one that all pages share. */
  styles: readonly string[];
  /** What stands in the body, scripts included. */
  body: string;
}

/** A page with its styles inlined and a content security policy by which no request leaves it. */
export function selfContainedPage({ title, policy, styles, body }: PageParts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; ${policy}">
<title>${title}</title>
${[readAsset('report', 'page.css'), ...styles].map((style) => `<style>${style}</style>`).join('\n')}
</head>
<body>
${body}
</body>
</html>
`;
}

/** Text of a file of the package that is not a module: a style sheet, a page's script. */
export function readAsset(...path: string[]): string {
  return readFileSync(join(packageFolder, ...path), 'utf8');
}
