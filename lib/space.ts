import type { Architecture } from './architecture';
import { refuse } from './errors';
import { architectureBytes } from './roofline/memory';
import type { Precision } from './workload';

/** Architectures by lists: every combination whose heads and kvHeads are whole and divide, and that the rules allow. */
export interface Space {
  depths: readonly number[];
  widths: readonly number[];
  ffnRatios: readonly number[];
  /** Pairs [experts, activeExperts]. */
  mixtures: readonly (readonly [number, number])[];
  /**
   * Key/value heads; `'all'` means as many as query heads, `'divisors'` every number that divides them. Those that
   * do not divide heads are left out.
   */
  kvHeads: readonly (number | 'all' | 'divisors')[];
  /** heads = width / headDim. One that does not divide a width is refused; of a list, it is left out there. */
  headDim: number | readonly number[];
  /** Of embedding and LM head; without one there is neither. */
  vocabulary?: number;
  rules?: Rules;
}

/** What an architecture must keep to be built, beyond the lists. */
export interface Rules {
  /** The hidden width of one expert, ffnRatio · width / activeExperts, is a multiple of this. */
  expertWidthMultiple?: number;
  /** Query heads to a key/value head, at most. */
  maxGqa?: number;
  /** Least and greatest width / depth. */
  widthPerLayer?: readonly [number, number];
  /** Bytes of the weights of all experts at `precision` (default fp16), at most. */
  maxStoredBytes?: number;
  precision?: Precision;
}

/**
 * The paper's search space (Table 5). Two things are our assumptions, as the table leaves them out:
 * headDim 128 and the list of FFN ratios. 8,160 architectures.
 */
export const paperSpace: Space = {
  depths: [4, 8, 12, 16, 20, 24, 28, 32],
  widths: [768, 1024, 1280, 1536, 1792, 2048, 2304, 2560, 3072],
  ffnRatios: [0.25, 0.5, 1, 2, 8 / 3, 4],
  mixtures: [
    [1, 1],
    [8, 1],
    [8, 2],
    [16, 1],
    [16, 2],
  ],
  kvHeads: [1, 2, 4, 8, 'all'],
  headDim: 128,
};

/** A width with its heads: what attention and FFN of a layer have in common. */
export interface Frame {
  width: number;
  headDim: number;
  heads: number;
  /** Ascending, without duplicates; none where no choice divides the heads. */
  kvHeads: readonly number[];
  /** Where its architectures begin among those of one depth, counted before rules; and how many they are. */
  offset: bigint;
  length: number;
}

/** The frames of a space in its order: widths, and for each the values of headDim that divide it. */
export function framesOf(space: Space): Frame[] {
  const headDims = typeof space.headDim === 'number' ? [space.headDim] : space.headDim;
  const kvChoicesOf = kvChoices(space);
  const frames: Frame[] = [];
  let offset = 0n;
  for (const width of space.widths) {
    const dividing = headDims.filter((headDim) => width % headDim === 0);
    if (dividing.length === 0) refuse(`headDim ${headDims.join(', ')} does not divide width ${width}`);
    for (const headDim of dividing) {
      const kvHeads = kvChoicesOf(width / headDim);
      const length = kvHeads.length * ffnCount(space);
      frames.push({ width, headDim, heads: width / headDim, kvHeads, offset, length });
      offset += BigInt(length);
    }
  }
  return frames;
}

/** Finds the kvHeads that a space allows with so many query heads, ascending, without duplicates. */
function kvChoices({ kvHeads, rules }: Space): (heads: number) => number[] {
  const named = new Set(kvHeads);
  const isNamed = (kv: number, heads: number) =>
    named.has('divisors') || named.has(kv) || (kv === heads && named.has('all'));
  return (heads) =>
    divisors(heads).filter((kv) => isNamed(kv, heads) && heads / kv <= (rules?.maxGqa ?? heads));
}

/** How many FFNs a space names: ratios times mixtures, the mixtures varying faster. */
export const ffnCount = ({ ffnRatios, mixtures }: Space) => ffnRatios.length * mixtures.length;

/** FFN number `ffn` of a space. */
export function ffnAt({ ffnRatios, mixtures }: Space, ffn: number) {
  const [experts, activeExperts] = mixtures[ffn % mixtures.length];
  return { ffnRatio: ffnRatios[Math.floor(ffn / mixtures.length)], experts, activeExperts };
}

/** The architecture with this depth, frame, FFN (by number) and kvHeads. */
export function assemble(
  space: Space,
  frame: Frame,
  depth: number,
  ffn: number,
  kvHeads: number,
): Architecture {
  const { width, heads, headDim } = frame;
  const { vocabulary } = space;
  const bare = { depth, width, heads, headDim, kvHeads, ...ffnAt(space, ffn) };
  return vocabulary === undefined ? bare : { ...bare, vocabulary };
}

/** Whether the rules allow this depth at this width. */
export function allowsDepth({ rules }: Space, { width }: Frame, depth: number): boolean {
  const [low, high] = rules?.widthPerLayer ?? [0, Number.POSITIVE_INFINITY];
  return width / depth >= low && width / depth <= high;
}

/** Whether the rules allow an FFN of this ratio with so many active experts at this width. */
export function allowsFfn({ rules }: Space, width: number, ffnRatio: number, activeExperts: number): boolean {
  if (rules?.expertWidthMultiple === undefined) return true;
  const multiples = (ffnRatio * width) / activeExperts / rules.expertWidthMultiple;
  // 8/3 of a width is whole but for rounding.
  return Math.round(multiples) >= 1 && Math.abs(multiples - Math.round(multiples)) <= 1e-12 * multiples;
}

/** Bytes that the rules limit: the weights of all experts. */
export function storedBytes({ rules }: Space, architecture: Architecture): number {
  return architectureBytes(architecture, { precision: rules?.precision ?? 'fp16' });
}

/**
 * Every architecture of `space`, one at a time; depth varies slowest, kvHeads fastest.
 *
 * @example eachArchitecture(paperSpace).next().value.depth // 4
 */
export function* eachArchitecture(space: Space): Generator<Architecture> {
  const most = space.rules?.maxStoredBytes ?? Number.POSITIVE_INFINITY;
  const frames = framesOf(space);
  for (const depth of space.depths)
    for (const frame of frames) {
      if (!allowsDepth(space, frame, depth)) continue;
      for (let ffn = 0; ffn < ffnCount(space); ffn++) {
        const { ffnRatio, activeExperts } = ffnAt(space, ffn);
        if (!allowsFfn(space, frame.width, ffnRatio, activeExperts)) continue;
        for (const kvHeads of frame.kvHeads) {
          const architecture = assemble(space, frame, depth, ffn, kvHeads);
          if (most === Number.POSITIVE_INFINITY || storedBytes(space, architecture) <= most)
            yield architecture;
        }
      }
    }
}

/** More architectures than this are not made into objects at once. */
const MOST_OBJECTS = 5_000_000;

/**
 * All of them as an array; refused where they are more than five million.
 *
 * @example enumerateSpace({ ...paperSpace, depths: [4], widths: [768] }).length // 90
 */
export function enumerateSpace(space: Space): Architecture[] {
  const architectures: Architecture[] = [];
  for (const architecture of eachArchitecture(space)) {
    if (architectures.push(architecture) > MOST_OBJECTS)
      refuse(
        `the space holds over ${MOST_OBJECTS} architectures: take them one at a time (eachArchitecture)`,
      );
  }
  return architectures;
}

/**
 * `space` with every depth, and every width that headDim divides, between its smallest and largest.
 *
 * @example withDepthsAndWidthsBetween(paperSpace).depths.length // 29
 */
export function withDepthsAndWidthsBetween(space: Space): Space {
  const range = (values: readonly number[], step: number) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, i) => low + i * step);
  };
  const step = typeof space.headDim === 'number' ? space.headDim : Math.min(...space.headDim);
  return { ...space, depths: range(space.depths, 1), widths: range(space.widths, step) };
}

/** Ascending. Dividing by every prime that is found leaves little to be tried. */
function divisors(n: number): number[] {
  let found = [1];
  let left = n;
  const take = (prime: number) => {
    const before = found;
    for (let power = prime; left % prime === 0; power *= prime) {
      found = [...found, ...before.map((each) => each * power)];
      left /= prime;
    }
  };
  for (let i = 2; i * i <= left; i += i === 2 ? 1 : 2) take(i);
  if (left > 1) take(left);
  return found.sort((a, b) => a - b);
}
