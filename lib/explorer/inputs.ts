import { countSpace } from '../count';
import { type Board, validateDevice } from '../device';
import { InputError, refuse } from '../errors';
import type { LatencyObjective } from '../frontier/evaluate';
import type { Law } from '../law/law';
import { fittedOn } from '../measured/fitted';
import { idealProfile, type Profile } from '../roofline/profile';
import type { Setting } from '../roofline/roofline';
import { paperSpace, type Space } from '../space';
import type { VlaSetting } from '../vla/stages';
import type { Vla } from '../vla/vla';
import { paperWorkload, validateWorkload } from '../workload';
import { validateSpace } from '../written-space';
import { type Pin, pinFields, type Readers, readers, type Shipped } from './readers';

/** What one of the controls says, as text; the same text stands in the address. */
export type Texts = Record<FieldName, string>;

/** What the page computes from. */
export interface Inputs {
  setting: Setting & { device: Board; profile: Profile };
  /** Whether the profile is the ideal one, a fitted one that ships, or another. */
  profileKind: 'ideal' | 'fitted' | 'own';
  /** The robot for which a backbone is sought; undefined for a text task. */
  robot: Robot | undefined;
  objective: LatencyObjective;
  /** Infinity without a budget. */
  latencyBudgetSeconds: number;
  /** At most what the board has. */
  memoryBudgetBytes: number;
  /** Undefined: no embedding and no LM head, as in the paper. */
  vocabulary: number | undefined;
  space: Space;
  law: Law;
  pins: Pin[];
}

/** A vision-language-action model, and on what it runs. */
export interface Robot {
  vla: Vla;
  setting: VlaSetting;
}

/** Numbers that describe a board, in the units of data sheets. */
export const boardFields = ['bandwidth', 'fp16', 'int8', 'fp4', 'vector', 'capacity'] as const;

/** All controls. The order is the one in which the address names them. */
export const fieldNames = [
  ...([
    'device',
    'boardName',
    ...boardFields,
    'precision',
    'batch',
    'inputTokens',
    'outputTokens',
    'attention',
    'profile',
    'vla',
    'cameras',
  ] as const),
  ...(['objective', 'latencyBudget', 'memoryBudget', 'head', 'vocabulary'] as const),
  ...(['depths', 'widths', 'ffnRatios', 'mixtures', 'kvHeads', 'headDim', 'law', ...pinFields] as const),
] as const;
export type FieldName = (typeof fieldNames)[number];

/** Up to so many architectures are all drawn; of more, those that are best within some budgets, and a sample. */
export const MOST_DRAWN = 100_000;
/** More than this takes too long. */
export const MOST_ARCHITECTURES = 2_000_000;

/** A board in the units of data sheets. */
export function boardTexts(device: Board): Pick<Texts, 'boardName' | (typeof boardFields)[number]> {
  const { fp16, int8, fp4 } = device.peakFlopsPerSecond;
  return {
    boardName: '',
    bandwidth: String(device.bandwidthBytesPerSecond / 1e9),
    fp16: String(fp16 / 1e12),
    int8: int8 === null ? '' : String(int8 / 1e12),
    fp4: fp4 === undefined ? '' : String(fp4 / 1e12),
    vector: String(device.vectorFlopsPerSecond / 1e12),
    capacity: String(device.memoryCapacityBytes / 1e9),
  };
}

/**
 * The paper's board, workload, space and law, and the budget of autonomous driving in Table 2; but for what the command
 * that made the page asked for.
 */
export function defaultTexts({ devices, start }: Shipped): Texts {
  const ratio = (r: number) => (r === 8 / 3 ? '8/3' : String(r));
  return {
    device: devices[0].id,
    ...boardTexts(devices[0]),
    precision: 'fp16',
    batch: String(paperWorkload.batch),
    inputTokens: String(paperWorkload.inputTokens),
    outputTokens: String(paperWorkload.outputTokens),
    attention: 'fused',
    profile: 'ideal',
    vla: '',
    cameras: '',
    objective: 'total',
    latencyBudget: '100',
    memoryBudget: '',
    head: '',
    vocabulary: '151936',
    depths: paperSpace.depths.join(', '),
    widths: paperSpace.widths.join(', '),
    ffnRatios: paperSpace.ffnRatios.map(ratio).join(', '),
    mixtures: paperSpace.mixtures.map((pair) => pair.join('/')).join(', '),
    kvHeads: paperSpace.kvHeads.join(', '),
    headDim: String(paperSpace.headDim),
    law: '',
    pinA: '',
    pinB: '',
    ...start,
  };
}

/** What the controls say together; throws an `InputError` with the library's own message. */
export function readInputs(texts: Texts, shipped: Shipped): Inputs {
  const read = <N extends FieldName>(name: N) =>
    readers[name](texts[name], shipped) as ReturnType<Readers[N]>;
  const device = read('device');
  const board = device ?? customBoard(texts);
  const vocabulary = read('vocabulary');
  const space = validateSpace({
    depths: read('depths'),
    widths: read('widths'),
    ffnRatios: read('ffnRatios'),
    mixtures: read('mixtures'),
    kvHeads: read('kvHeads'),
    headDim: read('headDim'),
  });
  const count = countSpace(space);
  if (count > MOST_ARCHITECTURES)
    refuse(
      `the lists make ${count} architectures; at most ${MOST_ARCHITECTURES} are searched, so shorten one`,
    );
  const [batch, inputTokens, outputTokens] = [read('batch'), read('inputTokens'), read('outputTokens')];
  const vla = read('vla');
  if (vla !== undefined && count > MOST_DRAWN)
    refuse(`the lists make ${count} architectures; at most ${MOST_DRAWN} backbones of a robot are searched`);
  const objective = vla === undefined ? read('objective') : 'total';
  if (vla === undefined && objective === 'decode' && outputTokens === 0)
    refuse('outputTokens 0 leaves nothing to decode; ask for at least 1 or choose another latency');
  const said = read('profile');
  const profile = profileOn(said, board.id, shipped);
  const precision = read('precision');
  return {
    setting: {
      device: board,
      workload: validateWorkload({ batch, inputTokens, outputTokens }),
      precision,
      attention: read('attention'),
      profile,
    },
    profileKind: typeof said === 'string' ? said : 'own',
    robot: vla && { vla, setting: { device: board, precision, profile, cameras: read('cameras') } },
    objective,
    latencyBudgetSeconds: read('latencyBudget') / 1000,
    memoryBudgetBytes: Math.min(board.memoryCapacityBytes, read('memoryBudget') * 1e9),
    // The vision-language-action model has a vocabulary of its own.
    vocabulary: read('head') && vla === undefined ? vocabulary : undefined,
    space,
    law: read('law'),
    pins: pinFields.flatMap((field) => {
      const pin = read(field);
      return pin === undefined ? [] : [{ ...pin, field }];
    }),
  };
}

function profileOn(said: ReturnType<Readers['profile']>, deviceId: string, { profiles }: Shipped): Profile {
  if (said === 'ideal') return idealProfile;
  return said === 'fitted' ? fittedOn(profiles, deviceId).profile : said;
}

/** Messages by the control that deserves them. */
export type Complaints = Partial<Record<FieldName, string>>;

/** What is wrong with single controls, whatever the others say. */
export function complaintsOf(texts: Texts, shipped: Shipped): Complaints {
  const complaints: Complaints = {};
  for (const name of fieldNames)
    try {
      readers[name](texts[name], shipped);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      complaints[name] = error.message;
    }
  return complaints;
}

function customBoard(texts: Texts): Board {
  const read = (name: (typeof boardFields)[number]) => readers[name](texts[name]);
  const [int8, fp4] = [read('int8'), read('fp4')];
  return validateDevice({
    id: 'custom',
    name: texts.boardName || 'custom board',
    bandwidthBytesPerSecond: read('bandwidth')! * 1e9,
    memoryCapacityBytes: Math.round(read('capacity')! * 1e9),
    peakFlopsPerSecond: {
      fp16: read('fp16')! * 1e12,
      int8: int8 === null ? null : int8 * 1e12,
      ...(fp4 === null ? {} : { fp4: fp4 * 1e12 }),
    },
    vectorFlopsPerSecond: read('vector')! * 1e12,
  }) as Board;
}
