/** Node only: a model behind a running server of the OpenAI kind (vLLM, llama-server, Ollama, TensorRT-LLM), by streaming. */
import type { Architecture } from '../architecture';
import { InputError, refuse } from '../errors';
import type { Patience } from './engine';
import { type FormatName, packingOf, weightFormats } from './formats';
import type { Runner } from './queue';
import { shareOf, summarise } from './statistics';

/** One streamed answer. */
interface Answered {
  /** From the request to the first token. */
  firstSeconds: number;
  /** Between two tokens, the mean over the answer. */
  tokenSeconds: number;
  /** As the server counts them. */
  inputTokens: number;
  outputTokens: number;
}

interface ServerQuestion {
  /** Address up to `/v1`. */
  url: string;
  model: string;
  inputTokens: number;
  outputTokens: number;
}

/** Measures jobs by a server that serves `architecture`, stored as `format`; until `deadline`, in milliseconds since 1970. */
export function serverRunner(
  served: { url: string; model: string; architecture: Architecture; format: FormatName },
  patience: Patience,
  deadline: number,
): Runner {
  const { url, model, architecture, format } = served;
  return async ({ inputTokens, outputTokens }) => {
    if (Date.now() >= deadline) return undefined;
    try {
      const engine = await serverEngine(url, model);
      const answers = await measureServer({ url, model, inputTokens, outputTokens }, patience);
      const packing = packingOf(format);
      return {
        outcome: {
          ...{ engine, version: '', architecture, packing, format: format.toUpperCase() },
          precision: weightFormats[format].precision,
          counted: { inputTokens: answers[0].inputTokens, outputTokens: answers[0].outputTokens },
          prefill: answers.map(({ firstSeconds }) => firstSeconds),
          step: answers.map(({ tokenSeconds }) => tokenSeconds),
        },
      };
    } catch (error) {
      if (error instanceof InputError) return { failure: error.message };
      throw error;
    }
  };
}

/** Seconds without a byte after which a server is given up. */
const SILENCE_SECONDS = 120;

/**
 * Asks a server the same amount again and again, each time another text, so that no prompt is answered from a
 * cache; the first answer warms it up and does not count.
 */
async function measureServer(question: ServerQuestion, { repeats, spread }: Patience): Promise<Answered[]> {
  await ask(question, 0);
  const answers: Answered[] = [];
  for (let round = 1; round <= 3; round++) {
    while (answers.length < round * repeats) answers.push(await ask(question, answers.length + 1));
    const phases = [answers.map((a) => a.firstSeconds), answers.map((a) => a.tokenSeconds)];
    if (phases.every((phase) => shareOf(summarise(phase)) <= spread)) break;
  }
  return answers;
}

/** The server's name for what runs the model, e.g. `vllm`; `server` where it does not say. */
async function serverEngine(url: string, model: string): Promise<string> {
  const response = await reach(`${base(url)}/models`);
  if (!response.ok) return 'server';
  const { data } = (await response.json().catch(() => ({}))) as {
    data?: { id: string; owned_by?: string }[];
  };
  if (!Array.isArray(data)) return 'server';
  const found = data.find(({ id }) => id === model);
  if (found === undefined && data.length > 0)
    refuse(`${url} serves no model "${model}"; it serves ${data.map(({ id }) => id).join(', ')}`);
  return found?.owned_by ?? 'server';
}

async function ask(question: ServerQuestion, run: number): Promise<Answered> {
  const { url, model, inputTokens, outputTokens } = question;
  const start = performance.now();
  const response = await reach(`${base(url)}/completions`, {
    model,
    prompt: textOf(inputTokens, run),
    max_tokens: outputTokens,
    min_tokens: outputTokens,
    ignore_eos: true,
    temperature: 0,
    stream: true,
    stream_options: { include_usage: true },
  });
  if (!response.ok) {
    const text = (await response.text()).replaceAll(/\s+/g, ' ').slice(0, 200);
    refuse(`${url} answered ${response.status}: ${text}`);
  }
  const times: number[] = [];
  let usage: { prompt_tokens?: number; completion_tokens?: number } | undefined;
  for await (const event of eventsOf(response, url)) {
    if (event.error) refuse(`${url} broke off: ${JSON.stringify(event.error).slice(0, 200)}`);
    if (event.usage) usage = event.usage;
    if (event.choices?.[0]?.text) times.push((performance.now() - start) / 1e3);
  }
  // A server may send several tokens in one piece, so its own count decides.
  const tokens = usage?.completion_tokens ?? times.length;
  if (times.length < 2 || tokens < 2)
    refuse(
      `${url} sent ${times.length} pieces of text where ${outputTokens} tokens were asked; it must stream`,
    );
  return {
    firstSeconds: times[0],
    tokenSeconds: (times.at(-1)! - times[0]) / (tokens - 1),
    inputTokens: usage?.prompt_tokens ?? inputTokens,
    outputTokens: tokens,
  };
}

interface Event {
  choices?: { text?: string }[];
  usage?: { prompt_tokens?: number; completion_tokens?: number };
  error?: unknown;
}

/** The events of a stream of server-sent events, as they come. */
async function* eventsOf(response: Response, url: string): AsyncGenerator<Event> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of piecesOf(response, url)) {
    rest += decoder.decode(piece, { stream: true });
    const lines = rest.split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const data = /^data: ?(.*)$/.exec(line.trim())?.[1];
      if (data && data !== '[DONE]') yield parse(data);
    }
  }
}

/** The body as it comes; a connection that ends too early is refused. */
async function* piecesOf({ body }: Response, url: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body as unknown as AsyncIterable<Uint8Array>;
  } catch (error) {
    refuse(`${url} broke off: ${reasonOf(error)}`);
  }
}

function parse(data: string): Event {
  try {
    return JSON.parse(data);
  } catch {
    return refuse(`the server streams something other than JSON: ${data.slice(0, 80)}`);
  }
}

async function reach(url: string, body?: object): Promise<Response> {
  try {
    return await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(1000 * SILENCE_SECONDS),
    });
  } catch (error) {
    return refuse(`cannot reach ${url}: ${reasonOf(error)}`);
  }
}

/** Why a connection failed: `fetch` hides it in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Error };
  return cause?.message || message;
}

/** With or without `/v1` at its end. */
const base = (url: string) => `${url.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1`;

/** Short words, about a token each; `run` makes every text another from its first word on. */
function textOf(tokens: number, run: number): string {
  const words = ['one', 'two', 'red', 'sun', 'cat', 'map', 'ten', 'ice', 'key', 'box', 'air', 'sea', 'car'];
  const word = (i: number) => words[(i * i + (run + 1) * (i + 3) + run * run) % words.length];
  return [String(run), ...Array.from({ length: Math.max(1, tokens - 1) }, (_, i) => word(i))].join(' ');
}
