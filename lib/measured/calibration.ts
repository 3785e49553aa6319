/** Node only: what is fitted, with what it is judged by. */
import { quantile, sampleWithReplacement } from 'simple-statistics';
import { refuse } from '../errors';
import type { Precision } from '../precision';
import { seededRandom } from '../random';
import { idealProfile, type Profile } from '../roofline/profile';
import { fitProfiles, type ProfileOf, type Weights } from './calibrate';
import { compare, type PhaseErrors, phaseErrors } from './compare';
import { type Measurement, type Observation, observationsOf, slug } from './measurement';

/** A fitted profile and how sure it is. */
export interface FittedProfile {
  /** `pooled`, an engine, a board, or `engine/board`. */
  id: string;
  engine?: string;
  device?: string;
  /** Measurements of this engine, board or pair. */
  rows: number;
  models: number;
  profile: Profile;
  /**
   * 5 % and 95 % quantiles of each parameter when the models are drawn anew. Resamples move overhead from steps to
   * operators, so that the estimate of one of the two can lie outside its own interval.
   */
  low: Profile;
  high: Profile;
}

/** The profile `id`, fitted without any row of `model`. */
export interface HeldOutProfile {
  model: string;
  id: string;
  profile: Profile;
}

/** How far rows that were kept from the fit are predicted, all and by kind, and by the ideal roofline. */
export interface TestErrors {
  rows: number;
  ideal: PhaseErrors;
  fitted: PhaseErrors;
  dense: PhaseErrors;
  mixtures: PhaseErrors;
}

/** The content of `data/profiles.json`. */
export interface Calibration {
  source: string;
  /**
   * Each row predicted by a profile that has not seen its model, or its board (null where there is only
   * one); `test` where rows are kept for it.
   */
  errors: {
    ideal: PhaseErrors;
    leaveOneModelOut: PhaseErrors;
    leaveOneDeviceOut: PhaseErrors;
    test?: TestErrors;
  };
  profiles: FittedProfile[];
  heldOut: HeldOutProfile[];
}

/** Rows that a fit may see: published ones, and own ones that were measured for it. */
export const isFitted = ({ role }: Measurement) => role === '' || role === 'fit';

/**
 * Profiles for every engine, board and pair in `measurements`, judged by leaving out one model, and one board,
 * at a time, with intervals from `draws` bootstrap samples of the models. Rows with another role than `fit` are
 * not fitted to; those with role `test` judge the result.
 *
 * @example (await calibrate(measurements.slice(0, 40), { draws: 2 })).profiles[0].id // 'pooled'
 */
export async function calibrate(
  all: readonly Measurement[],
  { source = '', draws = 40, seed = 0 }: { source?: string; draws?: number; seed?: number } = {},
): Promise<Calibration> {
  const measurements = all.filter(isFitted);
  if (measurements.length === 0)
    refuse(`none of the ${all.length} rows may be fitted to: their role is not "fit"`);
  const observations = observationsOf(measurements);
  const models = unique(measurements.map(({ model }) => model));
  const devices = unique(measurements.map(({ device }) => device.id));
  checkCarried(measurements.length, models.length + devices.length + draws);
  const weigh = (count: (observation: Observation) => number): Weights =>
    Float32Array.from(observations, count);
  const without = (read: (measurement: Measurement) => string) => (name: string) =>
    weigh(({ measurement }) => (read(measurement) === name ? 0 : 1));
  const random = seededRandom(seed);
  const resamples = Array.from({ length: draws }, () => {
    const drawn = sampleWithReplacement(models, models.length, random);
    return weigh(({ measurement }) => drawn.filter((name) => name === measurement.model).length);
  });
  const fits = await fitProfiles(observations, [
    weigh(() => 1),
    ...models.map(without(({ model }) => model)),
    ...devices.map(without(({ device }) => device.id)),
    ...resamples,
  ]);
  const [full] = fits;
  const withoutModel = (model: string) => fits[1 + models.indexOf(model)];
  const withoutDevice = (device: string) => fits[1 + models.length + devices.indexOf(device)];
  const bootstrap = fits.slice(1 + models.length + devices.length);
  const rounded = (of: ProfileOf) => (m: Measurement) => round(of(m.engine, m.device.id));
  const groups = groupsOf(measurements);
  // Without the only model, or board, there is nothing left to predict it from.
  const heldOutErrors = (names: readonly string[], choose: (m: Measurement) => Profile) =>
    phaseErrors(names.length < 2 ? [] : compare(measurements, choose));
  return {
    source,
    errors: {
      ideal: phaseErrors(compare(measurements, () => idealProfile)),
      leaveOneModelOut: heldOutErrors(models, (m) => rounded(withoutModel(m.model))(m)),
      leaveOneDeviceOut: heldOutErrors(devices, (m) => rounded(withoutDevice(m.device.id))(m)),
      ...testErrors(
        all.filter(({ role }) => role === 'test'),
        rounded(full),
      ),
    },
    profiles: groups.map(({ id, engine, device, members }) => {
      const spread = bootstrap.map((of) => of(engine, device));
      return {
        id,
        engine,
        device,
        rows: members.length,
        models: unique(members.map(({ model }) => model)).length,
        profile: round(full(engine, device)),
        low: round(quantileProfile(spread, 0.05)),
        high: round(quantileProfile(spread, 0.95)),
      };
    }),
    heldOut: models.flatMap((model) =>
      groups.map(({ id, engine, device }) => ({
        model,
        id,
        profile: round(withoutModel(model)(engine, device)),
      })),
    ),
  };
}

function testErrors(
  tests: readonly Measurement[],
  choose: (measurement: Measurement) => Profile,
): { test?: TestErrors } {
  if (tests.length === 0) return {};
  const errors = (rows: readonly Measurement[]) => phaseErrors(compare(rows, choose));
  const isMixture = ({ architecture }: Measurement) => architecture.experts > 1;
  return {
    test: {
      rows: tests.length,
      ideal: phaseErrors(compare(tests, () => idealProfile)),
      fitted: errors(tests),
      dense: errors(tests.filter((each) => !isMixture(each))),
      mixtures: errors(tests.filter(isMixture)),
    },
  };
}

/** Rows times refits that are fitted together. */
const MOST_FITTED = 4e6;

/** Refuses what carries no profile, and what no memory holds. */
function checkCarried(rows: number, refits: number): void {
  if (rows < 2) refuse(`${rows} measured row carries no profile of eight numbers; measure more`);
  if (rows * refits > MOST_FITTED)
    refuse(
      `${rows} rows with ${refits} refits are more than can be fitted together; give fewer rows or models`,
    );
}

/** A calibration as the text of a file, a profile a line. */
export function calibrationText({ source, errors, profiles, heldOut }: Calibration): string {
  const lines = (items: readonly object[]) =>
    `[\n${items.map((each) => `  ${JSON.stringify(each)}`).join(',\n')}\n ]`;
  return `{
 "source": ${JSON.stringify(source)},
 "errors": ${JSON.stringify(errors)},
 "profiles": ${lines(profiles)},
 "heldOut": ${lines(heldOut)}
}
`;
}

interface Group {
  id: string;
  engine?: string;
  device?: string;
  members: Measurement[];
}

/** All measurements; those of each engine; of each board; of each pair that occurs. */
function groupsOf(measurements: readonly Measurement[]): Group[] {
  const engines = unique(measurements.map(({ engine }) => engine));
  const devices = unique(measurements.map(({ device }) => device.id));
  const group = (engine?: string, device?: string): Group => ({
    id: [engine && slug(engine), device].filter(Boolean).join('/') || 'pooled',
    engine,
    device,
    members: measurements.filter(
      (m) => (engine ?? m.engine) === m.engine && (device ?? m.device.id) === m.device.id,
    ),
  });
  return [
    group(),
    ...engines.map((engine) => group(engine)),
    ...devices.map((device) => group(undefined, device)),
    ...engines.flatMap((engine) => devices.map((device) => group(engine, device))),
  ].filter(({ members }) => members.length > 0);
}

/** A profile of quantiles, parameter by parameter. */
function quantileProfile(profiles: readonly Profile[], q: number): Profile {
  return mapProfile(profiles[0], (_, read) => quantile(profiles.map(read), q));
}

/** Four digits: more than the measurements know. */
function round(profile: Profile): Profile {
  return mapProfile(profile, (value) => Number(value.toPrecision(4)));
}

/** A profile whose numbers are `change` of those of `profile`; `read` finds the same number in another. */
function mapProfile(
  profile: Profile,
  change: (value: number, read: (other: Profile) => number) => number,
): Profile {
  const apply = (read: (other: Profile) => number) => change(read(profile), read);
  const shares = (read: (other: Profile) => Profile['linearShare']) =>
    Object.fromEntries(
      (Object.keys(read(profile)) as Precision[]).map((name) => [name, apply((p) => read(p)[name]!)]),
    );
  const { precisionBandwidthShare, expertShare, decodeAttentionShare } = profile;
  return {
    bandwidthShare: apply((p) => p.bandwidthShare),
    ...(precisionBandwidthShare && {
      precisionBandwidthShare: shares((p) => p.precisionBandwidthShare!),
    }),
    linearShare: shares((p) => p.linearShare),
    ...(expertShare && { expertShare: shares((p) => p.expertShare!) }),
    attentionShare: apply((p) => p.attentionShare),
    ...(decodeAttentionShare && { decodeAttentionShare: apply((p) => p.decodeAttentionShare!) }),
    stepOverheadSeconds: apply((p) => p.stepOverheadSeconds),
    operatorOverheadSeconds: apply((p) => p.operatorOverheadSeconds),
  };
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
