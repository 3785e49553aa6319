import { type Architecture, type ArchitectureTable, architectureColumns, toTable } from '../architecture';
import { countSpace } from '../count';
import { refuse } from '../errors';
import type { NamedPhase } from '../figures/roofline';
import { describeArchitecture } from '../figures/theme';
import { frontier } from '../frontier/frontier';
import { worthwhile } from '../frontier/worthwhile';
import { type Loss, predictLoss, predictLosses } from '../law/law';
import type { LayeredModel } from '../layers';
import { type Memory, memory } from '../roofline/memory';
import { rooflineLatencies, rooflineLatency } from '../roofline/roofline';
import { sampleOf } from '../sample';
import { enumerateSpace } from '../space';
import { chunkSeconds, withBackbone } from '../vla/design';
import { vlaMemory, vlaPhases } from '../vla/stages';
import { type Choice, type Columns, choose } from './choice';
import { type Inputs, MOST_DRAWN } from './inputs';
import type { Pin, Shipped } from './readers';

/** An architecture looked at closely. */
export interface Detail {
  name: string;
  /** The control that pins it; undefined for the best, which is not pinned. */
  field?: Pin['field'];
  architecture: Architecture;
  /** The model as it is, where that is more than the architecture says. */
  model?: LayeredModel;
  /** One after the other: prefill and decode, or the stages of a robot's control step. */
  phases: readonly Omit<NamedPhase, 'precision'>[];
  /** The latency that counts. */
  seconds: number;
  memory: Memory;
  loss: Loss;
}

/** A reference model in the picture. */
export interface Reference {
  id: string;
  name: string;
  architecture: Architecture;
  seconds: number;
  loss: number;
  memoryBytes: number;
}

/** Everything that the page shows. */
export interface View extends Columns {
  inputs: Inputs;
  /** Those that are drawn: all, or of a large space the best within any budgets, and a sample. */
  architectures: readonly Architecture[];
  /** How many the space holds. */
  count: number;
  /** In words, for hover texts. */
  descriptions: readonly string[];
  /** Indices of the frontier of what the memory budget allows, by latency. */
  frontier: number[];
  /** The same without a memory budget. */
  unlimitedFrontier: number[];
  choice: Choice | undefined;
  references: Reference[];
  /** Reference models for which the law has no finite value. */
  unknown: number;
  pins: Detail[];
  /** What stands side by side: both pins; the best and the only pin; or the best. */
  compared: Detail[];
}

/**
 * Computes what the page shows, keeping from one call to the next what did not change: architectures while
 * the space stays, losses while the space and the law stay.
 */
export function makeEngine(shipped: Shipped): (inputs: Inputs) => View {
  let space: SpaceColumns | undefined;
  let losses: { law: string; of: SpaceColumns; values: Float64Array } | undefined;
  return (inputs) => {
    const { law: byLaw, setting, objective } = inputs;
    const isLarge = countSpace(inputs.space) > MOST_DRAWN;
    // Which architectures of a large space are worth drawing depends on everything.
    const key = JSON.stringify([
      ...[inputs.space, inputs.vocabulary],
      ...(isLarge ? [byLaw, setting, objective] : []),
    ]);
    if (space?.key !== key) space = { key, ...makeColumns(inputs) };
    const { architectures, table, descriptions } = space;
    const law = JSON.stringify(inputs.law);
    if (losses?.law !== law || losses.of !== space)
      losses = { law, of: space, values: finite(predictLosses(inputs.law, architectures)) };
    const { seconds, memoryBytes } = costsOf(architectures, table, inputs);
    const columns: Columns = { length: table.length, seconds, memoryBytes, loss: losses.values };
    const budgets = { latencySeconds: inputs.latencyBudgetSeconds, memoryBytes: inputs.memoryBudgetBytes };
    const choice = choose(columns, budgets);
    const pins = inputs.pins.map((pin) => ({
      ...inspect(pin.name, pin.architecture, inputs, pin.model),
      field: pin.field,
    }));
    const isPinned = (architecture: Architecture) =>
      pins.some((pin) => architectureColumns.every((name) => pin.architecture[name] === architecture[name]));
    const best =
      choice === undefined || pins.length === 2 || isPinned(architectures[choice.index])
        ? []
        : [inspect('best within budgets', architectures[choice.index], inputs)];
    const references = refer(shipped.models, inputs);
    return {
      ...columns,
      inputs,
      architectures,
      count: Number(countSpace(inputs.space)),
      descriptions,
      frontier: frontierWithin(columns, inputs.memoryBudgetBytes),
      unlimitedFrontier: frontier(seconds, losses.values),
      choice,
      references,
      unknown: shipped.models.length - references.length,
      pins,
      compared: [...best, ...pins],
    };
  };
}

/** The latency that counts, and the memory, of each architecture: as a language model, or as a robot's backbone. */
function costsOf(
  architectures: readonly Architecture[],
  table: ArchitectureTable,
  { robot, setting, objective }: Inputs,
): Pick<Columns, 'seconds' | 'memoryBytes'> {
  if (robot === undefined)
    return {
      seconds: rooflineLatencies(table, setting)[`${objective}Seconds`],
      memoryBytes: Float64Array.from(architectures, (each) => memory(each, setting).totalBytes),
    };
  return {
    seconds: chunkSeconds(robot.vla, architectures, robot.setting),
    memoryBytes: Float64Array.from(
      architectures,
      (each) => vlaMemory(withBackbone(robot.vla, each), robot.setting).totalBytes,
    ),
  };
}

/** Latency, memory and loss of one architecture under the inputs, operator by operator and term by term. */
export function inspect(
  name: string,
  architecture: Architecture,
  inputs: Inputs,
  model?: LayeredModel,
): Detail {
  const dressed = withHead(architecture, inputs.vocabulary);
  // Without its head a model has no embedding either.
  const bare = model && { ...model, vocabulary: 0, lookups: 0 };
  const asIs = inputs.vocabulary === undefined ? bare : model;
  const loss = predictLoss(inputs.law, dressed);
  if (!Number.isFinite(loss.loss)) refuse(`the law gives loss ${loss.loss} for ${name}`);
  const { robot, setting, objective } = inputs;
  if (robot !== undefined) {
    const built = withBackbone(robot.vla, dressed);
    const phases = vlaPhases(built, robot.setting).map(([stage, phase]) => ({ name: stage, phase }));
    const seconds = phases.reduce((sum, { phase }) => sum + phase.seconds, 0);
    return { name, architecture: dressed, phases, seconds, memory: vlaMemory(built, robot.setting), loss };
  }
  const latency = rooflineLatency(asIs ?? dressed, setting);
  return {
    name,
    architecture: dressed,
    ...(asIs ? { model: asIs } : {}),
    phases: [
      { name: 'prefill', phase: latency.prefill },
      { name: 'decode', phase: latency.decode },
    ],
    seconds: latency[`${objective}Seconds`],
    memory: latency.memory,
    loss,
  };
}

/**
 * The architecture with embedding and LM head, or without: its own vocabulary before that of the page, none
 * when the page counts none.
 */
export function withHead(architecture: Architecture, vocabulary: number | undefined): Architecture {
  const { vocabulary: own, ...rest } = architecture;
  return vocabulary === undefined ? rest : { ...rest, vocabulary: own ?? vocabulary };
}

/** Architectures of a large space that are drawn to show where it lies. */
const CLOUD = 4000;

interface SpaceColumns {
  key: string;
  architectures: Architecture[];
  table: ArchitectureTable;
  descriptions: string[];
}

function makeColumns({ space, vocabulary, law, setting, objective }: Inputs) {
  const bare =
    countSpace(space) <= MOST_DRAWN
      ? enumerateSpace(space)
      : [
          ...worthwhile({ space: { ...space, vocabulary }, law, setting, objective }).map((each) =>
            withHead(each, undefined),
          ),
          ...sampleOf(space, CLOUD, 1),
        ];
  const architectures = vocabulary === undefined ? bare : bare.map((each) => ({ ...each, vocabulary }));
  return {
    architectures,
    table: toTable(architectures),
    descriptions: architectures.map(describeArchitecture),
  };
}

function frontierWithin({ length, seconds, memoryBytes, loss }: Columns, budget: number): number[] {
  const kept = Uint32Array.from({ length }, (_, i) => i).filter((i) => memoryBytes[i] <= budget);
  const chosen = frontier(
    Float64Array.from(kept, (i) => seconds[i]),
    Float64Array.from(kept, (i) => loss[i]),
  );
  return chosen.map((k) => kept[k]);
}

function refer(models: Shipped['models'], inputs: Inputs): Reference[] {
  const dressed = models.map(({ architecture }) => withHead(architecture, inputs.vocabulary));
  const { seconds, memoryBytes } = costsOf(dressed, toTable(dressed), inputs);
  const losses = predictLosses(inputs.law, dressed);
  const all = models.map(({ id, name }, i) => ({
    id,
    name,
    architecture: dressed[i],
    seconds: seconds[i],
    loss: losses[i],
    memoryBytes: memoryBytes[i],
  }));
  return all.filter(({ loss }) => Number.isFinite(loss));
}

/** The losses, or an `InputError` where the law does not give a finite number. */
function finite(losses: Float64Array): Float64Array {
  const i = losses.findIndex((loss) => !Number.isFinite(loss));
  return i < 0 ? losses : refuse(`the law gives loss ${losses[i]} for an architecture of the space`);
}
