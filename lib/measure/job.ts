/** One measurement: what is asked of a child process, and what it answers. */
import type { Architecture } from '../architecture';
import type { Packing, Precision } from '../workload';
import type { Patience } from './engine';
import type { FormatName } from './formats';
import type { Gpu } from './install';

/** What is run: an architecture with random weights, a file that is there, or what a server serves. */
export type Subject = { architecture: Architecture; format: FormatName } | { file: string } | { url: string };

/** One row to be. */
export interface Job {
  /** Unique in a table; the same in every run of the same command. */
  id: string;
  /** Name of the architecture or the model. */
  model: string;
  subject: Subject;
  inputTokens: number;
  outputTokens: number;
  /** What the row is for: rows to fit to, to test by, to see drift by, or of a frontier. */
  role: Role;
}

export const roles = ['fit', 'test', 'reference', 'frontier', 'challenger', 'published'] as const;
export type Role = (typeof roles)[number];

/** What a child process needs beside its job. */
export interface ChildTask {
  job: Job;
  /** The engine's first file. */
  entry: string;
  gpu: Gpu;
  threads?: number;
  patience: Patience;
  /** Where the model is written and removed again; random weights only. */
  temporaryFile: string;
}

/** What was found: seconds of each repeat. A server tells nothing of its processor and threads. */
export interface Outcome {
  engine: string;
  version: string;
  threads?: number;
  context?: number;
  flashAttention?: boolean;
  architecture: Architecture;
  packing: Packing;
  precision: Precision;
  format: string;
  /** Tokens as the engine counts them, where it was not told but asked. */
  counted?: { inputTokens: number; outputTokens: number };
  prefill: number[];
  prefillCpu?: number[];
  step: number[];
  stepCpu?: number[];
}

/** The child's one message. */
export type Answer = { outcome: Outcome } | { failure: string };
