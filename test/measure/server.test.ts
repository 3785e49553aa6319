import { existsSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { readMeasurements } from '../../lib/measured/read-measurements';
import { colaw } from '../cli/command';
import { newFolder, tableOf } from './engine';

const folder = newFolder();
afterAll(() => rmSync(folder, { recursive: true }));
let server: Server | undefined;
afterEach(() => server?.close());

/** Milliseconds until the first token, and between two of them. */
const [FIRST, EACH] = [60, 12];
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What is asked of a server that streams as OpenAI's does. */
interface Asked {
  prompt: string;
  max_tokens: number;
}

/** Answers with `max_tokens` tokens at a steady rate, and says how many there were. */
async function stream(response: ServerResponse, { prompt, max_tokens }: Asked): Promise<void> {
  const send = (event: object) => response.write(`data: ${JSON.stringify(event)}\n\n`);
  response.setHeader('content-type', 'text/event-stream');
  await sleep(FIRST);
  for (let token = 0; token < max_tokens; token++) {
    if (token > 0) await sleep(EACH);
    send({ choices: [{ text: ' word' }] });
  }
  send({ choices: [], usage: { prompt_tokens: prompt.split(' ').length, completion_tokens: max_tokens } });
  response.end('data: [DONE]\n\n');
}

/** Serves `qwen3-0.6b`; `answer` takes the place of the stream. */
async function serve(
  answer: (response: ServerResponse, asked: Asked) => unknown = stream,
): Promise<{ url: string; prompts: string[] }> {
  const prompts: string[] = [];
  server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === '/v1/models')
      return response.end(JSON.stringify({ data: [{ id: 'qwen3-0.6b', owned_by: 'a-server' }] }));
    const pieces = await request.toArray();
    const asked = JSON.parse(Buffer.concat(pieces).toString()) as Asked;
    prompts.push(asked.prompt);
    await answer(response, asked);
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, prompts };
}

function measure(url: string, out: string, model = 'qwen3-0.6b') {
  const args = ['measure', '--server', url, '--model', model, '--out', join(folder, out), '--json'];
  const tokens = ['--input-tokens', '24', '--output-tokens', '8'];
  const few = ['--repeats', '3', '--least-seconds', '0.1', '--max-spread', '0.5'];
  return colaw(...args, ...tokens, ...few);
}

describe('a running server of the OpenAI kind', () => {
  it('is measured by streaming: time to the first token, and between tokens', async () => {
    const { url, prompts } = await serve();
    const { status, stderr } = await measure(url, 'served.csv');
    expect([status, stderr]).toEqual([0, '']);
    const [row] = tableOf(join(folder, 'served.csv'));
    expect(row).toMatchObject({
      engine: 'a-server',
      model: 'qwen3-0.6b',
      inputTokens: '24',
      outputTokens: '8',
    });
    // A timer never fires early; how late it fires is the machine's affair.
    expect(Number(row.prefillSeconds)).toBeGreaterThan((FIRST - 2) / 1e3);
    expect(Number(row.decodeSecondsPerToken)).toBeGreaterThan((EACH - 2) / 1e3);
    expect(Number(row.prefillSeconds)).toBeGreaterThan(2 * Number(row.decodeSecondsPerToken));
    // A server that remembers prompts has seen none of these before, not even their beginnings.
    expect(new Set(prompts.map((prompt) => prompt.split(' ')[0])).size).toBe(prompts.length);
    expect(Number(row.repeats)).toBe(prompts.length - 1);
    const own = {
      id: row.device,
      name: row.device,
      bandwidthBytesPerSecond: 2e11,
      memoryCapacityBytes: 1e10,
    };
    const peaks = { peakFlopsPerSecond: { fp16: 1e12, int8: null }, vectorFlopsPerSecond: 1e12 };
    const [measurement] = await readMeasurements(join(folder, 'served.csv'), { ...own, ...peaks });
    expect(measurement.architecture.depth).toBe(28);
  });

  it.each<[string, (response: ServerResponse) => unknown, RegExp]>([
    ['answers with an error', (r) => r.writeHead(503).end('busy\nnow'), /answered 503: busy now/],
    [
      'does not stream',
      (r) => r.end(JSON.stringify({ choices: [{ text: 'all at once' }] })),
      /it must stream/,
    ],
    ['streams no JSON', (r) => r.end('data: <html>\n\n'), /streams something other than JSON: <html>/],
    [
      'says that it failed',
      (r) => r.end('data: {"error":{"message":"no memory"}}\n\n'),
      /broke off: .*no memory/,
    ],
    ['hangs up', (r) => r.destroy(), /cannot reach http:.*completions/],
    [
      'hangs up in the middle',
      async (r) => {
        r.write('data: {"choices":[{"text":"a"}]}\n\n');
        await sleep(20);
        r.destroy();
      },
      /broke off: /,
    ],
  ])('that %s costs its row, in one line', async (_, answer, message) => {
    const { url } = await serve(answer);
    const { status, stdout, stderr } = await measure(url, 'never.csv');
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(message);
    if (existsSync(join(folder, 'never.csv'))) expect(tableOf(join(folder, 'never.csv'))).toEqual([]);
  });

  it('that serves another model, or is not there, is refused in one line', async () => {
    const { url } = await serve();
    const other = await measure(url, 'never.csv', 'qwen2.5-0.5b');
    expect([other.status, other.stderr]).toEqual([
      2,
      expect.stringMatching(/serves no model "qwen2\.5-0\.5b"; it serves qwen3-0\.6b/),
    ]);
    server!.close();
    const gone = await measure('http://127.0.0.1:9', 'never.csv');
    expect([gone.status, gone.stderr]).toEqual([
      2,
      expect.stringMatching(/cannot reach http:\/\/127\.0\.0\.1:9/),
    ]);
    expect(gone.stderr.trim().split('\n')).toHaveLength(1);
  });
});
