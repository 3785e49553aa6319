import { expect, it } from 'vitest';
import { describeExplorer, drawn, openDetails, say, text } from './open';

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
    const { page } = await open('', { colorScheme: 'light' });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForFunction(
      `getComputedStyle(document.querySelector('#picture .main-svg')).backgroundColor === 'rgb(13, 17, 23)'`,
    );
    await page.context().close();
  });

  it('can be used with the keyboard alone', async () => {
    const { page } = await open();
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
    const { page, complaints } = await open();
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

  it('draws without WebGL too', async () => {
    const noWebgl = `HTMLCanvasElement.prototype.getContext = ((own) => function (kind, ...rest) {
      return /webgl/.test(kind) ? null : own.call(this, kind, ...rest); })(HTMLCanvasElement.prototype.getContext)`;
    const { page, complaints } = await open('', {}, noWebgl);
    expect(await text(page, '#status')).toContain('without WebGL');
    expect(await page.locator('#picture .scatterlayer .point').count()).toBeGreaterThan(8000);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
