/** Node only: llama.cpp through the package node-llama-cpp, as an engine. */
import { pathToFileURL } from 'node:url';
import { refuse } from '../errors';
import type { LoadOptions, Session } from './engine';
import { factsOf, type GgufInfo } from './gguf-facts';
import { ENGINE_VERSION, type Gpu } from './install';

/**
 * The part of node-llama-cpp that is used. `_ctx` lies beneath its sequences and is not public, hence the exact
 * version: it runs a batch without sampling, so that a step is the model alone.
 */
interface Package {
  getLlama(options: object): Promise<{
    gpu: string | false;
    cpuMathCores: number;
    llamaCppRelease: { release: string };
    loadModel(options: object): Promise<Model>;
  }>;
}
interface Model {
  fileInfo: GgufInfo;
  createContext(options: object): Promise<Context>;
  dispose(): Promise<void>;
}
interface Context {
  contextSize: number;
  flashAttention: boolean | 'auto';
  getSequence(): unknown;
  dispose(): Promise<void>;
  _ctx: {
    initBatch(size: number): void;
    addToBatch(sequence: number, at: number, tokens: Uint32Array, logits: Uint32Array): unknown;
    decodeBatch(): Promise<void>;
    removeTokenCellsFromSequence(sequence: number, from: number, to: number): boolean;
  };
}

/** Tokens that every vocabulary has: byte-level ones come first. */
const TOKENS = 256;
/** Positions beside prompt and answer: two warm-up steps fit even where no answer is timed. */
const SPARE = 8;

/** Loads a GGUF file in the engine whose package starts at `entry`. */
export async function loadLlama(
  entry: string,
  gpu: Gpu,
  { file, inputTokens, outputTokens, threads }: LoadOptions,
): Promise<Session> {
  const { getLlama } = (await import(pathToFileURL(entry).href)) as Package;
  const onGpu = gpu !== 'none';
  const llama = await getLlama({
    build: 'never',
    skipDownload: true,
    gpu: onGpu ? gpu : false,
    logLevel: 'error',
    maxThreads: 0,
  });
  if (onGpu && llama.gpu !== gpu) refuse(`the engine found no ${gpu} device`);
  // Read into memory rather than mapped, so that the first run does not wait for the disk.
  const model = await llama.loadModel({ modelPath: file, gpuLayers: onGpu ? 'max' : 0, useMmap: false });
  const used = threads ?? llama.cpuMathCores;
  const context = await model.createContext({
    contextSize: inputTokens + outputTokens + SPARE,
    batchSize: inputTokens,
    threads: used,
    flashAttention: true,
  });
  context.getSequence();
  const raw = context._ctx;
  let at = 0;
  let state = 1;
  const token = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 16) % TOKENS;
  };
  const run = async (tokens: Uint32Array) => {
    raw.initBatch(tokens.length);
    raw.addToBatch(0, at, tokens, Uint32Array.of(tokens.length - 1));
    await raw.decodeBatch();
    at += tokens.length;
  };
  const prompt = Uint32Array.from({ length: inputTokens }, token);
  return {
    engine: 'llama.cpp',
    version: `${llama.llamaCppRelease.release} (node-llama-cpp ${ENGINE_VERSION}, ${onGpu ? gpu : 'CPU'})`,
    threads: used,
    context: context.contextSize,
    flashAttention: context.flashAttention !== false,
    facts: () => factsOf(model.fileInfo),
    async prefill() {
      raw.removeTokenCellsFromSequence(0, 0, -1);
      at = 0;
      await run(prompt);
    },
    step: () => run(Uint32Array.of(token())),
    async close() {
      await context.dispose();
      await model.dispose();
    },
  };
}
