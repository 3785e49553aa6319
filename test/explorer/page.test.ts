import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Download, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateArchitecture } from '../../lib/architecture';
import { law, model, models, projectFolder } from '../../lib/data';
import { fromHuggingFace } from '../../lib/huggingface';
import { findChromium, launchChromium } from '../../lib/notebook/images';
import { PATIENCE, temporaryFolder } from '../notebook/project';
import { drawn, openPage, writePage } from './open';

const chromium = findChromium();
const { folder, remove } = temporaryFolder();
let browser: Browser;
let address: string;
beforeAll(async () => {
  if (chromium === undefined) return;
  browser = await launchChromium(chromium);
  address = await writePage(folder);
}, PATIENCE);
afterAll(async () => {
  await browser?.close();
  remove();
});

/** The one JSON object that a command prints. */
function colaw(...args: string[]) {
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(projectFolder, 'lib', 'colaw.js'), ...args, '--json'],
    { encoding: 'utf8', cwd: folder },
  );
  expect(status).toBe(0);
  return JSON.parse(stdout);
}

/** Text of an element. */
const text = (page: Page, selector: string) => page.locator(selector).innerText();

/** Types into a control and waits for the picture. */
async function say(page: Page, id: string, value: string): Promise<void> {
  const control = page.locator(`#${id}`);
  if ((await control.evaluate((each) => each.tagName)) === 'SELECT') await control.selectOption(value);
  else await control.fill(value);
  await drawn(page);
}

/** Opens what is folded away. */
async function openDetails(page: Page): Promise<void> {
  await page.locator('details').evaluateAll((all) => {
    for (const each of all as HTMLDetailsElement[]) each.open = true;
  });
}

/** Content of the file that a button hands over. */
async function downloaded(page: Page, button: string): Promise<{ name: string; content: Buffer }> {
  const [file] = await Promise.all([
    page.waitForEvent('download') as Promise<Download>,
    page.locator(button).click(),
  ]);
  return { name: file.suggestedFilename(), content: readFileSync(await file.path()) };
}

/** A row of the comparison as texts. */
async function row(page: Page, title: string): Promise<string[]> {
  const cells = page.locator('#comparison tr', { has: page.locator(`th:text-is("${title}")`) }).locator('td');
  return cells.allInnerTexts();
}

const ms = (seconds: number) =>
  `${(1000 * seconds).toLocaleString('en-US', { maximumSignificantDigits: 4 })} ms`;

describe.skipIf(chromium === undefined)(
  'the explorer in Chromium, with the network off',
  { timeout: PATIENCE },
  () => {
    it.each([
      [1280, 'light'],
      [1280, 'dark'],
      [390, 'light'],
      [390, 'dark'],
    ] as const)(
      'opens %d pixels wide, %s, without a complaint, a request or sideways scrolling',
      async (width, colorScheme) => {
        const link = `${address}#pinA=qwen2.5-0.5b&pinB=gpt2`;
        const { page, complaints, requests } = await openPage(browser, link, {
          viewport: { width, height: 900 },
          colorScheme,
        });
        await page.locator('#cards .roofline .main-svg').nth(3).waitFor();
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        const back = await page.evaluate('getComputedStyle(document.body).backgroundColor');
        expect(back).toBe(colorScheme === 'dark' ? 'rgb(13, 17, 23)' : 'rgb(255, 255, 255)');
        for (const place of ['#picture', '#cards .roofline'])
          expect(
            await page
              .locator(`${place} .main-svg`)
              .first()
              .evaluate((svg) => getComputedStyle(svg).backgroundColor),
          ).toBe(back);
        expect(await text(page, '#status')).toContain('8,160 architectures');
        // What the picture has no room to say stands below it.
        expect((await text(page, '#legend')).includes('frontier')).toBe(width === 390);
        expect(complaints).toEqual([]);
        expect(requests).toEqual([]);
        await page.context().close();
      },
    );

    it('follows the theme of the system while it is open', async () => {
      const { page } = await openPage(browser, address, { colorScheme: 'light' });
      await page.emulateMedia({ colorScheme: 'dark' });
      await page.waitForFunction(
        `getComputedStyle(document.querySelector('#picture .main-svg')).backgroundColor === 'rgb(13, 17, 23)'`,
      );
      await page.context().close();
    });

    it('has the frontier of the command line, to the last bit', async () => {
      const { page } = await openPage(browser, address);
      await say(page, 'memoryBudget', '1000');
      await say(page, 'precision', 'int8');
      await say(page, 'device', 'jetson-orin-nano-8gb');
      await say(page, 'outputTokens', '64');
      await say(page, 'objective', 'decode');
      const { name, content } = await downloaded(page, '[data-action=csv]');
      expect(name).toBe('frontier.csv');
      const [header, ...lines] = content
        .toString()
        .trim()
        .split('\n')
        .map((line) => line.split(','));
      const { points } = colaw(
        ...['frontier', '--objective', 'decode', '--device', 'jetson-orin-nano-8gb', '--precision', 'int8'],
        ...['--output-tokens', '64'],
      );
      const column = (title: string) => lines.map((line) => Number(line[header.indexOf(title)]));
      expect(lines.length).toBeGreaterThan(50);
      expect(column('decodeLatencySeconds')).toEqual(
        points.map((p: { latencySeconds: number }) => p.latencySeconds),
      );
      expect(column('loss')).toEqual(points.map((p: { loss: number }) => p.loss));
      expect(column('kvHeads')).toEqual(
        points.map((p: { architecture: { kvHeads: number } }) => p.architecture.kvHeads),
      );
      // The command line reads the file as candidates; every one of them is on the frontier.
      writeFileSync(join(folder, name), content);
      const again = colaw(
        'frontier',
        '--candidates',
        name,
        '--objective',
        'decode',
        '--device',
        'jetson-orin-nano-8gb',
        '--precision',
        'int8',
        '--output-tokens',
        '64',
      );
      expect(again.points).toEqual(points);
      await page.context().close();
    });

    it('moves with a slider and with the arrow keys on it', async () => {
      const { page } = await openPage(browser, address);
      const before = await text(page, '#best-latency');
      const slider = page.locator('[data-for=inputTokens]');
      await slider.focus();
      for (let i = 0; i < 40; i++) await page.keyboard.press('ArrowRight');
      await drawn(page);
      const tokens = await page.locator('#inputTokens').inputValue();
      expect(Number(tokens)).toBeGreaterThan(2000);
      expect(await slider.getAttribute('aria-valuetext')).toBe(tokens);
      expect(await text(page, '#best-latency')).not.toBe(before);
      await page.waitForFunction(`location.hash === '#inputTokens=${tokens}'`);
      await page.locator('[data-for=latencyBudget]').fill('1.30103');
      await drawn(page);
      expect(await page.locator('#latencyBudget').inputValue()).toBe('20');
      await page.context().close();
    });

    it('takes a board of one’s own, with the numbers of the command line', async () => {
      const { page } = await openPage(browser, address);
      await say(page, 'bandwidth', '51.2');
      await say(page, 'fp16', '4.1');
      await say(page, 'int8', '');
      await say(page, 'vector', '0.5');
      await say(page, 'capacity', '6');
      await say(page, 'batch', '2');
      await page.locator('#head').check();
      await say(page, 'latencyBudget', '2000');
      expect(await page.locator('#device').inputValue()).toBe('custom');
      const board = await downloaded(page, '[data-action=board]');
      writeFileSync(join(folder, board.name), board.content);
      const chosen = await downloaded(page, '[data-save=json]');
      const architecture = JSON.stringify(JSON.parse(chosen.content.toString()));
      const options = ['--architecture', architecture, '--device', 'board.json', '--batch', '2'];
      const { totalSeconds, prefillSeconds, decodeSeconds, memory, prefill } = colaw('latency', ...options);
      expect(await text(page, '#best-latency')).toBe(ms(totalSeconds));
      expect(await row(page, 'prefill')).toEqual([`${ms(prefillSeconds)}, ${prefill.bound}-bound`]);
      expect((await row(page, 'decode, 16 tokens'))[0]).toContain(ms(decodeSeconds));
      expect(await row(page, 'memory in all')).toEqual([
        `${(memory.totalBytes / 1e9).toLocaleString('en-US', { maximumSignificantDigits: 4 })} GB`,
      ]);
      const { loss, terms } = colaw('loss', '--architecture', architecture);
      expect(await text(page, '#best-loss')).toBe(loss.toFixed(4));
      for (const [term, value] of Object.entries(terms))
        expect(await row(page, `– of it: ${term}`)).toEqual([(value as number).toFixed(4)]);
      // The command that the page prints is the one that was run here.
      expect(await text(page, '.command')).toContain(`--architecture '${architecture}' --device board.json`);
      // No int8 peak: the message stands beside the precision, the picture stays.
      await say(page, 'precision', 'int8');
      expect(await text(page, '#precision-error')).toBe(
        'device "custom" has no int8 peak, so precision "int8" cannot run',
      );
      expect(await text(page, '#best-latency')).toBe(ms(totalSeconds));
      await page.context().close();
    });

    it('shows an architecture under the pointer, pins it with a click and compares it with a model', async () => {
      const { page } = await openPage(browser, address);
      const [x, y] = (await page.evaluate(`(() => {
      const { x, y } = document.querySelector('#picture').data.find((trace) => trace.name === 'best within budgets');
      const { xaxis, yaxis } = document.querySelector('#picture')._fullLayout;
      const { left, top } = document.querySelector('#picture').getBoundingClientRect();
      return [left + xaxis._offset + xaxis.d2p(x[0]), top + yaxis._offset + yaxis.d2p(y[0])];
    })()`)) as [number, number];
      await page.mouse.move(x, y);
      await page.locator('#picture .hoverlayer .hovertext').waitFor();
      expect(await page.locator('#picture .hoverlayer').textContent()).toContain(
        `loss ${await text(page, '#best-loss')}`,
      );
      await page.mouse.click(x, y);
      await drawn(page);
      const best = JSON.parse(await page.locator('#pinA').inputValue());
      expect(await text(page, '#verdict')).toContain(`depth ${best.depth}, width ${best.width}`);
      await page.locator('#reference').selectOption('qwen2.5-0.5b');
      await page.locator('[data-action=pinReference]').click();
      await drawn(page);
      const { vocabulary: _, ...qwen } = model('qwen2.5-0.5b').architecture;
      const [a, b] = [best, qwen].map((architecture) => {
        const given = ['--architecture', JSON.stringify(architecture)];
        return { ...colaw('latency', ...given), loss: colaw('loss', ...given).loss };
      });
      expect(await row(page, 'total')).toEqual([
        ms(a.totalSeconds),
        ms(b.totalSeconds),
        `× ${Number((b.totalSeconds / a.totalSeconds).toPrecision(3))}`,
      ]);
      expect((await row(page, 'predicted perplexity'))[2]).toBe(
        `× ${Number(Math.exp(b.loss - a.loss).toPrecision(3))}`,
      );
      expect(await page.locator('#cards article').count()).toBe(2);
      // Points of the operators in prefill and decode, under the roofs.
      await page.locator('#cards .roofline .main-svg').nth(3).waitFor();
      expect(await page.locator('#cards .roofline').first().textContent()).toContain('decode');
      // FFN ratio 5.43 is beyond the runs behind the law.
      expect(await page.locator('#cards article').nth(1).innerText()).toContain(
        'ffnRatio 5.429 lies outside',
      );
      await page.locator('[data-unpin=pinA]').click();
      await drawn(page);
      expect(await page.locator('#pinA').inputValue()).toBe('qwen2.5-0.5b');
      expect(await page.locator('#pinB').inputValue()).toBe('');
      await page.context().close();
    });

    it('can be used with the keyboard alone', async () => {
      const { page } = await openPage(browser, address);
      await openDetails(page);
      const reached = new Set<string>();
      await page.locator('h1').click();
      for (let i = 0; i < 90; i++) {
        await page.keyboard.press('Tab');
        reached.add(
          String(
            await page.evaluate(
              `document.activeElement.id || document.activeElement.dataset.for || document.activeElement.dataset.action`,
            ),
          ),
        );
      }
      const controls = await page
        .locator('form :is(input:not([type=hidden]), select), [data-action]')
        .evaluateAll((all) =>
          all.map((each) => each.id || each.getAttribute('data-for') || each.getAttribute('data-action')!),
        );
      expect(controls.filter((control) => !reached.has(control))).toEqual([]);
      // Every control has a name.
      expect(
        await page
          .locator('form :is(input:not([type=hidden]), select)')
          .evaluateAll((all) =>
            (all as HTMLInputElement[])
              .filter((each) => each.labels?.length === 0 && !each.getAttribute('aria-label'))
              .map((each) => each.outerHTML),
          ),
      ).toEqual([]);
      // A row of the table is pinned, and the focus stays on its button.
      const button = page.locator('#frontier-table [data-pin]').nth(20);
      const index = await button.getAttribute('data-pin');
      await button.focus();
      await page.keyboard.press('Enter');
      await drawn(page);
      expect(await page.evaluate('document.activeElement.dataset.pin')).toBe(index);
      expect(await page.locator('#pinA').inputValue()).toContain('"depth"');
      await page.context().close();
    });

    it.each([
      ['batch', '0', 'batch 0 is not a positive integer'],
      ['inputTokens', '', 'inputTokens "" is not a number'],
      ['bandwidth', 'fast', 'bandwidth in GB/s "fast" is not a number'],
      ['latencyBudget', '-1', 'latency budget in ms -1 is not a positive number'],
      ['widths', '1000', 'headDim 128 does not divide width 1000'],
      ['mixtures', '2/4', 'activeExperts 4 exceeds experts 2'],
      ['depths', '4,,8', 'depth "" is not a number'],
      ['coefficient-al', 'x', 'law parameter al "x" is not a finite number'],
    ])('says what is wrong with %s %j beside it and keeps the picture', async (id, value, message) => {
      const { page, complaints } = await openPage(browser, address);
      await openDetails(page);
      const [before, good] = [await text(page, '#verdict'), await page.locator(`#${id}`).inputValue()];
      await say(page, id, value);
      expect(
        await page
          .locator('.control', { has: page.locator(`#${id}`) })
          .locator('.error')
          .innerText(),
      ).toBe(message);
      expect(await text(page, '#trouble')).toBe(`Not applied: ${message}`);
      expect(await text(page, '#verdict')).toBe(before);
      // Another control still works.
      await say(page, 'outputTokens', '32');
      expect(await text(page, '#verdict')).not.toBe(before);
      await say(page, id, good);
      await say(page, 'outputTokens', '16');
      expect(await page.locator('.error:visible').count()).toBe(0);
      expect(await text(page, '#verdict')).toBe(before);
      expect(complaints).toEqual([]);
      await page.context().close();
    });

    it('takes a fitted law that is dropped, and refuses a broken one', async () => {
      const { page, complaints } = await openPage(browser, address);
      const fitted = { ...law(), name: 'my runs', parameters: { ...law().parameters, kd: 300 } };
      const drop = (name: string, content: string) =>
        page.evaluate(
          ([file, body]) => {
            const data = new DataTransfer();
            data.items.add(new File([body], file));
            document.body.dispatchEvent(
              new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }),
            );
          },
          [name, content],
        );
      await drop('law.json', JSON.stringify(fitted));
      await page.locator('#law-name', { hasText: 'my runs' }).waitFor();
      await drawn(page);
      writeFileSync(join(folder, 'fitted.json'), JSON.stringify(fitted));
      const { content } = await downloaded(page, '[data-save=json]');
      const { loss } = colaw('loss', '--architecture', content.toString(), '--law', 'fitted.json');
      expect(await text(page, '#best-loss')).toBe(loss.toFixed(4));
      const before = await text(page, '#verdict');
      for (const [name, broken, message] of [
        ['broken.json', '{"formula":', 'broken.json is not JSON'],
        [
          'odd.json',
          '{"formula":"a*sin(depth)","parameters":{"a":1}}',
          '"sin(depth)" (character 3) is not a product of powers',
        ],
        [
          'lacking.json',
          '{"formula":"a/depth + b","parameters":{"a":1}}',
          'law lacks a value for parameter "b"',
        ],
        ['config.json', '{"model_type":"bert"}', 'bert'],
      ]) {
        await drop(name, broken);
        await page.locator('#file-error', { hasText: message }).waitFor();
        expect(await text(page, '#trouble')).toContain(message);
        expect(await text(page, '#verdict')).toBe(before);
      }
      // A law that asks for what architectures do not have.
      await drop('data.json', '{"formula":"a/D^b","variables":["D"],"parameters":{"a":1,"b":1}}');
      await page.locator('#trouble', { hasText: 'architectures have no "D", which the law needs' }).waitFor();
      expect(await text(page, '#verdict')).toBe(before);
      await openDetails(page);
      await page.locator('[data-action=publishedLaw]').click();
      await drawn(page);
      expect(await text(page, '#law-name')).toBe('published');
      expect(complaints).toEqual([]);
      await page.context().close();
    });

    it('takes an architecture and a config.json from files, and gives a config.json to train from', async () => {
      const { page, complaints } = await openPage(browser, address);
      const { vocabulary: _, ...architecture } = models()[4].architecture;
      const file = (name: string, value: object) => ({
        name,
        mimeType: 'application/json',
        buffer: Buffer.from(JSON.stringify(value)),
      });
      await page.locator('#file').setInputFiles(file('mine.json', architecture));
      await page.locator('#notice', { hasText: 'read mine.json' }).waitFor();
      await drawn(page);
      const config = await downloaded(page, '[data-card="1"][data-save=config]');
      expect(config.name).toBe('config.json');
      const written = JSON.parse(config.content.toString());
      const again = fromHuggingFace(written).architecture;
      expect(again).toMatchObject({
        depth: architecture.depth,
        width: architecture.width,
        kvHeads: architecture.kvHeads,
      });
      await page.locator('#file').setInputFiles(file('config.json', written));
      await page.waitForFunction(`document.querySelector('#pinB').value !== ''`);
      await drawn(page);
      const [first, second] = await row(page, 'total');
      expect(second).toBe(first);
      // A model whose FFN is not gated has no such config.
      await page.locator('#reference').selectOption('gpt2');
      await page.locator('[data-action=pinReference]').click();
      await page.locator('#comparison th', { hasText: 'GPT-2' }).waitFor();
      await page.locator('[data-card="1"][data-save=config]').click();
      expect(await text(page, '#notice')).toContain('ffnMatrices 2 cannot be exported');
      expect(complaints).toEqual([]);
      await page.context().close();
    });

    it('comes back from its address, and says what an address has wrong', async () => {
      const { page } = await openPage(browser, address);
      await say(page, 'bandwidth', '60');
      await openDetails(page);
      await say(page, 'depths', '6, 12');
      await say(page, 'latencyBudget', '333');
      await page.locator('#head').check();
      await page.locator('[data-action=pinReference]').click();
      await drawn(page);
      await page.waitForFunction(`location.hash.includes('pinA')`);
      const [link, before] = [page.url(), await text(page, '#verdict')];
      const table = await text(page, '#comparison');
      await page.reload();
      await drawn(page);
      expect(await text(page, '#verdict')).toBe(before);
      expect(await text(page, '#comparison')).toBe(table);
      expect(await page.locator('#depths').inputValue()).toBe('6, 12');
      expect(page.url()).toBe(link);
      // A link that is pasted over this one.
      await page.evaluate(
        `location.hash = '#device=rtx-4090&batch=none&colour=red&pinA=gpt9&precision=fp8&head=yes'`,
      );
      await page.locator('#batch-error').waitFor();
      await drawn(page);
      expect(await text(page, '#batch-error')).toBe('batch "none" is not a number');
      expect(await text(page, '#trouble')).toContain('unknown model "gpt9"');
      expect(await text(page, '#precision-error')).toBe('unknown precision "fp8"; known: fp16, int8, int4');
      expect(await text(page, '#head-error')).toBe('head "yes" is neither "on" nor ""');
      expect(await text(page, '#notice')).toContain('The address names colour');
      // What no control can hold is forgotten; a number that is wrong waits to be corrected.
      await say(page, 'outputTokens', '20');
      expect(await text(page, '#trouble')).toBe('Not applied: batch "none" is not a number');
      expect(await page.locator('#bandwidth').inputValue()).toBe('1008');
      expect(await text(page, '#status')).toContain('8,160 architectures');
      await page.context().close();
    });

    it('hands over pictures and the architecture', async () => {
      const { page } = await openPage(browser, address);
      const png = await downloaded(page, '[data-action=png]');
      expect(png.name).toBe('explorer.png');
      expect(png.content.subarray(1, 4).toString()).toBe('PNG');
      const width = (await page.evaluate(`document.querySelector('#picture').clientWidth`)) as number;
      expect(png.content.readUInt32BE(16)).toBe(2 * width);
      const svg = await downloaded(page, '[data-action=svg]');
      expect(svg.content.toString()).toMatch(
        /^<svg[^>]*>[\s\S]*predicted loss, nats per token[\s\S]*<\/svg>$/,
      );
      const architecture = await downloaded(page, '[data-save=json]');
      expect(architecture.name).toBe('architecture.json');
      expect(validateArchitecture(JSON.parse(architecture.content.toString())).depth).toBe(20);
      await page.context().close();
    });

    it('says so when nothing is within the budgets, and what binds when something is', async () => {
      const { page } = await openPage(browser, address);
      await say(page, 'latencyBudget', '0.01');
      expect(await text(page, '#verdict')).toMatch(
        /^No architecture of this space is within 0\.01 ms total .* The fastest takes/,
      );
      await say(page, 'latencyBudget', '');
      await say(page, 'memoryBudget', '1');
      expect(await text(page, '#binds')).toBe('memory budget');
      expect(await text(page, '#more-memory')).toMatch(/^100 MB more buys \d\.\d{4} nats of loss\.$/);
      await page.locator('#applications button', { hasText: 'Embodied AI' }).click();
      await drawn(page);
      expect(await text(page, '#verdict')).toContain('within 20 ms decode and 1 GB');
      await page.context().close();
    });

    it('draws without WebGL too', async () => {
      const noWebgl = `HTMLCanvasElement.prototype.getContext = ((own) => function (kind, ...rest) {
      return /webgl/.test(kind) ? null : own.call(this, kind, ...rest); })(HTMLCanvasElement.prototype.getContext)`;
      const { page, complaints } = await openPage(browser, address, {}, noWebgl);
      expect(await text(page, '#status')).toContain('without WebGL');
      expect(await page.locator('#picture .scatterlayer .point').count()).toBeGreaterThan(8000);
      expect(complaints).toEqual([]);
      await page.context().close();
    });
  },
);
