import { describe, expect, it } from 'vitest';
import type { Run } from '../../lib/notebook/run';
import { workbook } from '../../lib/notebook/workbook';
import { AUDIT_MIME, type MimeBundle, type Output, PLOTLY_MIME } from '../../lib/report/format';
import { code, makeNotebook, markdown } from './project';

const SCRIPT = '<script>alert(1)</script>';

function run(name: string, ...cells: Run['notebook']['cells']): Run {
  return { name, notebook: makeNotebook(...cells), seconds: 1 };
}

/** The page's articles for notebooks of one cell, whose outputs are given. */
function articleOf(...outputs: Output[]): string {
  return articles(run('01-one', { ...code('1'), outputs }));
}

function articles(...runs: Run[]): string {
  const page = workbook(runs);
  return page.slice(page.indexOf('<article'), page.indexOf('<section id="claims">'));
}

function display(data: MimeBundle): Output {
  return { output_type: 'display_data', data, metadata: {} };
}

describe('the workbook escapes', () => {
  it('what is printed, thrown and shown as text', () => {
    const html = articleOf(
      { output_type: 'stream', name: 'stdout', text: SCRIPT },
      { output_type: 'error', ename: 'Error', evalue: SCRIPT, traceback: [SCRIPT] },
      display({ 'text/plain': SCRIPT }),
    );
    expect(html).not.toContain('<script>');
    expect(html.match(/&lt;script&gt;alert\(1\)&lt;\/script&gt;/g)).toHaveLength(3);
  });

  it('HTML in Markdown, and a link that is a script', () => {
    const html = articles(run('01', markdown(`# Title ${SCRIPT}\n\n${SCRIPT}\n\n[x](javascript:alert(1))`)));
    expect(html).not.toContain('<script>');
    expect(html).not.toContain('href="javascript');
  });

  it('claims, in their cell and in the closing table', () => {
    const words = { part: SCRIPT, place: SCRIPT, says: SCRIPT, paper: SCRIPT, ours: SCRIPT, why: SCRIPT };
    for (const count of [1, 100]) {
      const claims = Array.from({ length: count }, (_, i) => ({
        ...words,
        id: `${SCRIPT}${i}`,
        verdict: 'differs',
      }));
      const page = workbook([
        run(`01"${SCRIPT}`, { ...code('1'), outputs: [display({ [AUDIT_MIME]: claims })] }),
      ]);
      expect(page).not.toContain(SCRIPT);
      expect(page).toContain('&lt;script&gt;');
    }
  });

  it('code, the names of notebooks and errors', () => {
    const page = workbook([{ ...run(`01"${SCRIPT}`, code(`'${SCRIPT}'`)), error: SCRIPT }]);
    expect(page).not.toContain(SCRIPT);
    expect(page).toContain('01&quot;&lt;script&gt;');
  });

  it("a figure's text, which stays what it was", () => {
    const text = `</script>${SCRIPT}`;
    const plotly = { data: [{ type: 'scatter', name: text }], layout: { meta: { name: text } } };
    const html = articleOf(display({ [PLOTLY_MIME]: plotly }));
    expect(html).not.toContain(SCRIPT);
    const json = /<script type="application\/json">(.*?)<\/script>/.exec(html)![1];
    expect(JSON.parse(json)).toEqual(plotly);
  });

  it('HTML by type only as far as it is harmful', () => {
    const html = articleOf(
      display({
        'text/html':
          `<table class="figure" id="top" onclick="alert(1)"><tr><td style="text-align:right;position:fixed">1</td></tr></table>` +
          `${SCRIPT}<img src="https://example.org/x.png"><iframe src="https://example.org"></iframe>` +
          `<a href="javascript:alert(1)">x</a><style>* { display: none }</style>`,
      }),
    );
    expect(html).toContain('<table><tr><td style="text-align:right">1</td></tr></table>');
    for (const bad of ['onclick', 'alert', '<img', '<iframe', '<style', 'position', 'id="top"'])
      expect(html).not.toContain(bad);
  });
});

describe('the workbook', () => {
  it('takes the richest form of an output', () => {
    const plotly = { data: [], layout: { meta: { name: 'rich' } } };
    const all = {
      'text/plain': 'plain',
      'text/markdown': '*mark*',
      'image/png': 'AAAA',
      'text/html': '<b>html</b>',
    };
    expect(articleOf(display({ ...all, [PLOTLY_MIME]: plotly }))).toContain('data-name="rich"');
    expect(articleOf(display(all))).toContain('<b>html</b>');
    const { 'text/html': _, ...image } = all;
    expect(articleOf(display(image))).toContain('src="data:image/png;base64,AAAA"');
    expect(articleOf(display({ 'text/plain': 'plain', 'text/markdown': '*mark*' }))).toContain(
      '<em>mark</em>',
    );
  });

  it('typesets formulas and colours code', () => {
    const html = articles(
      run('01', markdown('$T = \\max(F/\\pi, B/\\beta)$ and $$x^2$$'), code('const x = 1;')),
    );
    expect(html).toContain('class="katex"');
    expect(html).not.toContain('katex-error');
    expect(html).toContain('<span class="hljs-keyword">const</span>');
  });

  it('lists notebooks and sections, with anchors that exist once', () => {
    const text =
      '# One\n\n## Try it\n\n## Try it\n\nsee [two](02-two.ipynb) and [two again](./02-two.ipynb#x)';
    const page = workbook([
      run('01-one', markdown(text), markdown('## Try it')),
      run('02-two', markdown('# Two')),
    ]);
    const navigation = page.slice(page.indexOf('<nav'), page.indexOf('</nav>'));
    const targets = [...navigation.matchAll(/href="#([^"]+)"/g)].map((match) => match[1]);
    expect(targets).toHaveLength(7);
    for (const target of targets) expect(page.split(`id="${target}"`)).toHaveLength(2);
    expect(page.match(/<a href="#02-two">two( again)?<\/a>/g)).toHaveLength(2);
  });

  it('says where a notebook failed', () => {
    const cells = [code('1'), code('2')];
    const html = articles({
      ...run('01', ...cells),
      error: '01, code cell 1 of 2: Error: no',
      failedCell: cells[0],
    });
    expect(html).toContain('01, code cell 1 of 2: Error: no');
    expect(html).toMatch(
      /<span class="hljs-number">1<\/span>.*below this one were not run.*<span class="hljs-number">2</s,
    );
  });

  it('holds everything that it needs', () => {
    const page = workbook([run('01', markdown('![a picture](https://example.org/x.png)'))]);
    expect(page).toContain(`content="default-src 'none'; `);
    expect(page).not.toMatch(/<(script|img|link|iframe)[^>]+(src|href)=["']?(https?:)?\/\//);
    expect(page).not.toMatch(/url\(fonts\//);
    expect(page).toContain('<a href="https://example.org/x.png">a picture</a>');
    expect(page.match(/plotly\.js v/g)).toHaveLength(1);
  });
});
