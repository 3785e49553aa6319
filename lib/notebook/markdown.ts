import katexPlugin from '@vscode/markdown-it-katex';
import hljs from 'highlight.js/lib/core';
import typescript from 'highlight.js/lib/languages/typescript';
import MarkdownIt from 'markdown-it';
import { escapeHtml } from '../report/html';

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
 * beginning with `prefix`; links to other notebooks become links within the page; an image that is not in the
 * text itself becomes a link, because the page asks nothing of the network.
 */
export function renderMarkdown(source: string, prefix: string): { html: string; headings: Heading[] } {
  const headings: Heading[] = [];
  const highlight = (code: string, language: string) =>
    ['ts', 'typescript', 'js', 'javascript'].includes(language) ? highlightCode(code) : '';
  const markdown = new MarkdownIt({ html: false, highlight });
  // The plugin is an ES module compiled to CommonJS: its function may stand one level deeper.
  const plugin = (katexPlugin as unknown as { default?: typeof katexPlugin }).default ?? katexPlugin;
  markdown.use(plugin, { throwOnError: false });
  const { rules } = markdown.renderer;
  rules.heading_open = (tokens, i, options, _env, self) => {
    const text = (tokens[i + 1].children ?? []).map((token) => token.content).join('');
    const slug = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
      .replaceAll(/^-|-$/g, '');
    const base = slug === '' ? prefix : `${prefix}-${slug}`;
    const id = headings.some((heading) => heading.id === base) ? `${base}-${headings.length}` : base;
    headings.push({ level: Number(tokens[i].tag.slice(1)), text, id });
    tokens[i].attrSet('id', id);
    return self.renderToken(tokens, i, options);
  };
  rules.link_open = (tokens, i, options, _env, self) => {
    const notebook = /^(?:\.\/)?([^/?#]+)\.ipynb(?:#.*)?$/.exec(tokens[i].attrGet('href') ?? '');
    if (notebook) tokens[i].attrSet('href', `#${notebook[1]}`);
    return self.renderToken(tokens, i, options);
  };
  const renderImage = rules.image!;
  rules.image = (tokens, i, options, env, self) => {
    const address = tokens[i].attrGet('src') ?? '';
    if (address.startsWith('data:')) return renderImage(tokens, i, options, env, self);
    return `<a href="${escapeHtml(address)}">${escapeHtml(tokens[i].content || address)}</a>`;
  };
  return { html: markdown.render(source), headings };
}
