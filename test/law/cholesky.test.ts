import { Matrix, solve } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { factorise, solveFactorised } from '../../lib/law/fit/cholesky';
import { gaussian, seededRandom } from '../../lib/random';

describe('Cholesky', () => {
  it('solves what ml-matrix solves', () => {
    const random = seededRandom(4);
    for (const n of [1, 2, 5, 11]) {
      const root = Matrix.zeros(n, n);
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) root.set(i, j, gaussian(random));
      const matrix = root.mmul(root.transpose()).add(Matrix.eye(n));
      const rightSide = Float64Array.from({ length: n }, () => gaussian(random));
      const factors = Float64Array.from(matrix.to1DArray());
      expect(factorise(factors, n)).toBe(true);
      const expected = solve(matrix, Matrix.columnVector(rightSide)).to1DArray();
      solveFactorised(factors, rightSide).forEach((x, i) => {
        expect(x).toBeCloseTo(expected[i], 10);
      });
    }
  });

  it('says which matrix is not positive definite', () => {
    expect(factorise(Float64Array.of(1, 2, 2, 1), 2)).toBe(false);
    expect(factorise(Float64Array.of(Number.NaN), 1)).toBe(false);
  });
});
