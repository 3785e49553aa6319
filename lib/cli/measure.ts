import { existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Board, Device } from '../device';
import { positiveInteger, positiveNumber, refuse } from '../errors';
import { readJson } from '../files/data';
import { patience } from '../measure/engine';
import type { FrontierCheck } from '../measure/frontier-check';
import { type Gpu, gpus } from '../measure/install';
import type { Runner } from '../measure/queue';
import type { Request } from '../measure/request';
import type { Row } from '../measure/table';
import { columns } from '../report/text';
import { json, note, number, print } from './options';

const WORDS = `
Examples:
  colaw measure --board                                this machine as a device: device.json
  colaw measure --count 40 --out mine.csv              40 architectures, a third of them kept for the test
  colaw measure --model qwen3-0.6b --out mine.csv      a published shape, with random weights
  colaw measure --gguf model.gguf --out mine.csv       a real model
  colaw measure --frontier --top 10 --device device.json --profile mine.json
  colaw measure --server http://localhost:8000 --model qwen3-0.6b --out mine.csv

Each row is measured by a process of its own and is on the disk before the next begins; the same command goes on
where it stopped. Random weights are written to the temporary folder (TMPDIR), one model at a time.
Times are medians; the columns ...DeviationSeconds are median absolute deviations, ...Cpu... seconds of the
processor, all threads together. A row that spreads by more than --max-spread even when taken again, or that did
not have its cores to itself, says so under "mark".
The engine (llama.cpp) is no part of colaw: --install fetches the one package that this machine needs.`;

/** Options as commander hands them over. */
interface Chosen extends Request {
  board?: boolean;
  server?: string;
  out?: string;
  repeats: number;
  leastSeconds: number;
  passes: number;
  maxSpread: number;
  referenceEvery: number;
  budget?: number;
  threads?: number;
  gpu: Gpu;
  install?: boolean;
  json?: boolean;
}

/** Options and action of `measure`. */
export function define(command: Command): void {
  command
    .option('--board', 'bandwidth, peaks and memory of this machine, as a device file')
    .option('--count <n>', 'so many architectures, chosen to tell a calibration most', number)
    .option('--frontier', "the predicted frontier's best, and the next best beside them")
    .option('--top <n>', 'points of the frontier', number, 10)
    .option(
      '--model <id>',
      'shape of a model of data/models.json; with --server, the name it is served under',
    )
    .option('--config <file>', 'shape of a config.json of Hugging Face; with --server, what the model is')
    .option('--gguf <file>', 'a real model')
    .option('--server <url>', 'a running server that speaks as OpenAI does: vLLM, llama-server, Ollama …')
    .option('--candidates <file>', 'CSV file of architectures for --count and --frontier')
    .option('--out <file>', 'file to write; default device.json or measured-here.csv')
    .option('--device <id>', 'device of the rows, or a JSON file; default this machine')
    .option('--profile <name>', 'for --frontier: ideal, fitted, or a file of `colaw calibrate`', 'ideal')
    .option('--law <file>', 'for --frontier: law as JSON')
    .option('--formats <list>', 'of the weights: f16, q8_0, q4_0', list, ['f16', 'q8_0'])
    .option('--input-tokens <list>', 'prompt lengths', numbers, [128, 512])
    .option('--output-tokens <list>', 'tokens generated', numbers, [16, 64])
    .option('--parameters <low:high>', 'stored parameters of --count and --frontier', range, [1e7, 1e9])
    .option('--repeats <n>', 'at least', number, patience.repeats)
    .option(
      '--least-seconds <s>',
      'repeats of a row go on until they took so long: a short step is noise by itself',
      number,
      patience.leastSeconds,
    )
    .option(
      '--passes <n>',
      'rounds through all rows over which the repeats are spread: evens out a machine whose speed wanders',
      number,
      1,
    )
    .option(
      '--max-spread <share>',
      'deviation over median above which a row is taken again',
      number,
      patience.spread,
    )
    .option('--reference-every <n>', 'rows between two runs of the reference architecture', number, 10)
    .option('--budget <time>', 'stop in time, e.g. 90s, 10m, 2h', budget)
    .option('--threads <n>', "default the engine's choice", number)
    .addOption(new Option('--gpu <kind>', 'run on it').choices(gpus).default('none'))
    .option('--seed <n>', 'of the plan', number, 0)
    .option('--install', 'install the engine without asking; alone, do nothing else')
    .addOption(json())
    .addHelpText('after', WORDS)
    .action(async (chosen: Chosen) => {
      check(chosen);
      if (chosen.install && waysOf(chosen).length === 0) await installOnly(chosen);
      else if (chosen.board) await measureTheBoard(chosen);
      else await measureTheRows(chosen);
    });
}

/** What of the ways to measure is asked for. */
function waysOf({ board, count, frontier, model, config, gguf, server }: Chosen): unknown[] {
  const ways =
    server === undefined
      ? [board, count, frontier, model, config, gguf]
      : [board, count, frontier, gguf, server];
  return ways.filter((way) => way !== undefined);
}

function check(chosen: Chosen): void {
  const { model, server, install } = chosen;
  const ways = waysOf(chosen);
  if (ways.length !== 1 && !(ways.length === 0 && install))
    refuse('give exactly one of --board, --count, --frontier, --model, --config, --gguf and --server');
  if (server !== undefined && model === undefined)
    refuse('--server needs --model NAME, as the server calls it');
  positiveInteger(chosen.repeats, '--repeats');
  positiveInteger(chosen.passes, '--passes', 100);
  positiveInteger(chosen.referenceEvery, '--reference-every');
  positiveNumber(chosen.maxSpread, '--max-spread');
  positiveNumber(chosen.leastSeconds, '--least-seconds', patience.mostSeconds);
  if (chosen.threads !== undefined) positiveInteger(chosen.threads, '--threads');
}

async function installOnly(chosen: Chosen): Promise<void> {
  const { findEngine, installEngine } = await import('../measure/install.js');
  const engine = findEngine(chosen.gpu) ?? installEngine(chosen.gpu);
  print({ json: chosen.json }, { engine }, () => `the engine is installed: ${engine}`);
}

async function measureTheBoard(chosen: Chosen): Promise<void> {
  const { boardJobs, measureBoard } = await import('../measure/board.js');
  const out = chosen.out ?? 'device.json';
  if (existsSync(out) && (readJson(out) as Partial<Device> | null)?.measured !== true)
    refuse(`${out} is there and was not measured; name another file with --out`);
  const probes = chosen.passes * boardJobs().length;
  let done = 0;
  const board = await measureBoard(await engineRunner(chosen), chosen.passes, (probe) =>
    progress(chosen, `${++done} of ${probes}: ${probe}`),
  );
  writeFileSync(out, `${JSON.stringify(board, null, 2)}\n`);
  print({ json: chosen.json }, { out, ...board }, () => describeBoard(out, board));
}

function describeBoard(out: string, board: Board): string {
  const { peakFlopsPerSecond, spread } = board;
  const row = (name: string, value: number, unit: string, key: string) => [
    name,
    `${(value / 1e9).toPrecision(4)} G${unit}`,
    `± ${(100 * spread![key]).toPrecision(2)} %`,
  ];
  return [
    `${out}: ${board.name}`,
    ...columns([
      row('bandwidth', board.bandwidthBytesPerSecond, 'B/s', 'bandwidthBytesPerSecond'),
      row('fp16 products', peakFlopsPerSecond.fp16, 'FLOP/s', 'peakFlopsPerSecond.fp16'),
      row('int8 products', peakFlopsPerSecond.int8!, 'FLOP/s', 'peakFlopsPerSecond.int8'),
      row('fp32 products', board.vectorFlopsPerSecond, 'FLOP/s', 'vectorFlopsPerSecond'),
      ['memory', `${(board.memoryCapacityBytes / 1e9).toPrecision(4)} GB`, ''],
    ]),
    board.notes!,
  ].join('\n');
}

async function measureTheRows(chosen: Chosen): Promise<void> {
  const { requestedJobs } = await import('../measure/request.js');
  const { measureInto, readRows, driftOf } = await import('../measure/measure.js');
  const { jobs, device, expected, changes, served } = await requestedJobs(chosen);
  for (const change of changes) note(change);
  const run =
    served === undefined
      ? await engineRunner(chosen)
      : (await import('../measure/server.js')).serverRunner(served, patienceOf(chosen), deadlineOf(chosen));
  const out = chosen.out ?? 'measured-here.csv';
  const { referenceEvery, passes, maxSpread: spread } = chosen;
  const source = 'colaw measure';
  const result = await measureInto(
    out,
    jobs,
    { run, device, source, referenceEvery, passes, spread },
    (done, of, job, row) =>
      progress(chosen, `${done} of ${of}: ${job.id}: ${typeof row === 'string' ? row : describeRow(row)}`),
  );
  const { failed, rows, present, left } = result;
  if (rows.length + present === 0 && failed.length > 0) refuse(`${failed[0].id}: ${failed[0].why}`);
  for (const { id, why } of failed) note(`${id} was not measured: ${why}`);
  if (left > 0) note(`${left} of ${jobs.length} rows are left; the same command goes on with them`);
  const ids = new Set(jobs.map(({ id }) => id));
  const all = rows.length + present > 0 ? await readRows(out) : [];
  const drift = driftOf(all);
  const check =
    expected.length === 0
      ? undefined
      : (await import('../measure/frontier-check.js')).checkFrontier(expected, all);
  const answer = { out, ...result, drift, rows: all.filter(({ id }) => ids.has(String(id))), ...check };
  print({ json: chosen.json }, answer, () =>
    [
      `${out}: ${rows.length} rows measured now, ${present} there before, ${failed.length} failed, ${left} left`,
      ...(drift
        ? [
            `the reference drifted by ${percent(drift.prefill)} in prefill, ${percent(drift.decode)} in decode`,
          ]
        : []),
      ...(check ? describeCheck(check) : []),
    ].join('\n'),
  );
}

function describeRow(row: Row): string {
  const time = (name: string) => {
    const seconds = Number(row[`${name}`]);
    const deviation = Number(row[name.replace(/Seconds.*/, 'DeviationSeconds')]);
    return `${(1000 * seconds).toPrecision(3)} ms ± ${percent(deviation / seconds)}`;
  };
  const decode = row.decodeSecondsPerToken === undefined ? '' : `, a token ${time('decodeSecondsPerToken')}`;
  return `prefill ${time('prefillSeconds')}${decode}${row.mark ? `; ${row.mark}` : ''}`;
}

function describeCheck({ points, spearman, medianAbsolutePercentError, beats }: FrontierCheck): string[] {
  const name = (id: string) => id.replace(/^(frontier|challenger)-/, '');
  const milliseconds = (seconds: number) => `${(1000 * seconds).toPrecision(4)} ms`;
  return [
    ...columns([
      ['', 'loss', 'predicted', 'measured', ''],
      ...points.map((p) => [
        `${p.role} ${name(p.id)}`,
        p.loss.toFixed(4),
        milliseconds(p.predictedSeconds),
        milliseconds(p.measuredSeconds),
        `± ${milliseconds(p.deviationSeconds)}`,
      ]),
    ]),
    `median error ${medianAbsolutePercentError?.toFixed(1)} %, rank correlation ${spearman?.toFixed(3)}`,
    beats.length === 0
      ? 'no challenger beats a point of the frontier by more than noise'
      : `${beats.length} times a challenger is as good as a point of the frontier and faster by more than noise`,
  ];
}

const percent = (share: number) => `${(100 * share).toPrecision(2)} %`;

function progress({ json }: Chosen, line: string): void {
  if (!json) console.error(line);
}

const patienceOf = ({ repeats, leastSeconds, passes, maxSpread: spread }: Chosen) => ({
  ...patience,
  repeats: Math.ceil(repeats / passes),
  leastSeconds: leastSeconds / passes,
  spread,
});
const deadlineOf = ({ budget = Number.POSITIVE_INFINITY }: Chosen) => Date.now() + 1000 * budget;

/** The engine in child processes; asks before it installs anything. */
async function engineRunner(chosen: Chosen): Promise<Runner> {
  const { findEngine, installEngine, missingEngine } = await import('../measure/install.js');
  const { childRunner } = await import('../measure/queue.js');
  const { gpu, threads } = chosen;
  let entry = findEngine(gpu);
  if (entry === undefined) {
    const missing = missingEngine(gpu);
    if (!chosen.install && !(await isAgreed(`${missing}. Install it? [y/N] `)))
      refuse(`${missing}; add --install to install just that`);
    progress(chosen, 'installing the engine');
    entry = installEngine(gpu);
  }
  return childRunner({ entry, gpu, threads, patience: patienceOf(chosen), deadline: deadlineOf(chosen) });
}

async function isAgreed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(question);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

function list(text: string): string[] {
  return text.split(',').map((item) => item.trim());
}

function numbers(text: string): number[] {
  return list(text).map(number);
}

function range(text: string): [number, number] {
  const ends = text.split(':').map(number);
  if (ends.length !== 2 || !(ends[0] <= ends[1])) throw new InvalidArgumentError(`"${text}" is not low:high`);
  return ends as [number, number];
}

function budget(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(text) ?? [];
  if (amount === undefined) throw new InvalidArgumentError(`"${text}" is not a time like 90s, 10m or 2h`);
  return Number(amount) * { s: 1, m: 60, h: 3600 }[unit as 's' | 'm' | 'h'];
}
