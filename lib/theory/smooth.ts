import type { MathNode } from 'mathjs';
import {
  create,
  derivativeDependencies,
  logDependencies,
  parseDependencies,
  unaryMinusDependencies,
} from 'mathjs/number';
import { refuse } from '../errors';
import { compileArithmetic, type Reader } from '../law/formula/expression';

const math = create({
  ...parseDependencies,
  ...derivativeDependencies,
  ...logDependencies,
  ...unaryMinusDependencies,
});
/** Simplifying a derivative costs far more time than evaluating it as it is. */
const unsimplified = { simplify: false };

/** A function of positive variables with its derivatives by their logarithms. */
export interface Smooth {
  variables: readonly string[];
  /** Value, gradient [n] and Hessian [n × n] by the logarithms, at the point whose logarithms are `x`. */
  at(x: readonly number[]): { value: number; gradient: number[]; hessian: number[][] };
  /** The value alone. */
  value(x: readonly number[]): number;
}

/**
 * A formula as a function of the logarithms of `variables`; all other symbols get their values from
 * `constants`. First and second derivatives are symbolic, by mathjs: with v = eˣ,
 * ∂f/∂xᵢ = vᵢ fᵢ and ∂²f/∂xᵢ∂xⱼ = vᵢ vⱼ fᵢⱼ + [i = j] vᵢ fᵢ.
 */
export function smooth(
  formula: string,
  variables: readonly string[],
  constants: Readonly<Record<string, number>>,
): Smooth {
  const node = math.parse(formula);
  const read = (each: MathNode) => compileAt(each, variables, constants);
  const itself = read(node);
  const first = variables.map((name) => math.derivative(node, name, unsimplified));
  const gradient = first.map(read);
  const hessian = first.map((each, i) =>
    variables.slice(0, i + 1).map((name) => read(math.derivative(each, name, unsimplified))),
  );
  return {
    variables,
    value: (x) => itself(x.map(Math.exp)),
    at(x) {
      const v = x.map(Math.exp);
      const slopes = gradient.map((each, i) => v[i] * each(v));
      const curvature = variables.map((_, i) =>
        variables.map((__, j) => {
          const [row, column] = i >= j ? [i, j] : [j, i];
          return v[i] * v[j] * hessian[row][column](v) + (i === j ? slopes[i] : 0);
        }),
      );
      return { value: itself(v), gradient: slopes, hessian: curvature };
    },
  };
}

/** A syntax tree as a function of the values of `variables`, many times faster than mathjs would evaluate it. */
function compileAt(
  node: MathNode,
  variables: readonly string[],
  constants: Readonly<Record<string, number>>,
): Reader<readonly number[]> {
  const reject = (part: MathNode, why: string) => refuse(`formula "${node}": ${part} ${why}`);
  const leaf = (name: string, _: boolean, part: MathNode) => {
    const i = variables.indexOf(name);
    if (i >= 0) return (values: readonly number[]) => values[i];
    const constant = constants[name] ?? reject(part, 'has no value');
    return () => constant;
  };
  return compileArithmetic({ node, reject }, leaf, 'numbers, names, + - * / ^ and log');
}

/** A formula as a function of the values of its symbols; refuses values that lack one. */
export function compileFormula(formula: string): (values: Readonly<Record<string, number>>) => number {
  const node = math.parse(formula);
  const compiled = node.compile();
  const symbols = node.filter((each, path) => math.isSymbolNode(each) && path !== 'fn').map(String);
  return (values) => {
    const missing = symbols.find((name) => values[name] === undefined);
    if (missing !== undefined) refuse(`"${formula}" needs "${missing}", which has no value`);
    return Number(compiled.evaluate(new Map(Object.entries(values))));
  };
}

/** The partial derivative of `formula` by `symbol`, symbolic and not simplified. */
export function partial(formula: string, symbol: string): string {
  return math.derivative(math.parse(formula), symbol, unsimplified).toString();
}
