/** Node only: what a command asks for, as jobs. */
import { existsSync } from 'node:fs';
import { type Architecture, parameters } from '../architecture';
import type { Device } from '../device';
import { oneOf, positiveInteger, refuse } from '../errors';
import { readArchitectures } from '../files/architectures';
import { readModelConfig } from '../files/config';
import { device as deviceNamed, model as modelNamed, models } from '../files/data';
import { law as lawIn } from '../files/law';
import { profileNamed } from '../measured/profiles';
import { enumerateSpace, paperSpace } from '../space';
import { type FormatName, packingOf, weightFormats } from './formats';
import { type Expectation, frontierJobs } from './frontier-check';
import { runnable } from './gguf';
import type { Job } from './job';
import { thisMachine } from './machine';
import { jobOf, planJobs } from './plan';

/** What is asked for: one of `count`, `frontier`, `model`, `config`, `gguf`, or `server` with a model. */
export interface Request {
  count?: number;
  frontier?: boolean;
  top: number;
  model?: string;
  config?: string;
  gguf?: string;
  server?: string;
  candidates?: string;
  device?: string;
  profile: string;
  law?: string;
  formats: string[];
  inputTokens: number[];
  outputTokens: number[];
  parameters: [number, number];
  seed: number;
}

/** Jobs, and what is to be said of them before. */
export interface Requested {
  jobs: Job[];
  /** Id for the rows. */
  device: string;
  /** What the frontier promises. */
  expected: Expectation[];
  changes: string[];
  /** What a server serves. */
  served?: { url: string; model: string; architecture: Architecture; format: FormatName };
}

/** The jobs of a request; refuses what no engine could run. */
export async function requestedJobs(request: Request): Promise<Requested> {
  const formats = request.formats.map((name) =>
    oneOf(name, Object.keys(weightFormats) as FormatName[], 'format'),
  );
  for (const tokens of request.inputTokens) positiveInteger(tokens, '--input-tokens');
  for (const tokens of request.outputTokens) if (tokens !== 0) positiveInteger(tokens, '--output-tokens');
  const board = request.device === undefined ? undefined : deviceNamed(request.device);
  const device = board?.id ?? thisMachine().id;
  const some = (found: Partial<Requested>): Requested => ({
    jobs: [],
    device,
    expected: [],
    changes: [],
    ...found,
  });
  const workloads = request.inputTokens.flatMap((inputTokens) =>
    request.outputTokens.map((outputTokens) => ({ inputTokens, outputTokens })),
  );
  if (request.server !== undefined) return some(servedJobs(request, formats, workloads));
  if (request.gguf !== undefined) {
    const file = request.gguf;
    if (!existsSync(file)) refuse(`no such file: ${file}`);
    const jobs = workloads.map((workload): Job => {
      const id = `${file}-${workload.inputTokens}-${workload.outputTokens}`.replaceAll(',', '_');
      return { id, model: file, subject: { file }, ...workload, role: 'published' };
    });
    return some({ jobs });
  }
  if (request.model !== undefined || request.config !== undefined)
    return some(shapeJobs(request, formats, workloads));
  const candidates =
    request.candidates === undefined ? undefined : await readArchitectures(request.candidates);
  if (request.count !== undefined) {
    const { count, seed, inputTokens, outputTokens } = request;
    const options = { formats, inputTokens, outputTokens, parameters: request.parameters };
    return some({ jobs: planJobs({ count, seed, ...options, device: board ?? nominal, candidates }) });
  }
  if (board === undefined)
    return refuse('--frontier needs --device, e.g. the device.json of `colaw measure --board`');
  const expected = expectations(request, board, formats[0], candidates);
  return some({ jobs: expected.map(({ job }) => job), expected });
}

/** Proportions of a processor, where no device is named: ten operations for a byte. */
const nominal: Device = {
  id: 'nominal',
  name: 'nominal',
  bandwidthBytesPerSecond: 2e10,
  memoryCapacityBytes: null,
  peakFlopsPerSecond: { fp16: 2e11, int8: 2e11 },
  vectorFlopsPerSecond: 1e11,
};

type Workloads = readonly { inputTokens: number; outputTokens: number }[];

function servedJobs(
  request: Request,
  [format]: readonly FormatName[],
  workloads: Workloads,
): Partial<Requested> {
  const { server: url, model, config } = request as { server: string; model: string; config?: string };
  const { id, architecture } = config === undefined ? modelServedAs(model) : shapeOf(request);
  const jobs = workloads.map(
    (workload): Job => ({
      id: `${model}-${format}-${workload.inputTokens}-${workload.outputTokens}`.replaceAll(',', '_'),
      model: id,
      subject: { url },
      ...workload,
      role: 'published',
    }),
  );
  return { jobs, served: { url, model, architecture, format } };
}

function modelServedAs(name: string): { id: string; architecture: Architecture } {
  const isNamed = (other: string) => other.toLowerCase() === name.toLowerCase();
  const found = models().find(({ id, huggingFaceId }) => isNamed(id) || isNamed(huggingFaceId));
  return (
    found ??
    refuse(`"${name}" is no model of data/models.json, so its shape is not known: add --config config.json`)
  );
}

function shapeOf({ model, config }: Request): { id: string; architecture: Architecture; warnings: string[] } {
  if (config !== undefined) return { id: config, ...readModelConfig(config) };
  return { id: model!, architecture: modelNamed(model!).architecture, warnings: [] };
}

function shapeJobs(
  request: Request,
  formats: readonly FormatName[],
  workloads: Workloads,
): Partial<Requested> {
  const { id, architecture, warnings } = shapeOf(request);
  const made = formats.map((format) => ({ format, ...runnable(architecture, format) }));
  const jobs = made.flatMap(({ format, architecture: runs }) =>
    workloads.map((workload) => jobOf({ architecture: runs, format, ...workload }, 'published', id)),
  );
  return { jobs, changes: [...new Set([...warnings, ...made.flatMap(({ changes }) => changes)])] };
}

function expectations(
  request: Request,
  device: Device,
  format: FormatName,
  candidates: readonly Architecture[] = enumerateSpace(paperSpace),
): Expectation[] {
  const [least, most] = request.parameters;
  const fitting = candidates
    .map((architecture) => runnable(architecture, format).architecture)
    .filter((architecture) => {
      const { total } = parameters(architecture);
      return total >= least && total <= most;
    });
  if (fitting.length === 0)
    refuse(
      `none of ${candidates.length} candidates has from ${least} to ${most} parameters; widen --parameters`,
    );
  const setting = {
    device,
    workload: { batch: 1, inputTokens: request.inputTokens[0], outputTokens: request.outputTokens[0] },
    precision: weightFormats[format].precision,
    packing: packingOf(format),
    profile: profileNamed(request.profile, device.id),
  };
  return frontierJobs(fitting, lawIn(request.law), setting, format, positiveInteger(request.top, '--top'));
}
