/** Node only: every checkable statement of the paper, and what we ask of it ourselves, checked: one list. */

import { InputError, oneOf, refuse } from '../errors';
import { dataFile, readJson } from '../files/data';
import { law as publishedLaw } from '../files/law';
import type { Law } from '../law/law';
import * as costs from './costs';
import { type Evidence, gatherEvidence } from './evidence';
import * as findings from './findings';
import * as guidelines from './guidelines';
import * as identities from './identities';
import * as lawChecks from './law';
import * as measured from './measured';
import * as phases from './phases';
import * as realRuns from './real-runs';
import * as reconstructed from './reconstructed';
import * as space from './space';
import * as statements from './statements';
import * as theory from './theory';
import * as tinyRuns from './tiny-runs';
import * as uncertainty from './uncertainty';
import type { Finding, Verdict } from './verdict';

/** What a claim is about. */
export const parts = [
  'training',
  'space',
  'law',
  'costs',
  'measured',
  'frontier',
  'theory',
  'uncertainty',
  'real runs',
] as const;
export type Part = (typeof parts)[number];

/** A claim as `data/claims.json` holds it: a statement of the paper, or a question of ours about one. */
export interface PaperClaim {
  id: string;
  part: Part;
  /** Section, equation, table or figure. */
  place: string;
  /** What the paper says, in our words. */
  says: string;
  /** The paper's value as it prints it. */
  paper: string;
  /** The paper does not say so itself: we ask it of reconstructed runs, of other people's runs or of boards. */
  isOurs?: true;
  /** Name of the function that checks it; none where nothing can, with the `reason`. */
  check?: string;
  /** What the check is given: the paper's numbers and formulas. */
  given?: Record<string, unknown>;
  /** Why it does not hold, or cannot be checked. */
  reason?: string;
}

/** A claim with what came of it. */
export interface AuditedClaim {
  id: string;
  part: Part;
  place: string;
  says: string;
  paper: string;
  isOurs?: true;
  check: string;
  verdict: Verdict;
  ours: string;
  /** What was compared, and where it does not hold, why. */
  why: string;
  value?: number;
  /** The numbers behind it, where a figure is drawn of them. */
  numbers?: object;
}

export interface AuditOptions {
  /** The law under audit. Default the published one. */
  law?: Law;
  /** The claims. Default those of `data/claims.json`. */
  claims?: readonly PaperClaim[];
}

type Check = (evidence: Evidence, given: never) => Finding | Promise<Finding>;
const checks = {
  ...statements,
  ...identities,
  ...costs,
  ...phases,
  ...measured,
  ...lawChecks,
  ...reconstructed,
  ...uncertainty,
  ...realRuns,
  ...tinyRuns,
  ...space,
  ...findings,
  ...theory,
  ...guidelines,
} as unknown as Record<string, Check>;

/**
 * The claims of `data/claims.json`; refuses a claim without id, place, words, or a known check.
 *
 * @example paperClaims().length > 100 // true
 */
export function paperClaims(): PaperClaim[] {
  return validateClaims(readJson(dataFile('claims.json')));
}

/**
 * Checks every claim against the library as it is now; verdicts are computed, none is stored.
 *
 * @example (await auditPaper({ claims: paperClaims().slice(0, 1) }))[0].verdict // 'contradicts itself'
 */
export async function auditPaper(options: AuditOptions = {}): Promise<AuditedClaim[]> {
  const audited: AuditedClaim[] = [];
  for await (const claim of auditOneByOne(options)) audited.push(claim);
  return audited;
}

/** The same, each claim as soon as it is checked; what several checks need is computed once. */
export async function* auditOneByOne(options: AuditOptions = {}): AsyncGenerator<AuditedClaim> {
  const evidence = gatherEvidence(options.law ?? publishedLaw());
  for (const claim of options.claims === undefined ? paperClaims() : validateClaims(options.claims)) {
    const { verdict, ours, how, isRefused, ...found } = await runCheck(claim, evidence);
    const { id, part, place, says, paper, isOurs, check = 'none', reason } = claim;
    const why =
      verdict === 'reproduced' || reason === undefined || isRefused
        ? how
        : how === ''
          ? reason
          : `${reason} (${how})`;
    const whose = isOurs === undefined ? {} : { isOurs };
    yield { id, part, place, says, paper, ...whose, check, verdict, ours, why, ...found };
  }
}

/**
 * The claims at these places (a section with those within it, `§4.3.4`, a table, an equation), of these parts
 * or with these ids, in the order of the list; all, where nothing is named. Refuses what no claim has.
 *
 * @example selectClaims(['Table 6']).every(({ place }) => place.includes('Table 6')) // true
 */
export function selectClaims(where: readonly string[], among = paperClaims()): PaperClaim[] {
  const matches = ({ id, part, place }: PaperClaim, wanted: string) =>
    id === wanted || part === wanted || isWithin(place, wanted);
  for (const wanted of where)
    if (!among.some((claim) => matches(claim, wanted)))
      refuse(
        `no claim at "${wanted}"; name a place as the paper does (§4.3.4, Table 6, Eq. 15), an id of data/claims.json or a part: ${parts.join(', ')}`,
      );
  return among.filter((claim) => where.length === 0 || where.some((wanted) => matches(claim, wanted)));
}

/** Whether `place`, e.g. `§4.3.2, Fig. 5` or `Eqs. 71–74`, lies at or within `wanted`. */
function isWithin(place: string, wanted: string): boolean {
  let kind = '';
  return place.split(/, | and /).some((each) => {
    // "Eqs. 17, 18" is two equations, and "Eqs. 71–74" four.
    const named = /^(Eq|Thm|Table|Fig|App|Cor)s?\.? /.exec(each);
    if (named !== null) kind = named[1];
    const [from, to] = (named === null ? each : each.slice(named[0].length)).split('–');
    const asked = /^(Eq|Thm|Table|Fig|App|Cor)s?\.? (.+)$/.exec(wanted);
    if (asked === null) return each === wanted || (wanted.startsWith('§') && each.startsWith(`${wanted}.`));
    if (asked[1] !== kind || each.startsWith('§')) return false;
    return to === undefined
      ? from === asked[2]
      : Number(from) <= Number(asked[2]) && Number(asked[2]) <= Number(to);
  });
}

/** One claim's finding. Where the check has no answer for this law, that is the finding. */
async function runCheck(
  { check, given = {} }: PaperClaim,
  evidence: Evidence,
): Promise<Finding & { isRefused?: true }> {
  if (check === undefined) return { verdict: 'not checkable', ours: '–', how: '' };
  try {
    return await checks[check](evidence, given as never);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { verdict: 'not checkable', ours: '–', how: error.message, isRefused: true };
  }
}

function validateClaims(value: unknown): PaperClaim[] {
  const claims = value as PaperClaim[];
  const seen = new Set<string>();
  for (const claim of claims) {
    for (const key of ['id', 'place', 'says', 'paper'] as const)
      if (typeof claim[key] !== 'string') refuse(`claim ${JSON.stringify(claim.id)} lacks "${key}"`);
    oneOf(claim.part, parts, `part of claim "${claim.id}"`);
    if (seen.has(claim.id)) refuse(`claim "${claim.id}" occurs twice`);
    seen.add(claim.id);
    if (claim.check !== undefined) oneOf(claim.check, Object.keys(checks), `check of claim "${claim.id}"`);
    else if (claim.reason === undefined) refuse(`claim "${claim.id}" has neither a check nor a reason`);
  }
  return claims;
}
