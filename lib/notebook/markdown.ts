import katexPlugin from '@vscode/markdown-it-katex';
import hljs from 'highlight.js/lib/core';
import typescript from 'highlight.js/lib/languages/typescript';
import MarkdownIt from 'markdown-it';

hljs.registerLanguage('typescript', typescript);

/** A heading of a rendered text. */
export interface Heading {
  level: number;
  text: string;
  id: string;
}

/** TypeScript as coloured HTML. */
export function highlightCode(code: string): string {
  return hljs.highlight(code, { language: 'typescript' }).value;
}

/**
 * Renders Markdown with formulas between dollar signs. HTML in it is shown, not obeyed. Headings get ids
 * beginning with `prefix`; links to other notebooks become links within the page.
 */
export function renderMarkdown(source: string, prefix: string): { html: string; headings: Heading[] } {
  const headings: Heading[] = [];
  const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false, highlight: highlightCode });
  // The plugin is an ES module compiled to CommonJS: its function may stand one level deeper.
  const plugin = (katexPlugin as unknown as { default?: typeof katexPlugin }).default ?? katexPlugin;
  markdown.use(plugin, { throwOnError: false });
  markdown.renderer.rules.heading_open = (tokens, i, options, _env, self) => {
    const text = (tokens[i + 1].children ?? []).map((token) => token.content).join('');
    const slug = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '');
    const base = slug === '' ? prefix : `${prefix}-${slug}`;
    const id = headings.some((heading) => heading.id === base) ? `${base}-${headings.length}` : base;
    headings.push({ level: Number(tokens[i].tag.slice(1)), text, id });
    tokens[i].attrSet('id', id);
    return self.renderToken(tokens, i, options);
  };
  markdown.renderer.rules.link_open = (tokens, i, options, _env, self) => {
    const href = tokens[i].attrGet('href') ?? '';
    const notebook = /^(?:\.\/)?([\w.-]+)\.ipynb$/.exec(href);
    if (notebook) tokens[i].attrSet('href', `#${notebook[1]}`);
    return self.renderToken(tokens, i, options);
  };
  return { html: markdown.render(source), headings };
}
