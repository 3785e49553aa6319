import { describe, expect, it } from 'vitest';
import { devices } from '../../lib/files/data';
import { evaluateArchitectures, latencyObjectives } from '../../lib/frontier/evaluate';
import { frontierOf } from '../../lib/frontier/frontier';
import type { Question } from '../../lib/frontier/question';
import { planSearch, planStream, solveAll } from '../../lib/frontier/solve';
import { CODESIGN_FORMULA, type Law, validateLaw } from '../../lib/law/law';
import { type Random, seededRandom } from '../../lib/random';
import { memory } from '../../lib/roofline/memory';
import { idealProfile } from '../../lib/roofline/profile';
import { eachArchitecture, type Space } from '../../lib/space';
import { precisionNames } from '../../lib/workload';
import { validateSpace } from '../../lib/written-space';

const pick = <T>(random: Random, values: readonly T[]) => values[Math.floor(random() * values.length)];
const some = <T>(random: Random, values: readonly T[], most: number) => {
  const left = [...values];
  const count = 1 + Math.floor(random() * Math.min(most, left.length));
  return Array.from({ length: count }, () => left.splice(Math.floor(random() * left.length), 1)[0]);
};

/** Lists in no order, several head sizes, rules: whatever a file may hold. */
function drawSpace(random: Random): Space {
  const headDim = random() < 0.3 ? some(random, [32, 64, 128], 2) : pick(random, [64, 128]);
  const step = 128;
  const rules = {
    ...(random() < 0.15 ? { expertWidthMultiple: pick(random, [32, 64, 128]) } : {}),
    ...(random() < 0.15 ? { maxGqa: pick(random, [2, 4, 8]) } : {}),
    ...(random() < 0.15 ? { widthPerLayer: [20, 200] } : {}),
    ...(random() < 0.2
      ? { maxStoredBytes: 10 ** (8 + 2 * random()), precision: pick(random, precisionNames) }
      : {}),
  };
  return validateSpace({
    depths: some(random, [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48], 6),
    widths: some(random, [2, 3, 4, 6, 8, 12, 16, 24, 32], 4).map((columns) => columns * step),
    ffnRatios: some(random, [0.25, 0.5, 1, 1.5, 2, 8 / 3, 3, 4, 5], 6),
    mixtures: some(
      random,
      [
        [1, 1],
        [2, 1],
        [4, 1],
        [4, 2],
        [8, 1],
        [8, 2],
        [8, 8],
        [16, 2],
        [64, 8],
      ],
      6,
    ),
    kvHeads: pick(random, ['divisors', 'all', [1, 'all'], [1, 2, 4, 8, 'all']]),
    headDim,
    ...(random() < 0.4 ? { vocabulary: pick(random, [32000, 151936]) } : {}),
    rules,
  });
}

const formulas = [
  CODESIGN_FORMULA,
  'Linf + a/depth^e + b/(ffnRatio*width)^f + c*kvDimension^(-g)',
  'Linf + a/depth^e - b*log(ffnRatio) + c*log(activationRate) - d*kvHeads^g/width^h',
  'Linf + a/width^e + b/(experts*ffnRatio)^f',
  // These do not separate.
  `${CODESIGN_FORMULA} + x*depth*width`,
  'Linf + a/(depth*width)^e + b/(ffnRatio*gqa)^f',
  '(a/depth^e + b/(ffnRatio*width)^f)^g + Linf + c/kvDimension^h',
];

/** Parameters from vanishing to steep. */
function drawLaw(random: Random): Law {
  const formula = pick(random, formulas);
  const names = [...new Set(formula.match(/\b(?!log\b)[A-Za-z]\w*/g))].filter(
    (name) =>
      !['depth', 'width', 'ffnRatio', 'activationRate', 'kvDimension', 'kvHeads', 'experts', 'gqa'].includes(
        name,
      ),
  );
  const value = (name: string) => {
    if (name === 'Linf') return random() < 0.2 ? 0 : 2 * random();
    if (name === 'x') return 1e-6 * random();
    if (random() < 0.15) return 0;
    return random() < 0.15 ? 8 * random() : 2 * random();
  };
  return validateLaw({ formula, parameters: Object.fromEntries(names.map((name) => [name, value(name)])) });
}

function drawQuestion(seed: number): Question {
  const random = seededRandom(seed);
  const precision = pick(random, precisionNames);
  const boards = devices().filter(({ peakFlopsPerSecond: { int8, fp4 } }) =>
    precision === 'int8' ? int8 !== null : precision === 'nvfp4' ? fp4 !== undefined : true,
  );
  const profile = {
    bandwidthShare: 0.5 + 0.5 * random(),
    linearShare: { fp16: 0.6, int8: 0.4 },
    attentionShare: 0.3,
    stepOverheadSeconds: pick(random, [0, 1e-3]),
    operatorOverheadSeconds: pick(random, [0, 1e-5]),
    ...(random() < 0.5
      ? { precisionBandwidthShare: { int8: 0.4 }, expertShare: { fp16: 0.1 }, decodeAttentionShare: 0.01 }
      : {}),
  };
  const space = drawSpace(random);
  const question: Question = {
    space,
    law: drawLaw(random),
    setting: {
      device: pick(random, boards),
      workload: {
        batch: pick(random, [1, 8]),
        inputTokens: pick(random, [1, 64, 1024]),
        outputTokens: pick(random, [1, 16]),
      },
      precision,
      attention: pick(random, ['fused', 'materialized'] as const),
      profile: random() < 0.5 ? idealProfile : profile,
    },
    objective: pick(random, latencyObjectives),
  };
  if (random() < 0.6) return question;
  // A budget that some keep and some do not, or that one of them meets to the byte.
  const bytes = [...eachArchitecture(space)]
    .map((a) => memory(a, question.setting).totalBytes)
    .sort((x, y) => x - y);
  const memoryBudget = bytes[Math.floor(random() * bytes.length)] ?? 1e9;
  return { ...question, memoryBudget: random() < 0.5 ? memoryBudget : 1.01 * memoryBudget };
}

function bruteForce({ space, law, setting, objective, memoryBudget = Number.POSITIVE_INFINITY }: Question) {
  const all = [...eachArchitecture(space)].filter((a) => memory(a, setting).totalBytes <= memoryBudget);
  return { count: all.length, points: frontierOf(evaluateArchitectures(all, law, setting, objective)) };
}

describe('the exact frontier of a random space by a random law', () => {
  it.each(Array.from({ length: 20 }, (_, i) => i))(
    'equals brute force: questions %i00 to %i99',
    (hundred) => {
      const methods = { separation: 0, streaming: 0 };
      for (let seed = 20 * hundred; seed < 20 * hundred + 20; seed++) {
        const question = drawQuestion(seed);
        const { points } = bruteForce(question);
        const plan = planSearch([question]);
        methods[plan.method]++;
        for (const each of plan.method === 'streaming' ? [plan] : [plan, planStream([question])]) {
          const [solution] = solveAll([question], each);
          const bare = solution.points.map(({ architecture, loss, latencySeconds }) => ({
            architecture,
            loss,
            latencySeconds,
          }));
          expect(bare, `seed ${seed}, ${each.method}`).toEqual(points);
        }
      }
      expect(Math.min(...Object.values(methods))).toBeGreaterThan(0);
    },
  );
});
