import type { Formula } from '../formula/formula';
import { isPlain, type Term } from '../formula/terms';
import { groupColumn } from '../formula/tree';
import type { Columns } from '../law';
import type { LogLinear, Model } from './model';

/** The law `formula` on rows of `columns`; coefficients in `uncentred` absorb no centring. */
export function toLogLinear(
  formula: Formula,
  columns: Columns,
  rows: number,
  uncentred: readonly string[] = [],
): LogLinear {
  const index = new Map(formula.parameters.map((name, p) => [name, p]));
  const count = formula.parameters.length;
  const model: LogLinear = {
    rows,
    parameters: formula.parameters,
    isLog: formula.parameters.map((name) => formula.positive.includes(name)),
    terms: [],
    plain: new Float64Array(count),
    fixed: 0,
    shifts: [],
  };
  for (const term of formula.terms) {
    const names = Object.keys(term.coefficients);
    if (isPlain(term) && !formula.positive.includes(names[0])) {
      if (names.length === 0) model.fixed += term.constant;
      else model.plain[index.get(names[0])!] += term.constant;
      continue;
    }
    const own = ownCoefficient(formula, term, uncentred);
    const offset = new Float64Array(rows).fill(Math.log(Math.abs(term.constant)));
    const slope = new Float64Array(rows * count);
    const shifts = (own === undefined ? [] : membersOf(formula, own)).map((name) => ({
      parameter: index.get(name)!,
      constant: 0,
      factors: new Float64Array(count),
    }));
    for (const { base, constant, parameters } of term.powers) {
      const logs = Float64Array.from({ length: rows }, (_, row) =>
        Math.log(typeof base === 'number' ? base : columns[base][row]),
      );
      const centre = own === undefined ? 0 : logs.reduce((sum, log) => sum + log, 0) / rows;
      for (const shift of shifts) shift.constant -= constant * centre;
      for (let row = 0; row < rows; row++) offset[row] += constant * (logs[row] - centre);
      for (const name in parameters) {
        const members = membersOf(formula, name).map((each) => index.get(each)!);
        const place = placeIn(formula, name, columns, members);
        shifts.forEach(({ factors }, g) => {
          factors[members.length === 1 ? members[0] : members[g]] -= parameters[name] * centre;
        });
        for (let row = 0; row < rows; row++)
          slope[row * count + place(row)] += parameters[name] * (logs[row] - centre);
      }
    }
    for (const name of names) {
      const members = membersOf(formula, name).map((each) => index.get(each)!);
      const place = placeIn(formula, name, columns, members);
      for (let row = 0; row < rows; row++) slope[row * count + place(row)] += term.coefficients[name];
    }
    model.shifts.push(...shifts);
    const { used, slope: dense } = packed(slope, rows, count);
    const like = alike(offset, dense, used.length);
    model.terms.push({ sign: Math.sign(term.constant), offset, used, slope: dense, like });
  }
  return model;
}

/** The parameters that a name stands for: itself, or those of each group. */
function membersOf({ groups }: Formula, name: string): string[] {
  return groups[name]?.names ?? [name];
}

/** Which of a name's parameters belongs to a row. */
function placeIn(
  { groups }: Formula,
  name: string,
  columns: Columns,
  members: readonly number[],
): (row: number) => number {
  if (groups[name] === undefined) return () => members[0];
  const group = columns[groupColumn(groups[name].by)];
  return (row) => members[group[row]];
}

/** The columns of `slope` [rows × count] that are not all zero, and which they are. */
function packed(slope: Float64Array, rows: number, count: number) {
  const used = Int32Array.from({ length: count }, (_, p) => p).filter((p) => {
    for (let row = 0; row < rows; row++) if (slope[row * count + p] !== 0) return true;
    return false;
  });
  const dense = new Float64Array(rows * used.length);
  for (let row = 0; row < rows; row++)
    for (let k = 0; k < used.length; k++) dense[row * used.length + k] = slope[row * count + used[k]];
  return { used, slope: dense };
}

/** For each row the first one with the same offset and slopes. */
function alike(offset: Float64Array, slope: Float64Array, width: number): Int32Array {
  const first = new Map<string, number>();
  return Int32Array.from(offset, (each, row) => {
    const key = `${each} ${slope.subarray(row * width, (row + 1) * width).join(' ')}`;
    if (!first.has(key)) first.set(key, row);
    return first.get(key)!;
  });
}

/** The coefficient that occurs in this term alone, to the power 1, and in whose groups its exponents are, if there is one. */
function ownCoefficient(formula: Formula, term: Term, uncentred: readonly string[]): string | undefined {
  const { groups, terms } = formula;
  const exponents = term.powers.flatMap(({ parameters }) => Object.keys(parameters));
  return Object.keys(term.coefficients).find(
    (name) =>
      !membersOf(formula, name).some((each) => uncentred.includes(each)) &&
      term.coefficients[name] === 1 &&
      terms.every((other) => other === term || !(name in other.coefficients)) &&
      exponents.every((each) => groups[each] === undefined || groups[each].by === groups[name]?.by),
  );
}

/** A log-linear law as a model. */
export function logLinearModel(formula: Formula, columns: Columns, law: LogLinear): Model {
  const { rows, parameters, isLog, plain } = law;
  return {
    ...{ rows, parameters, isLog, plain, formula, columns, logLinear: law },
    constants: plain.filter((factor) => factor !== 0).length,
    scales: parameters.map(() => []),
    units: new Float64Array(parameters.length).fill(1),
    isLinear: Array.from(plain, (factor) => factor !== 0),
    evaluate: evaluator(law),
    toParameters: (u) => Object.fromEntries(parameters.map((name, p) => [name, parameterAt(law, u, p)])),
    toCoordinates(given) {
      const u = Float64Array.from(parameters, (name, p) => (isLog[p] ? Math.log(given[name]) : given[name]));
      for (const { parameter, constant, factors } of law.shifts)
        u[parameter] -= factors.reduce((sum, factor, q) => sum + factor * u[q], constant);
      return u;
    },
    parameterGradient: (u) =>
      parameters.map((_, p) => {
        const row = [...u].map((__, q) => (p === q ? 1 : 0));
        const factors = law.shifts.find((s) => s.parameter === p)?.factors;
        if (!isLog[p] && factors === undefined) return row;
        const value = isLog[p] ? parameterAt(law, u, p) : 1;
        return row.map((own, q) => value * (own + (factors?.[q] ?? 0)));
      }),
    isRepresentable: (u) => isLog.every((each, p) => !each || Math.abs(shifted(law, u, p)) < 650),
  };
}

/**
 * Predictions and Jacobian of a law. The exponentials cost most of a fit, so rows that are alike share one, and those
 * at the last coordinates are kept: the Jacobian is mostly asked for where the predictions were asked for just before.
 */
function evaluator(law: LogLinear): Model['evaluate'] {
  const { rows, plain } = law;
  const count = plain.length;
  const last = new Float64Array(count).fill(Number.NaN);
  const terms = law.terms.map((term) => ({
    ...term,
    value: new Float64Array(rows),
    at: new Float64Array(term.used.length),
  }));
  const exponentiate = (u: Float64Array) => {
    for (const { sign, offset, used, slope, like, value, at } of terms) {
      const width = used.length;
      for (let k = 0; k < width; k++) at[k] = u[used[k]];
      for (let row = 0; row < rows; row++) {
        const first = like[row];
        if (first < row) {
          value[row] = value[first];
          continue;
        }
        let logarithm = offset[row];
        for (let k = 0, s = row * width; k < width; k++, s++) logarithm += slope[s] * at[k];
        value[row] = sign * Math.exp(logarithm);
      }
    }
    last.set(u);
  };
  const isLast = (u: Float64Array) => {
    for (let p = 0; p < count; p++) if (last[p] !== u[p]) return false;
    return true;
  };
  return (u, predictions, jacobian) => {
    if (!isLast(u)) exponentiate(u);
    let constant = law.fixed;
    for (let p = 0; p < count; p++) constant += plain[p] * u[p];
    predictions.fill(constant);
    for (const { value } of terms) for (let row = 0; row < rows; row++) predictions[row] += value[row];
    if (jacobian === undefined) return;
    for (let row = 0; row < rows; row++) jacobian.set(plain, row * count);
    for (const { used, slope, value } of terms) {
      const width = used.length;
      for (let k = 0; k < width; k++)
        for (let row = 0, s = k, j = used[k]; row < rows; row++, s += width, j += count)
          jacobian[j] += slope[s] * value[row];
    }
  };
}

/** A parameter at `u`. */
export function parameterAt(model: LogLinear, u: Float64Array, p: number): number {
  return model.isLog[p] ? Math.exp(shifted(model, u, p)) : shifted(model, u, p);
}

/** A parameter, or its logarithm, at `u`. */
function shifted(model: LogLinear, u: Float64Array, p: number): number {
  const shift = model.shifts.find((s) => s.parameter === p);
  if (shift === undefined) return u[p];
  return shift.factors.reduce((sum, factor, q) => sum + factor * u[q], u[p] + shift.constant);
}
