import { all, create } from 'mathjs';
import { describe, expect, it } from 'vitest';
import { law } from '../../lib/files/law';
import { lawDerivative } from '../../lib/law/derivative';
import { toModel } from '../../lib/law/fit/to-model';
import { parseFormula, toLatex } from '../../lib/law/formula/formula';
import { lawLatex, predictLoss, predictLosses, predictRows, validateLaw } from '../../lib/law/law';
import { seededRandom } from '../../lib/random';
import { enumerateSpace, paperSpace } from '../../lib/space';

const math = create(all);
const published = law();

describe('the published law', () => {
  it('is Eq. 15 to 1e-12 at any point', () => {
    for (const a of enumerateSpace(paperSpace).filter((_, i) => i % 97 === 0)) {
      const [l, d, r, rho, dm] = [
        a.depth,
        a.width,
        a.ffnRatio,
        a.activeExperts / a.experts,
        a.headDim * a.kvHeads,
      ];
      const expected =
        9.96 / l ** 1.63 +
        (0.031 * rho ** 1.09) / (r ** 0.17 * d ** -0.33) +
        500 / (r ** 0.17 * d ** 0.97) +
        0.2 / dm ** 0.05 +
        2.53;
      const { loss, terms } = predictLoss(published, a);
      expect(Math.abs(loss / expected - 1)).toBeLessThan(1e-12);
      expect(Object.keys(terms)).toEqual(['depth', 'sparsity', 'capacity', 'kvCache', 'irreducible']);
      expect(Object.values(terms).reduce((sum, term) => sum + term, 0)).toBe(loss);
    }
  });

  it('predicts a batch to the same bits as one', () => {
    const some = enumerateSpace(paperSpace).slice(0, 50);
    expect([...predictLosses(published, some)]).toEqual(some.map((a) => predictLoss(published, a).loss));
  });

  it('prints as Eq. 2', () => {
    expect(lawLatex(published).replaceAll(/\s/g, '')).toContain('\\frac{\\kappa_l}{{l}^{\\alpha_l}}');
  });
});

describe('derivatives by mathjs', () => {
  it('equal finite differences', () => {
    const point: Record<string, number> = {
      depth: 14,
      width: 1500,
      ffnRatio: 1.2,
      activationRate: 0.2,
      kvDimension: 300,
    };
    const scope = { ...published.parameters, ...point };
    for (const name of [...published.variables, ...Object.keys(published.parameters)]) {
      const h = 1e-6 * Math.abs((scope as Record<string, number>)[name]);
      const at = (step: number) =>
        math.evaluate(published.formula, {
          ...scope,
          [name]: (scope as Record<string, number>)[name] + step,
        });
      const symbolic = math.evaluate(lawDerivative(published, name), { ...scope });
      expect(Math.abs(symbolic / ((at(h) - at(-h)) / (2 * h)) - 1)).toBeLessThan(1e-5);
    }
  });

  it('equal the exact Jacobian of the fit', () => {
    const formula = parseFormula('E + A*x^-a/(y/3)^(b+1) - 2*B*y^(0.5*a) + 3*F', ['x', 'y']);
    const random = seededRandom(5);
    const columns = {
      x: Array.from({ length: 6 }, () => 1 + 9 * random()),
      y: Array.from({ length: 6 }, () => 1 + 9 * random()),
    };
    const model = toModel(formula, columns, 6);
    const u = Float64Array.from(formula.parameters, () => random());
    const parameters = model.toParameters(u);
    const predictions = new Float64Array(6);
    const jacobian = new Float64Array(6 * u.length);
    model.evaluate(u, predictions, jacobian);
    expect([...model.toCoordinates(parameters)].every((each, p) => Math.abs(each - u[p]) < 1e-12)).toBe(true);
    const fitted = { formula: formula.text, variables: formula.variables, parameters };
    const direct = predictRows(fitted, columns, 6);
    for (let row = 0; row < 6; row++) {
      const scope = { ...parameters, x: columns.x[row], y: columns.y[row] };
      expect(predictions[row]).toBeCloseTo(math.evaluate(formula.text, { ...scope }), 10);
      expect(direct[row]).toBeCloseTo(predictions[row], 10);
    }
    // F is a plain constant: its coordinate is itself, so the column of the Jacobian is ∂/∂F.
    const f = formula.parameters.indexOf('F');
    for (let row = 0; row < 6; row++)
      expect(jacobian[row * u.length + f]).toBe(math.evaluate(lawDerivative(fitted, 'F')));
  });
});

describe('formulas', () => {
  it.each([
    ['E + A/N^alpha + B/D^beta', ['E', 'A', 'alpha', 'B', 'beta'], ['A', 'B']],
    ['A*(N*D)^-a', ['A', 'a'], ['A']],
    ['A*(N/1000)^(2*a - 1) - B', ['A', 'a', 'B'], ['A']],
    ['1.69 + 406.4/N^a', ['a'], []],
  ])('%s is accepted', (text, parameters, positive) => {
    const formula = parseFormula(text, ['N', 'D']);
    expect(formula.parameters).toEqual(parameters);
    expect(formula.positive).toEqual(positive);
  });

  it.each([
    ['E + sin(N)', 'sin (character 5) is called as a function; allowed: numbers, names, + - * / ^ and log'],
    ['E + A/M^alpha', 'M (character 7) is raised to a parameter and is not a column; columns: N, D'],
    ['E + A*N^a + log', 'log (character 13)'],
    ['E + A*log + N', 'log (character 7) is a function without its argument'],
    ['A*N.constructor', '. (character 4) is not allowed'],
    ['A*constructor + N', 'constructor (character 3) is a reserved name'],
    ['A*N + __proto__', '__proto__ (character 7) is a reserved name'],
    ['f(x) = N', 'f (character 1) is called as a function'],
    ['A*N; B', '; (character 4) is not allowed'],
    ['A*N\n; B', '; (character 5) is not allowed'],
    ['A*N^"a"', '"a" (character 5) is not made of numbers, names, + − * / ^ and log'],
    ['[A, N]', '[ (character 1) is not allowed'],
    ['log(N, 2)', ', (character 6) is not allowed'],
    ['A*N!', '! (character 4) is not allowed'],
    ['A > N', '> (character 3) is not allowed'],
    ["A*N'", "' (character 4) is not allowed"],
    ['A*N>3 ? 1 : 2', '> (character 4) is not allowed'],
    ['2i*N', 'i (character 2) follows 2 without an operator'],
    ['1e400*N*A', 'Infinity (character 1) is not made of'],
    ['A*NaN*N', 'NaN (character 3) is not made of'],
    ['A*true*N', 'true (character 3) is not made of'],
    [`${'('.repeat(900)}A*N${')'.repeat(900)}`, '( (character 51) nests deeper than 50 parentheses'],
    [`${'N^'.repeat(990)}a`, '^ (character 202) is one of more than 100 powers and signs'],
    [`${'-'.repeat(3000)}a*N`, '- (character 101) is one of more than 100 powers and signs'],
    [`a*N${'+1'.repeat(2000)}`, '4003 characters; at most 4000 are allowed'],
    ['A +* N', 'Value expected (character 4)'],
    ['N + D', 'has no parameter'],
    ['a + b', 'formula "a + b" names no column; columns: N, D'],
    ['(-2*N)^a', '(-2 * N) (character 3) is raised to a parameter and is not positive'],
    ['A*exp() + N', 'exp() (character 3) is not made of'],
    ['A*min(N) + D', 'min(N) (character 3) takes two or more arguments'],
    ['A*exp(N, D)', ', (character 8) is not allowed'],
    ['A*(N, D)', ', (character 5) is not allowed'],
    ['A*N + max', 'max (character 7) is a function without its argument'],
    [`${'exp('.repeat(60)}A*N${')'.repeat(60)}`, '( (character 204) nests deeper than 50 parentheses'],
    ['A*N + 0^b', '0 (character 7) is raised to a parameter and is not positive'],
    ['', 'formula: is empty'],
  ])('%s is refused', (text, message) => {
    expect(() => parseFormula(text, ['N', 'D'])).toThrow(message);
  });

  it('are never run as code', () => {
    expect(() => parseFormula('import("x")', ['N'])).toThrow('import (character 1) is called');
  });

  it('may name columns and parameters in any alphabet, and stand on several lines', () => {
    const { variables, parameters } = parseFormula('E +\n A/größe^α', ['größe']);
    expect([variables, parameters]).toEqual([['größe'], ['E', 'A', 'α']]);
  });

  it('print as LaTeX with given symbols', () => {
    expect(toLatex('A/N^a', { a: '\\alpha' })).toContain('\\alpha');
  });
});

describe('laws from files', () => {
  it.each([
    [{ formula: 'A/depth^a', parameters: { A: 1 } }, 'lacks a value for parameter "a"'],
    [
      { formula: 'A/depth^a', parameters: { A: 1, a: 'x' } },
      'parameters.a of the law "x" is not a finite number',
    ],
    [{ formula: 'A/depth^a', parameters: { A: 1, a: 1, b: 2 } }, 'unknown key "b"'],
    [{ parameters: {} }, 'law lacks "formula"'],
  ])('%j is refused', (value, message) => {
    expect(() => validateLaw(value)).toThrow(message);
  });

  it('that need what architectures do not have are refused on use', () => {
    const chinchilla = validateLaw({ formula: 'A/N^a', variables: ['N'], parameters: { A: 1, a: 1 } });
    expect(() => predictLosses(chinchilla, enumerateSpace(paperSpace).slice(0, 1))).toThrow(
      'architectures have no "N"',
    );
  });
});
