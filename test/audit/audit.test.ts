import { beforeAll, describe, expect, it } from 'vitest';
import {
  type AuditedClaim,
  auditPaper,
  type PaperClaim,
  paperClaims,
  selectClaims,
} from '../../lib/audit/audit';
import { countVerdicts, roundsTo, verdicts } from '../../lib/audit/verdict';
import { law } from '../../lib/files/law';
import { limitFormulas } from '../../lib/theory/regimes';

/** What the paper says; what we ask ourselves has a file of its own, because its checks take longer. */
const claims = paperClaims().filter(({ isOurs }) => !isOurs);
let audited: AuditedClaim[];
beforeAll(async () => {
  audited = await auditPaper({ claims });
}, 120_000);
const verdictOf = (id: string, among = audited) => among.find((each) => each.id === id)?.verdict;
const changed = (among: AuditedClaim[]) =>
  among.filter((each) => each.verdict !== verdictOf(each.id)).map(({ id }) => id);
const withParameters = (parameters: Record<string, number>) => {
  const published = law();
  return { ...published, parameters: { ...published.parameters, ...parameters } };
};
/** A claim made up for a test. */
const made = (check: string, given: Record<string, unknown>): PaperClaim => ({
  ...{ id: 'made', part: 'theory', place: 'Eq. 0', says: 'something', paper: '1' },
  check,
  given,
});
const verdictOfMade = async (check: string, given: Record<string, unknown>) =>
  (await auditPaper({ claims: [made(check, given)] }))[0].verdict;

describe('the audit', () => {
  it('has at least 60 claims, each with place, words, both values and a reason', () => {
    expect(audited.length).toBeGreaterThanOrEqual(60);
    for (const claim of audited) {
      for (const text of [claim.id, claim.place, claim.says, claim.paper, claim.ours, claim.why])
        expect(text, claim.id).not.toBe('');
      expect(JSON.stringify(claim), claim.id).not.toMatch(/NaN|undefined|Infinity/);
    }
    expect(new Set(audited.map(({ id }) => id)).size).toBe(audited.length);
  });

  it('says what is known of the paper: where it is right, where it errs', () => {
    const known = {
      'gpu-hours': 'reproduced',
      'qwen-arithmetic': 'reproduced',
      'gqa-saving': 'reproduced',
      'theory-D1': 'reproduced',
      'theory-P3': 'reproduced',
      'closed-d3-no-cache': 'reproduced',
      'theory-D3': 'corrected',
      'eq-109': 'corrected',
      'regime-rule': 'corrected',
      'fit-split': 'contradicts itself',
      'ffn-share': 'contradicts itself',
      'rate-worked': 'differs',
      'r2-train': 'not checkable',
    };
    for (const [id, verdict] of Object.entries(known)) expect(verdictOf(id), id).toBe(verdict);
  });

  it('is the same in every run', async () => {
    expect(await auditPaper({ claims })).toEqual(audited);
  });

  it('stores no verdict: the data hold what the paper says and the name of a check', () => {
    for (const claim of paperClaims()) {
      expect(Object.keys(claim)).not.toContain('verdict');
      expect(Object.keys(claim)).not.toContain('ours');
    }
  });
});

describe('a coefficient of the law that is changed', () => {
  it('changes the verdicts that hang on it, and no others', async () => {
    const steeper = await auditPaper({ claims, law: withParameters({ ar: 1.5 }) });
    expect(changed(steeper)).toEqual(
      expect.arrayContaining(['law-numbers', 'width-sparsity-exponent', 'doubling']),
    );
    for (const id of ['table-8', 'gpu-hours', 'theory-D1', 'kkt-decode', 'stationary-decode'])
      expect(verdictOf(id, steeper), id).toBe(verdictOf(id));
  });

  it('can make a claim of the paper true', async () => {
    const { kd } = law().parameters;
    const lower = await auditPaper({
      claims: selectClaims(['rate-worked']),
      law: withParameters({ kd: kd * (0.2 / 0.395) ** 1.09 }),
    });
    expect(verdictOf('rate-worked', lower)).toBe('reproduced');
  });

  it('can take the ground from under a theorem, which is then said', async () => {
    const invalid = await auditPaper({ claims, law: withParameters({ ar: 0.1 }) });
    expect(verdictOf('validity-memory', invalid)).toBe('differs');
    const closed = invalid.find(({ id }) => id === 'theory-D2')!;
    expect(closed.verdict).toBe('not checkable');
    expect(closed.why).toMatch(/α_ρ 0.1 does not exceed α_r 0.17/);
  });

  it('and another law altogether is audited as far as it goes', async () => {
    const other = {
      formula: 'A/depth^a + B/width^b + E',
      variables: ['depth', 'width'],
      parameters: { A: 5, a: 1, B: 100, b: 0.8, E: 2 },
    };
    const result = await auditPaper({ claims, law: other });
    expect(result).toHaveLength(audited.length);
    for (const id of ['width-sparsity-exponent', 'depth-exponent'])
      expect(verdictOf(id, result), id).toBe('not checkable');
    expect(result.some(({ ours }) => ours.includes('NaN'))).toBe(false);
    expect(verdictOf('gpu-hours', result)).toBe('reproduced');
  });
});

describe('a formula of the library that is changed', () => {
  it('changes the verdicts that hang on it', async () => {
    const right = limitFormulas.decode;
    limitFormulas.decode = right.replace('2*context*width', '3*context*width');
    const broken = await auditPaper({
      claims: claims.filter(({ part }) => part === 'theory' || part === 'costs'),
    }).finally(() => {
      limitFormulas.decode = right;
    });
    expect(changed(broken)).toEqual(
      expect.arrayContaining(['kkt-decode', 'stationary-decode', 'table-17-eff', 'theory-D1']),
    );
    expect(verdictOf('kkt-memory', broken)).toBe('reproduced');
  });
});

describe('checks can fail', () => {
  it('tells a right table from a wrong one', async () => {
    const table = (flops: string) => ({ prefill: { queryProjection: { flops } } });
    expect(await verdictOfMade('operatorCosts', table('2*B*S*d^2'))).toBe('reproduced');
    expect(await verdictOfMade('operatorCosts', table('2*B*S*d^2*1.000001'))).toBe('differs');
  });

  it('tells a right derivative from a wrong one, zeros included', async () => {
    const by = (ffnRatio: string) => ({ of: 'memory', by: { ffnRatio } });
    expect(await verdictOfMade('derivatives', by('3*depth*width^2*weightBytes/activationRate'))).toBe(
      'reproduced',
    );
    expect(await verdictOfMade('derivatives', by('3*depth*width^2*weightBytes'))).toBe('differs');
    expect(await verdictOfMade('derivatives', { of: 'prefill', by: { activationRate: '1' } })).toBe(
      'differs',
    );
  });

  it('corrects only where the correction holds', async () => {
    const wrong: [string, string][] = [['xiF', '3*xiDec']];
    const instead = (right: string) => ({ equal: wrong, instead: [['xiF', right]] });
    expect(await verdictOfMade('identities', instead('2*xiDec'))).toBe('corrected');
    expect(await verdictOfMade('identities', instead('4*xiDec'))).toBe('differs');
  });

  it('rounds as the paper prints', () => {
    expect(roundsTo(0.4375, '0.44')).toBe(true);
    expect(roundsTo(0.4375, '0.43')).toBe(false);
    expect(roundsTo(13600, '13600')).toBe(true);
  });
});

describe('claims are found', () => {
  const idsAt = (...where: string[]) => selectClaims(where).map(({ id }) => id);

  it('by place: a section with what lies within it, a table, an equation of several', () => {
    expect(idsAt('§4.3.4')).toContain('moe-share');
    expect(idsAt('§4.3')).toEqual(expect.arrayContaining([...idsAt('§4.3.4'), 'int8-frontier']));
    expect(idsAt('§4.3')).not.toContain('space-size');
    expect(idsAt('Table 8')).toEqual(['table-8']);
    expect(idsAt('Eq. 72')).toEqual(['theory-D1']);
    expect(idsAt('Eq. 18')).toContain('eq-17');
    expect(idsAt('App. D')).toContain('scores-prefill');
  });

  it('by part and by id, each once and in the order of the list; all, where nothing is asked for', () => {
    expect(idsAt('regime-rule', 'gpu-hours', 'gpu-hours')).toEqual(['gpu-hours', 'regime-rule']);
    expect(selectClaims(['law']).every(({ part }) => part === 'law')).toBe(true);
    expect(idsAt()).toEqual(paperClaims().map(({ id }) => id));
  });

  it.each(['§9', 'Table 99', 'Eq. 1000', 'everything', ''])('or refused: "%s"', (where) => {
    expect(() => selectClaims([where])).toThrow(`no claim at "${where}"; name a place as the paper does`);
  });
});

describe('claims as data', () => {
  it('are refused with the claim named: unknown check, no check and no reason, an id twice', async () => {
    const audit = (...claims: PaperClaim[]) => auditPaper({ claims });
    await expect(audit(made('guess', {}))).rejects.toThrow('unknown check of claim "made" "guess"; known: ');
    const { check: _, ...bare } = made('order', {});
    await expect(audit(bare)).rejects.toThrow('claim "made" has neither a check nor a reason');
    const twice = { ...bare, reason: 'no data' };
    await expect(audit(twice, twice)).rejects.toThrow('claim "made" occurs twice');
  });

  it('count by verdict, in all', () => {
    const counts = countVerdicts(audited);
    expect(Object.keys(counts)).toEqual([...verdicts]);
    expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(audited.length);
  });
});
