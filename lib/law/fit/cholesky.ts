/**
 * Cholesky factorisation in place, for the small systems of `refine`, which solves tens of thousands of them in a
 * fit: `matrix` [n × n] is symmetric, row by row; its lower triangle becomes L with L Lᵀ = matrix. False where the
 * matrix is not positive definite.
 */
export function factorise(matrix: Float64Array, n: number): boolean {
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = matrix[i * n + j];
      for (let k = 0; k < j; k++) sum -= matrix[i * n + k] * matrix[j * n + k];
      if (i > j) matrix[i * n + j] = sum / matrix[j * n + j];
      else if (sum > 0) matrix[j * n + j] = Math.sqrt(sum);
      else return false;
    }
  }
  return true;
}

/** The solution x of L Lᵀ x = right side. */
export function solveFactorised(factors: Float64Array, rightSide: Float64Array): Float64Array {
  const n = rightSide.length;
  const x = Float64Array.from(rightSide);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= factors[i * n + k] * x[k];
    x[i] /= factors[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= factors[k * n + i] * x[k];
    x[i] /= factors[i * n + i];
  }
  return x;
}
