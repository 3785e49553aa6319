import type { Architecture } from '../architecture';
import type { Law } from '../law/law';
import { memory } from '../roofline/memory';
import { rooflineLatency, type Setting } from '../roofline/roofline';
import { type Space, storedBytes } from '../space';
import type { LatencyObjective } from './evaluate';
import type { Candidate } from './search';

/** The frontier of which space, by which law, on what. Plain data: it travels to threads and stands in files. */
export interface Question {
  space: Space;
  law: Law;
  setting: Setting;
  objective: LatencyObjective;
  /** Bytes of all weights and of the KV cache, at most. Default: no limit. */
  memoryBudget?: number;
  /** Seconds of the prefill, at most. Default: no limit. */
  prefillBudget?: number;
}

/** A point that a search found. */
export interface Numbered extends Candidate {
  /** Its number in the space, counted from 0 before rules: an integer in decimal. */
  index: string;
}

/** A point of the answer. */
export interface Found extends Numbered {
  memoryBytes: number;
  /** Whether that is within the device's capacity; null where no source states it. */
  fits: boolean | null;
}

/** Something that every architecture of the answer keeps: a sum over attention and FFN, times the depth, plus a constant. */
export interface Limit {
  measure(architecture: Architecture): number;
  most: number;
}

/** The limits of a question: the rule on stored bytes, and the budgets. */
export function limitsOf({ space, setting, memoryBudget, prefillBudget }: Question): Limit[] {
  const stored = space.rules?.maxStoredBytes;
  return [
    ...(memoryBudget === undefined
      ? []
      : [{ measure: (a: Architecture) => memory(a, setting).totalBytes, most: memoryBudget }]),
    ...(prefillBudget === undefined
      ? []
      : [
          {
            measure: (a: Architecture) => rooflineLatency(a, setting).prefillSeconds,
            most: prefillBudget,
          },
        ]),
    ...(stored === undefined ? [] : [{ measure: (a: Architecture) => storedBytes(space, a), most: stored }]),
  ];
}
