import { beforeAll, describe, expect, it } from 'vitest';
import { PATIENCE } from '../notebook/project';
import { describeExplorer, drawn, openDetails, say, text } from './open';

const GROUND = { dark: 'rgb(13, 17, 23)', light: 'rgb(255, 255, 255)' };

describeExplorer('the explorer as one uses it', ({ open }) => {
  it.each([
    [1280, 'light'],
    [1280, 'dark'],
    [390, 'light'],
    [390, 'dark'],
  ] as const)(
    'opens %d pixels wide, %s, without a complaint, a request or sideways scrolling',
    async (width, colorScheme) => {
      const { page, complaints, requests } = await open('#pinA=qwen2.5-0.5b&pinB=gpt2', {
        viewport: { width, height: 900 },
        colorScheme,
      });
      await page.locator('#cards .roofline .main-svg').nth(3).waitFor();
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      const back = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      expect(back).toBe(GROUND[colorScheme]);
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
      // It follows the theme of the system while it is open.
      const other = colorScheme === 'dark' ? 'light' : 'dark';
      await page.emulateMedia({ colorScheme: other });
      await page.waitForFunction(
        `getComputedStyle(document.querySelector('#picture .main-svg')).backgroundColor === '${GROUND[other]}'`,
      );
      expect(complaints).toEqual([]);
      expect(requests).toEqual([]);
    },
  );

  it.each(['', '#vla=pi0'])('can be used with the keyboard alone: %s', async (hash) => {
    const { page } = await open(hash);
    await openDetails(page);
    const controls = await page
      .locator('form :is(input:not([type=hidden]), select), [data-action]')
      .evaluateAll((all) =>
        // Text and robot have controls of their own, of which those of the other are hidden.
        all
          .filter((each) => each.checkVisibility())
          .map((each) => each.id || each.getAttribute('data-for') || each.getAttribute('data-action')!),
      );
    const missed = new Set(controls);
    await page.locator('h1').click();
    for (let i = 0; i < 90 && missed.size > 0; i++) {
      await page.keyboard.press('Tab');
      missed.delete(
        String(
          await page.evaluate(
            `document.activeElement.id || document.activeElement.dataset.for || document.activeElement.dataset.action`,
          ),
        ),
      );
    }
    expect([...missed]).toEqual([]);
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
  });

  describe('says what is wrong beside it and keeps the picture', () => {
    let opened: Awaited<ReturnType<typeof open>>;
    beforeAll(async () => {
      opened = await open();
      await openDetails(opened.page);
    }, PATIENCE);

    it.each([
      ['batch', '0', 'batch 0 is not a positive integer'],
      ['inputTokens', '', 'inputTokens "" is not a number'],
      ['bandwidth', 'fast', 'bandwidth in GB/s "fast" is not a number'],
      ['latencyBudget', '-1', 'latency budget in ms -1 is not a positive number'],
      ['widths', '1000', 'headDim 128 does not divide width 1000'],
      ['mixtures', '2/4', 'activeExperts 4 exceeds experts 2'],
      ['depths', '4,,8', 'depth "" is not a number'],
      ['coefficient-al', 'x', 'parameters.al of the law "x" is not a finite number'],
    ])('with %s %j', async (id, value, message) => {
      const { page, complaints } = opened;
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
    });
  });

  it('draws without WebGL too', async () => {
    const noWebgl = `HTMLCanvasElement.prototype.getContext = ((own) => function (kind, ...rest) {
      return /webgl/.test(kind) ? null : own.call(this, kind, ...rest); })(HTMLCanvasElement.prototype.getContext)`;
    const { page, complaints } = await open('', {}, noWebgl);
    expect(await text(page, '#status')).toContain('without WebGL');
    expect(await page.locator('#picture .scatterlayer .point').count()).toBeGreaterThan(8000);
    expect(complaints).toEqual([]);
  });

  it('starts again, and goes on after any button', async () => {
    const { page, complaints } = await open('#batch=8&latencyBudget=50');
    const changed = await text(page, '#verdict');
    await page.locator('[data-action=reset]').click();
    await drawn(page);
    expect(await page.locator('#batch').inputValue()).toBe('1');
    expect(await text(page, '#verdict')).not.toBe(changed);
    for (const action of ['csv', 'link', 'board']) {
      await page.locator(`[data-action=${action}]`).click();
      await say(page, 'batch', action === 'link' ? '3' : '2');
    }
    await page.emulateMedia({ colorScheme: 'dark' });
    await drawn(page);
    await page.waitForFunction(`location.hash === '#batch=2'`);
    expect(complaints).toEqual([]);
  });

  it('zooms by dragging and shows everything again after a double click, which pins nothing', async () => {
    const { page } = await open();
    const ranges = () =>
      page.evaluate(
        `['xaxis', 'yaxis'].map((axis) => document.querySelector('#picture')._fullLayout[axis].range)`,
      );
    const whole = await ranges();
    const box = (await page.locator('#picture .nsewdrag').first().boundingBox())!;
    await page.mouse.move(box.x + 0.3 * box.width, box.y + 0.3 * box.height);
    await page.mouse.down();
    await page.mouse.move(box.x + 0.6 * box.width, box.y + 0.7 * box.height, { steps: 4 });
    await page.mouse.up();
    const zoomed = await ranges();
    expect(zoomed).not.toEqual(whole);
    // A budget leaves what is looked at; another task is another picture.
    await say(page, 'latencyBudget', '50');
    expect(await ranges()).toEqual(zoomed);
    await say(page, 'inputTokens', '4096');
    const longer = await ranges();
    expect(longer).not.toEqual(zoomed);
    await page.mouse.dblclick(box.x + 0.5 * box.width, box.y + 0.6 * box.height);
    await page.waitForTimeout(500);
    expect(await ranges()).toEqual(longer);
    expect(await page.locator('#pinA').inputValue()).toBe('');
  });

  it('says what it left out: nothing to compare, an empty field, models without a loss', async () => {
    const { page, complaints } = await open('#memoryBudget=0.001');
    expect(await text(page, '#comparison')).toBe('Nothing is within the budgets, and nothing is pinned.');
    await page.locator('[data-action=pinOwn]').click();
    expect(await text(page, '#own-error')).toContain('Write an architecture here first');
    const law = { name: 's', formula: 'a/(width-896)+1', variables: ['width'], parameters: { a: 100 } };
    await page.goto(`${page.url().split('#')[0]}#law=${encodeURIComponent(JSON.stringify(law))}`);
    await drawn(page);
    expect(await text(page, '#status')).toMatch(/no value for \d+ of the reference models/);
    expect(complaints).toEqual([]);
  });

  it('keeps legend, title and ticks apart, 640, 768 and 1024 pixels wide', async () => {
    const { page } = await open('', { viewport: { width: 1280, height: 900 } });
    for (const width of [640, 768, 1024]) {
      await page.setViewportSize({ width, height: 900 });
      await page.waitForFunction(
        `(({ clientWidth, layout }) => layout.width === clientWidth && clientWidth <= ${width})(document.querySelector('#picture'))`,
      );
      await drawn(page);
      const boxes = await page.evaluate(`(() => {
        const box = (selector) => [...document.querySelectorAll('#picture ' + selector)].map((each) => each.getBoundingClientRect());
        const title = box('.xtitle')[0], legend = box('.legend .bg')[0];
        const ticks = box('.xtick text').sort((a, b) => a.left - b.left);
        return { gap: legend ? legend.top - title.bottom : 1, ticks: ticks.slice(1).map((tick, i) => tick.left - ticks[i].right) };
      })()`);
      const { gap, ticks } = boxes as { gap: number; ticks: number[] };
      expect(gap).toBeGreaterThan(0);
      for (const space of ticks) expect(space).toBeGreaterThan(0);
    }
  });
});
