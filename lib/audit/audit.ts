/** Node only: every checkable statement of the paper, checked. */

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
import * as space from './space';
import * as statements from './statements';
import * as theory from './theory';
import type { Finding, Verdict } from './verdict';

/** What a claim is about. */
export const parts = ['training', 'space', 'law', 'costs', 'frontier', 'theory'] as const;
export type Part = (typeof parts)[number];

/** A statement of the paper, as `data/claims.json` holds it. */
export interface PaperClaim {
  id: string;
  part: Part;
  /** Section, equation, table or figure. */
  place: string;
  /** What the paper says, in our words. */
  says: string;
  /** The paper's value as it prints it. */
  paper: string;
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
  check: string;
  verdict: Verdict;
  ours: string;
  /** What was compared, and where it does not hold, why. */
  why: string;
  value?: number;
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
  const evidence = gatherEvidence(options.law ?? publishedLaw());
  const audited: AuditedClaim[] = [];
  for (const claim of options.claims === undefined ? paperClaims() : validateClaims(options.claims)) {
    const { verdict, ours, how, value, isRefused } = await runCheck(claim, evidence);
    const { id, part, place, says, paper, check = 'none', reason } = claim;
    const why =
      verdict === 'reproduced' || reason === undefined || isRefused
        ? how
        : how === ''
          ? reason
          : `${reason} (${how})`;
    const number = value === undefined ? {} : { value };
    audited.push({ id, part, place, says, paper, check, verdict, ours, why, ...number });
  }
  return audited;
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
