import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { validateArchitecture } from '../../lib/architecture';
import { models } from '../../lib/files/data';
import { law } from '../../lib/files/law';
import { fromHuggingFace } from '../../lib/huggingface';
import { colaw, describeExplorer, downloaded, drawn, jsonFile, openDetails, row, say, text } from './open';

describeExplorer('what goes into the explorer and comes out', ({ folder, open }) => {
  it('takes a fitted law that is dropped, and refuses a broken one', async () => {
    const { page, complaints } = await open();
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
    const { loss } = await colaw(
      folder,
      'loss',
      '--architecture',
      content.toString(),
      '--law',
      'fitted.json',
    );
    expect(await text(page, '#best-loss')).toBe(loss.toFixed(4));
    const before = await text(page, '#verdict');
    for (const [name, broken, message] of [
      ['broken.json', '{"formula":', 'broken.json is not JSON'],
      [
        'odd.json',
        '{"formula":"a*sin(depth)","parameters":{"a":1}}',
        'sin (character 3) is called as a function',
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
  });

  it('takes an architecture and a config.json from files, and gives a config.json to train from', async () => {
    const { page, complaints } = await open();
    const { vocabulary: _, ...architecture } = models()[4].architecture;
    await page.locator('#file').setInputFiles(jsonFile('mine.json', architecture));
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
    await page.locator('#file').setInputFiles(jsonFile('config.json', written));
    await page.waitForFunction(`document.querySelector('#pinB').value !== ''`);
    await drawn(page);
    const [first, second] = await row(page, 'total');
    expect(second).toBe(first);
    // A model whose FFN is not gated has no such config.
    await page.locator('#reference').selectOption('gpt2');
    await page.locator('[data-action=pinReference]').click();
    await page.locator('#comparison th', { hasText: 'GPT-2' }).waitFor();
    await page.locator('[data-card="1"][data-save=config]').click();
    expect(await text(page, '#cards article:nth-child(2) .said')).toContain(
      'ffnMatrices 2 cannot be exported',
    );
    expect(complaints).toEqual([]);
  });

  it('comes back from its address, and says what an address has wrong', async () => {
    const { page } = await open();
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
    expect(await text(page, '#precision-error')).toBe(
      'unknown precision "fp8"; known: fp16, int8, int4, nvfp4',
    );
    expect(await text(page, '#head-error')).toBe('head "yes" is neither "on" nor ""');
    expect(await text(page, '#notice')).toContain('The address names colour');
    // What no control can hold is forgotten; a number that is wrong waits to be corrected.
    await say(page, 'outputTokens', '20');
    expect(await text(page, '#trouble')).toBe('Not applied: batch "none" is not a number');
    expect(await page.locator('#bandwidth').inputValue()).toBe('1008');
    expect(await text(page, '#status')).toContain('8,160 architectures');
  });

  it('hands over pictures and the architecture', async () => {
    const { page } = await open();
    const png = await downloaded(page, '[data-action=png]');
    expect(png.name).toBe('explorer.png');
    expect(png.content.subarray(1, 4).toString()).toBe('PNG');
    const width = (await page.evaluate(`document.querySelector('#picture').clientWidth`)) as number;
    expect(png.content.readUInt32BE(16)).toBe(2 * width);
    const svg = await downloaded(page, '[data-action=svg]');
    expect(svg.content.toString()).toMatch(/^<svg[^>]*>[\s\S]*predicted loss, nats per token[\s\S]*<\/svg>$/);
    const architecture = await downloaded(page, '[data-save=json]');
    expect(architecture.name).toBe('architecture.json');
    expect(validateArchitecture(JSON.parse(architecture.content.toString())).depth).toBe(20);
  });
});
