/**
 * What depends on which of the choices that make an architecture, found out by changing one choice at a time in
 * random architectures. The exact search rests on it: see `separate.ts`.
 */
import { type Architecture, toTable } from '../architecture';
import { architectureVariable, type Law, type LawTerm, lawTerms } from '../law/law';
import { type Random, seededRandom } from '../random';
import { FIELDS, LAYER_OPERATORS, operatorNames } from '../roofline/costs';
import { operatorTimer, type Setting } from '../roofline/roofline';
import type { LatencyObjective } from './evaluate';

/** Number of layers; width with its heads; heads of a given width; KV heads; FFN ratio and experts. */
export type Choice = 'depth' | 'frame' | 'heads' | 'attention' | 'ffn';
const choices: readonly Choice[] = ['depth', 'frame', 'heads', 'attention', 'ffn'];

const PROBES = 24;

/** The choices on which each component of `read` depends. */
export function dependence(length: number, read: (architecture: Architecture) => ArrayLike<number>) {
  const random = seededRandom(16);
  const found = Array.from({ length }, () => new Set<Choice>());
  for (let probe = 0; probe < PROBES; probe++) {
    const architecture = draw(random);
    const before = Array.from(read(architecture));
    for (const choice of choices) {
      const after = read(alter(architecture, choice, random));
      for (let k = 0; k < length; k++) if (!Object.is(before[k], after[k])) found[k].add(choice);
    }
  }
  return found;
}

/** The phases whose seconds an objective adds up, in this order. */
export const phasesOf = (objective: LatencyObjective) =>
  objective === 'total' ? (['prefill', 'decode'] as const) : [objective];

/** The choices on which each operator's FLOPs and bytes depend, in any of the phases. */
export function operatorDependence(setting: Setting, objective: LatencyObjective): Set<Choice>[] {
  const timers = phasesOf(objective).map((phase) => operatorTimer(setting, phase));
  const fields = dependence(timers.length * operatorNames.length * FIELDS, (architecture) =>
    timers.flatMap((timer) => Array.from(timer.take(toTable([architecture]), 0))),
  );
  return operatorNames.map((_, operator) => {
    const own = fields.filter((__, k) => Math.floor(k / FIELDS) % operatorNames.length === operator);
    return new Set(own.flatMap((set) => [...set]));
  });
}

/** A summand of a law with the choices on which it depends. */
export interface Summand extends LawTerm {
  choices: Set<Choice>;
}

/** The summands of a law, each with the choices that its variables depend on. */
export function summandsOf(law: Law): Summand[] {
  const reads = law.variables.map(architectureVariable);
  const found = dependence(reads.length, (architecture) => reads.map((read) => read(architecture)));
  return lawTerms(law).map((term) => ({
    ...term,
    choices: new Set(term.variables.flatMap((name) => [...found[law.variables.indexOf(name)]])),
  }));
}

/**
 * Whether the seconds of a layer are a sum over its attention and its FFN, the attention first: each operator must
 * depend on the choices of one of them alone, none on the depth. If not, the reason.
 */
export function whyOperatorsMix(operators: readonly Set<Choice>[]): string | undefined {
  const firstFfn = operators.findIndex((each) => each.has('ffn'));
  const wrong = operators.findIndex(
    (each, k) =>
      each.has('depth') ||
      (each.has('attention') && each.has('ffn')) ||
      (k >= firstFfn && each.has('attention')) ||
      (k >= LAYER_OPERATORS && (each.has('attention') || each.has('ffn'))),
  );
  return wrong < 0 ? undefined : `the operator ${operatorNames[wrong]} mixes attention, FFN and depth`;
}

/** Whether no summand mixes the depth with anything, nor attention with FFN. If one does, which. */
export function whySummandsMix(summands: readonly Summand[]): string | undefined {
  const mixed = summands.find(
    ({ choices: each }) => (each.has('depth') && each.size > 1) || (each.has('attention') && each.has('ffn')),
  );
  if (mixed === undefined) return undefined;
  const names: Record<Choice, string> = {
    depth: 'depth',
    frame: 'width',
    heads: 'heads',
    attention: 'KV heads',
    ffn: 'FFN',
  };
  return `the law's term ${mixed.text} mixes ${choices
    .filter((choice) => choice !== 'heads' && mixed.choices.has(choice))
    .map((choice) => names[choice])
    .join(' and ')}`;
}

function draw(random: Random): Architecture {
  const heads = 8 * (1 + Math.floor(4 * random()));
  const headDim = 32 * (1 + Math.floor(4 * random()));
  const [experts, activeExperts] = mixture(random);
  return {
    depth: 1 + Math.floor(40 * random()),
    ...{ width: heads * headDim, heads, headDim, kvHeads: 2 ** Math.floor(4 * random()) },
    ...{ ffnRatio: 0.1 + 5 * random(), experts, activeExperts },
    vocabulary: 1 + Math.floor(1e5 * random()),
  };
}

function alter(architecture: Architecture, choice: Choice, random: Random): Architecture {
  if (choice === 'depth')
    return { ...architecture, depth: architecture.depth + 1 + Math.floor(9 * random()) };
  if (choice === 'frame') {
    const { width, heads, headDim } = draw(random);
    return { ...architecture, width, heads, headDim };
  }
  if (choice === 'heads')
    return { ...architecture, heads: 2 * architecture.heads, headDim: architecture.headDim / 2 };
  if (choice === 'attention')
    return { ...architecture, kvHeads: architecture.kvHeads === 8 ? 4 : 2 * architecture.kvHeads };
  const [experts, activeExperts] = mixture(random);
  return random() < 0.5
    ? { ...architecture, ffnRatio: 0.1 + 5 * random() }
    : { ...architecture, experts, activeExperts };
}

function mixture(random: Random): [number, number] {
  const experts = random() < 0.3 ? 1 : 1 + Math.floor(64 * random());
  return [experts, 1 + Math.floor(experts * random())];
}
