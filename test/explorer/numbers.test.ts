import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { model } from '../../lib/files/data';
import { calibration } from '../../lib/measured/profiles';
import { colaw, describeExplorer, downloaded, drawn, jsonFile, row, say, text } from './open';

const ms = (seconds: number) =>
  `${(1000 * seconds).toLocaleString('en-US', { maximumSignificantDigits: 4 })} ms`;

describeExplorer('the numbers of the explorer', ({ folder, open }) => {
  it('has the frontier of the command line, to the last bit', async () => {
    const { page } = await open();
    await say(page, 'precision', 'int8');
    await say(page, 'device', 'jetson-orin-nano-8gb');
    // The command lists what does not fit the board as well.
    await say(page, 'capacity', '1000');
    await say(page, 'outputTokens', '64');
    await say(page, 'objective', 'decode');
    const { name, content } = await downloaded(page, '[data-action=csv]');
    expect(name).toBe('frontier.csv');
    const [header, ...lines] = content
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    const { points } = await colaw(
      folder,
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
    const again = await colaw(
      folder,
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
  });

  it('moves with a slider and with the arrow keys on it', async () => {
    const { page } = await open();
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
    // Whole numbers move by one.
    await page.locator('[data-for=batch]').focus();
    for (const [key, expected] of [
      ['ArrowRight', '2'],
      ['ArrowRight', '3'],
      ['ArrowLeft', '2'],
    ] as const) {
      await page.keyboard.press(key);
      await drawn(page);
      expect(await page.locator('#batch').inputValue()).toBe(expected);
    }
  });

  it('takes a board of one’s own, with the numbers of the command line', async () => {
    const { page } = await open();
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
    const { totalSeconds, prefillSeconds, decodeSeconds, memory, prefill } = await colaw(
      folder,
      'latency',
      ...options,
    );
    expect(await text(page, '#best-latency')).toBe(ms(totalSeconds));
    expect(await row(page, 'prefill')).toEqual([`${ms(prefillSeconds)}, ${prefill.bound}-bound`]);
    expect((await row(page, 'decode, 16 tokens'))[0]).toContain(ms(decodeSeconds));
    expect(await row(page, 'memory in all')).toEqual([
      `${(memory.totalBytes / 1e9).toLocaleString('en-US', { maximumSignificantDigits: 4 })} GB`,
    ]);
    const words: Record<string, string> = { kvCache: 'KV dimension', irreducible: 'irreducible, L∞' };
    const { loss, terms } = await colaw(folder, 'loss', '--architecture', architecture);
    expect(await text(page, '#best-loss')).toBe(loss.toFixed(4));
    for (const [term, value] of Object.entries(terms))
      expect(await row(page, `– of it: ${words[term] ?? term}`)).toEqual([(value as number).toFixed(4)]);
    // The command that the page prints is the one that was run here.
    expect(await text(page, '.command')).toContain(`--architecture '${architecture}' --device board.json`);
    // No int8 peak: the message stands beside the precision, the picture stays.
    await say(page, 'precision', 'int8');
    expect(await text(page, '#precision-error')).toBe(
      'device "custom" has no int8 peak, so precision "int8" cannot run',
    );
    expect(await text(page, '#best-latency')).toBe(ms(totalSeconds));
  });

  it('shows an architecture under the pointer, pins it with a click and compares it with a model', async () => {
    const { page } = await open();
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
    await page.waitForFunction(`document.querySelector('#pinA').value !== ''`);
    await drawn(page);
    const best = JSON.parse(await page.locator('#pinA').inputValue());
    expect(await text(page, '#verdict')).toContain(`depth ${best.depth}, width ${best.width}`);
    await page.locator('#reference').selectOption('qwen2.5-0.5b');
    await page.locator('[data-action=pinReference]').click();
    await drawn(page);
    const { vocabulary: _, ...qwen } = model('qwen2.5-0.5b').architecture;
    const computed = async (architecture: object) => {
      const given = ['--architecture', JSON.stringify(architecture)];
      const { loss } = await colaw(folder, 'loss', ...given);
      return { ...(await colaw(folder, 'latency', ...given)), loss };
    };
    const [a, b] = [await computed(best), await computed(qwen)];
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
    expect(await text(page, '#cards .roofs >> nth=0')).toContain('fp16 matrix peak, 42.5 TFLOP/s');
    // FFN ratio 5.43 is beyond the runs behind the law.
    expect(await page.locator('#cards article').nth(1).innerText()).toContain('ffnRatio 5.429 lies outside');
    await page.locator('[data-unpin=pinA]').click();
    await drawn(page);
    expect(await page.locator('#pinA').inputValue()).toBe('qwen2.5-0.5b');
    expect(await page.locator('#pinB').inputValue()).toBe('');
  });

  it('says so when nothing is within the budgets, and what binds when something is', async () => {
    const { page } = await open();
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
  });

  it('takes fitted times, and a profile from a file, with the numbers of the command line', async () => {
    const { page } = await open();
    const board = 'jetson-orin-nano-8gb-super';
    const best = async (...options: string[]) => {
      const chosen = await downloaded(page, '[data-save=json]');
      const architecture = JSON.stringify(JSON.parse(chosen.content.toString()));
      const given = ['--architecture', architecture, '--device', board, ...options];
      return ms((await colaw(folder, 'latency', ...given)).totalSeconds);
    };
    await say(page, 'device', board);
    const ideal = await text(page, '#best-latency');
    await say(page, 'latencyBudget', '500');
    await say(page, 'profile', 'fitted');
    expect(await text(page, '#profile-note')).toMatch(/^From \d+ published measurements of this board/);
    expect(await text(page, '#best-latency')).not.toBe(ideal);
    expect(await text(page, '#best-latency')).toBe(await best('--profile', 'fitted'));
    expect(await text(page, '.command')).toContain('--profile fitted');
    const { profiles } = calibration();
    const profile = profiles.find(
      ({ engine, device }) => engine !== undefined && device === undefined,
    )!.profile;
    writeFileSync(join(folder, 'profile.json'), JSON.stringify(profile));
    await page.locator('#file').setInputFiles(jsonFile('profile.json', profile));
    await page.locator('#notice', { hasText: 'read profile.json' }).waitFor();
    await drawn(page);
    expect(await text(page, '#best-latency')).toBe(await best('--profile', 'profile.json'));
    // Of a calibration of one board, that board's profile, whatever the page calls the board.
    const pooled = { ...profiles[0], id: 'pooled', engine: undefined, device: undefined };
    const mine = { ...pooled, id: 'my-board', device: 'my-board', profile };
    await page
      .locator('#file')
      .setInputFiles(jsonFile('mine.json', { profiles: [pooled, mine], heldOut: [] }));
    await page.locator('#notice', { hasText: 'its profile "my-board" is taken' }).waitFor();
    // A link carries it, and a board without measurements says so.
    await page.waitForFunction(`location.hash.includes('bandwidthShare')`);
    await say(page, 'device', 'rtx-4090');
    await say(page, 'profile', 'fitted');
    expect(await text(page, '#profile-note')).toContain('that of all measured boards');
    await page.locator('#file').setInputFiles(jsonFile('bad.json', { ...profile, bandwidthShare: 2 }));
    await page.locator('#trouble', { hasText: 'bandwidthShare 2 exceeds 1' }).waitFor();
  });

  it('finds the backbone of a robot, with the numbers of the command line', async () => {
    const { page, complaints } = await open();
    await page.locator('[data-action=robot]').click();
    await drawn(page);
    expect(await text(page, '#verdict')).toMatch(/^Best backbone within 100 ms per chunk \(10 Hz\) and/);
    const robot = ['--vla', 'smolvla', '--cameras', '2'];
    const { points } = await colaw(folder, 'frontier', ...robot, '--hz', '10');
    expect(await text(page, '#best-loss')).toBe(points[0].loss.toFixed(4));
    expect(await text(page, '#best-latency')).toBe(ms(points[0].latencySeconds));
    const { content } = await downloaded(page, '[data-action=csv]');
    const [header, ...lines] = content.toString().trim().split('\n');
    const seconds = lines.map((line) =>
      Number(line.split(',')[header.split(',').indexOf('secondsPerChunk')]),
    );
    expect(seconds.filter((each) => each <= 0.1).reverse()).toEqual(
      points.map((p: { latencySeconds: number }) => p.latencySeconds),
    );
    // The command below the card gives the stages that the comparison shows.
    const command = (await text(page, '.command')).replace(/^npx colaw /, '').match(/'[^']*'|\S+/g)!;
    const { stages, memory } = await colaw(folder, ...command.map((word) => word.replaceAll("'", '')));
    for (const { name, seconds: each, bound } of stages)
      expect(await row(page, name)).toEqual([`${ms(each)}, ${bound}-bound`]);
    expect(await row(page, 'memory in all')).toEqual([
      `${(memory.totalBytes / 1e9).toLocaleString('en-US', { maximumSignificantDigits: 4 })} GB`,
    ]);
    // One of these buttons is the rate; what speaks of text is gone.
    await page.locator('#rates button', { hasText: /^1 Hz/ }).click();
    await drawn(page);
    expect(await text(page, '#rate')).toBe('= 1 Hz with 2 cameras');
    await page.locator('#rates button', { hasText: '20 Hz' }).click();
    await drawn(page);
    expect(await text(page, '#rate')).toBe('= 20 Hz with 2 cameras');
    expect(await page.locator('#inputTokens').isVisible()).toBe(false);
    await say(page, 'cameras', '0');
    expect(await text(page, '#cameras-error')).toContain('cameras 0 is not a positive integer');
    expect(await text(page, '#rate')).toBe('= 20 Hz with 2 cameras');
    await say(page, 'cameras', '');
    await say(page, 'vla', '');
    expect(await page.locator('#inputTokens').isVisible()).toBe(true);
    expect(await text(page, '#verdict')).toContain('within 50 ms total');
    expect(complaints).toEqual([]);
  });
});
