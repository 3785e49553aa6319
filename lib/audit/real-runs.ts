/** Node only: the law on runs that others trained and published, where their tables are present. */
import { externalData, externalTables } from '../files/data';
import { readRuns } from '../law/fit/read-runs';
import type { Evidence } from './evidence';
import type { FittedRouter } from './routers';
import { compared, type Finding } from './verdict';

/** What is said where a table is absent. */
function absent(file: string): Finding {
  const { repository } = externalTables.find((table) => table.file === file)!;
  return {
    verdict: 'not checkable',
    ours: '–',
    how: `needs ${file} in data/external/ or in the folder that COLAW_DATA names; it is public: ${repository}`,
  };
}

/** A published fit of Chinchilla's law, found again: no parameter further off than its own standard error? */
export async function chinchillaAgain(
  _: Evidence,
  { published }: { published: Record<string, [value: number, error: number]> },
): Promise<Finding> {
  const file = externalData('chinchilla-replication.csv');
  if (file === undefined) return absent('chinchilla-replication.csv');
  const { fit } = await import('../law/fit/fit.js');
  const runs = await readRuns(file, 'chinchilla', CHINCHILLA_COLUMNS);
  const { parameters } = await fit(runs, { formula: 'chinchilla', objective: 'huber', delta: 1e-3 });
  const furthest = Math.max(
    ...Object.entries(published).map(([name, [value, error]]) => Math.abs(parameters[name] - value) / error),
  );
  return compared(furthest < 1, {
    ours: Object.entries(parameters)
      .map(([name, value]) => `${name} ${value.toPrecision(4)}`)
      .join(', '),
    how: `furthest parameter ${furthest.toFixed(2)} published standard errors away; 240 real runs`,
    value: furthest,
  });
}

/** How the Chinchilla points are read: parameters and tokens from size and FLOPs, the five worst left out. */
export const CHINCHILLA_COLUMNS = {
  columns: 'N = "Model Size", D = "Training FLOP" / (6 * N)',
  dropWorst: 5,
};

const span = ([low, high]: readonly [number, number]) => `${low.toFixed(3)} … ${high.toFixed(3)}`;

/** A finding about each router's fit; says what is missing where the table is absent. */
async function ofRouters(
  { routers }: Evidence,
  holds: (router: FittedRouter) => boolean,
  say: (router: FittedRouter) => string,
  rest: (routers: FittedRouter[]) => { how: string; value: number },
): Promise<Finding> {
  const fitted = await routers();
  if (fitted.length === 0) return absent('routed-language-models.csv.gz');
  const ours = fitted.map((each) => `${each.router} ${say(each)}`).join(', ');
  return compared(fitted.every(holds), { ours, ...rest(fitted) });
}

/** R² of part of Eq. 2 on real dense models and mixtures. */
export function formHolds(evidence: Evidence, { atLeast }: { atLeast: number }): Promise<Finding> {
  return ofRouters(
    evidence,
    ({ fitted }) => fitted.r2.train >= atLeast,
    ({ fitted }) => `R² ${fitted.r2.train.toFixed(4)}`,
    (routers) => {
      const vanishes = routers.every(({ fitted }) => fitted.held.kd !== undefined);
      const [{ runs, fitted }] = routers;
      return {
        how: `real runs of Clark et al. 2022, part of the form (${runs.loss.length} runs with S-Base); the form, not the exponents${vanishes ? ', and without its capacity term, which vanishes' : ''}`,
        value: fitted.r2.train,
      };
    },
  );
}

/** The sign of β₁ on real mixtures. */
export function couplingHolds(evidence: Evidence): Promise<Finding> {
  return ofRouters(
    evidence,
    ({ b1 }) => b1[1] < 0,
    ({ b1 }) => span(b1),
    ([{ fitted }]) => ({
      how: 'real runs of Clark et al. 2022, 90 % by profile likelihood: the gain shrinks with width; other data, other training, experts in every second layer',
      value: fitted.parameters.b1,
    }),
  );
}

/** The sparsity exponent on real mixtures. */
export function sparsityExponentHolds(
  evidence: Evidence,
  { printed }: { printed: number },
): Promise<Finding> {
  return ofRouters(
    evidence,
    ({ ar }) => ar[0] <= printed && printed <= ar[1],
    ({ ar }) => span(ar),
    ([{ fitted }]) => ({
      how: 'real runs of Clark et al. 2022, 90 % by profile likelihood: ρ from 1/512 to 1, against 1/16 to 1 in the paper',
      value: fitted.parameters.ar,
    }),
  );
}
