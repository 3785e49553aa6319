/** Node only: plans of training runs from CSV files. */
import { architectureColumns, validateArchitecture } from '../architecture';
import { InputError, refuse } from '../errors';
import { readTable } from '../files/table';
import { type PlannedRun, trainingSettings } from './plan';

const NUMBERS = [...architectureColumns, 'vocabulary', 'seed', 'tokens'] as const;
/** Settings that may be 0; the others must be positive. */
const MAY_BE_ZERO = ['weightDecay', 'warmUp', 'finalRate', 'balance'];
/** Settings that are shares: of the steps, and of the peak rate. */
const SHARES = ['warmUp', 'finalRate'];
const WHOLE = ['sequence', 'batch', 'heldOutTokens'];

/**
 * Reads a plan: a row a run. Columns: those of an architecture, `vocabulary`, `tokens`; optional are `run` (its name;
 * default its number), `seed` (0), `split` (train) and the `trainingSettings`; others are ignored. Throws an
 * `InputError` with file, line and rule.
 *
 * @example (await readPlan(dataFile('training/plan.csv')))[0].run // 'a138-s0'
 */
export async function readPlan(file: string): Promise<PlannedRun[]> {
  const required = NUMBERS.filter((name) => name !== 'seed');
  const { header, cells, lines } = await readTable(file, required);
  const seen = new Map<string, number>();
  return cells.map((row, r) => {
    try {
      const planned = plannedRun((name) => row[header.indexOf(name)]?.trim() ?? '', String(r + 1));
      const before = seen.get(planned.run);
      if (before !== undefined) refuse(`run "${planned.run}" is on line ${before} too`);
      seen.set(planned.run, lines[r]);
      return planned;
    } catch (error) {
      if (error instanceof InputError) refuse(`${file} line ${lines[r]}: ${error.message}`);
      throw error;
    }
  });
}

function plannedRun(cell: (name: string) => string, row: string): PlannedRun {
  const number = (name: string, otherwise?: number) => {
    const text = cell(name);
    if (text === '' && otherwise !== undefined) return otherwise;
    const value = text === '' ? Number.NaN : Number(text);
    return Number.isFinite(value) ? value : refuse(`${name} ${JSON.stringify(text)} is not a number`);
  };
  const fields = [...architectureColumns, 'vocabulary' as const].map((name) => [name, number(name)] as const);
  const architecture = validateArchitecture({ ...Object.fromEntries(fields), qkNorm: true });
  const { ffnRatio, width, activeExperts, headDim } = architecture;
  const inner = (ffnRatio * width) / activeExperts;
  if (Math.abs(inner - Math.round(inner)) > 1e-6)
    refuse(`ffnRatio ${ffnRatio} makes ${inner} hidden units an expert, which is not whole`);
  if (headDim % 2 === 1) refuse(`headDim ${headDim} is odd; rotary positions turn pairs`);
  const run = cell('run') || row;
  if (!/^[\w.-]+$/.test(run))
    refuse(`run ${JSON.stringify(run)} is not made of letters, digits, ".", "_" and "-"`);
  const split = cell('split') || 'train';
  if (split !== 'train' && split !== 'validation')
    refuse(`split "${split}" is neither "train" nor "validation"`);
  const tokens = whole(number('tokens'), 'tokens', 1);
  const seed = whole(number('seed', 0), 'seed', 0);
  const settings = Object.fromEntries(
    trainingSettings.filter((name) => cell(name) !== '').map((name) => [name, setting(name, number(name))]),
  );
  const step = (settings.batch ?? 1) * (settings.sequence ?? 1);
  if (tokens < step) refuse(`tokens ${tokens} are fewer than one step of ${step}`);
  return { run, architecture, split, seed, tokens, settings };
}

function setting(name: string, value: number): number {
  if (WHOLE.includes(name)) return whole(value, name, 1);
  if (value < 0 || (value === 0 && !MAY_BE_ZERO.includes(name))) refuse(`${name} ${value} is not positive`);
  if (SHARES.includes(name) && value > 1) refuse(`${name} ${value} is a share and exceeds 1`);
  return value;
}

function whole(value: number, name: string, least: number): number {
  if (!Number.isSafeInteger(value) || value < least)
    refuse(`${name} ${value} is not an integer of at least ${least}`);
  return value;
}
