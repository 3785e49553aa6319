/** Node only: the measurements that the project took itself, on the machine that `data/measured-here-board.json` names. */
import type { Device } from '../device';
import { dataFile, device } from '../files/data';
import { type Law, predictLoss } from '../law/law';
import type { Calibration } from '../measured/calibration';
import { fittedOn } from '../measured/fitted';
import { type Measurement, modelOfMeasurement, settingOfMeasurement } from '../measured/measurement';
import { calibration } from '../measured/profiles';
import { readMeasurements } from '../measured/read-measurements';
import type { Profile } from '../roofline/profile';
import { rooflineLatency } from '../roofline/roofline';
import { checkFrontier, type FrontierCheck, type Timed, totalOf } from './frontier-check';
import { readRows } from './measure';
import type { Row } from './table';

/** What `colaw measure` and `colaw calibrate` made of one machine. */
export interface MeasuredHere {
  /** As `colaw measure --board` found it. */
  board: Device;
  /** Rows with role `fit` are fitted to, `test` were kept from it; all others neither. */
  measurements: Measurement[];
  /** The same rows with all their columns: spreads, repeats, processor times, marks. */
  rows: Row[];
  calibration: Calibration;
  /** The board's, fitted to the rows with role `fit`. */
  profile: Profile;
}

/**
 * `data/measured-here.csv` with its board and its calibration.
 *
 * @example (await measuredHere()).measurements.some(({ role }) => role === 'test') // true
 */
export async function measuredHere(): Promise<MeasuredHere> {
  const file = dataFile('measured-here.csv');
  const board = device(dataFile('measured-here-board.json'));
  const fitted = calibration(dataFile('measured-here-profiles.json'));
  return {
    board,
    measurements: await readMeasurements(file, board),
    rows: await readRows(file),
    calibration: fitted,
    profile: fittedOn(fitted.profiles, board.id).profile,
  };
}

/**
 * The predicted frontier and its challengers, measured: whether their order holds.
 *
 * @example frontierHere(await measuredHere(), law()).beats.length >= 0 // true
 */
export function frontierHere({ measurements, rows, profile }: MeasuredHere, law: Law): FrontierCheck {
  const chosen = measurements.filter(({ role }) => role === 'frontier' || role === 'challenger');
  const expected = chosen.map((measurement) => {
    const { id, role, architecture, workload } = measurement;
    const setting = { ...settingOfMeasurement(measurement), profile };
    return {
      job: { id, role: role as 'frontier', outputTokens: workload.outputTokens },
      loss: predictLoss(law, architecture).loss,
      predictedSeconds: rooflineLatency(modelOfMeasurement(measurement), setting).totalSeconds,
    };
  });
  return checkFrontier(expected, rows);
}

/**
 * The two architectures of the co-design experiment on the same machine, `data/measured-codesign.csv`: 64 tokens in and
 * out.
 *
 * @example (await codesignTimes()).baseline.measuredSeconds > 0 // true
 */
export async function codesignTimes(): Promise<{ baseline: Timed; designed: Timed }> {
  const rows = await readRows(dataFile('measured-codesign.csv'));
  const timed = (wanted: string): Timed => {
    const row = rows.find(({ role }) => role === wanted)!;
    return totalOf(row, Number(row.outputTokens));
  };
  return { baseline: timed('published'), designed: timed('frontier') };
}
