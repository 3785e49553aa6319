import { evaluate } from 'mathjs';
import { describe, expect, it } from 'vitest';
import { deriveColumns, fileColumns } from '../../lib/law/formula/columns';
import { compileWhere } from '../../lib/law/formula/select';
import { type Random, seededRandom } from '../../lib/random';

const header = ['Model Size', 'Training FLOP', 'N', 'k', 'type', 'loss'];
const cells = ['2e9', '1.2e20', '7', '1.0', ' S-Base ', '2.5'];
const row = { cells, line: 5 };
const columns = fileColumns('t.csv', header);
const derive = (text: string) => deriveColumns('t.csv', columns, text);
const number = (text: string, name: string) => derive(text).get(name)!.number(row);
const holds = (text: string, of = columns) => compileWhere('t.csv', of, text)(row);

const pick = <T>(random: Random, items: readonly T[]) => items[Math.floor(random() * items.length)];

/** A random expression of `names`, with the same meaning to mathjs. */
function randomExpression(random: Random, names: readonly string[], depth: number): string {
  if (depth === 0) return random() < 0.5 ? pick(random, names) : (4 * random()).toFixed(2);
  const part = () => randomExpression(random, names, depth - 1);
  if (random() < 0.2) return `(${part()})`;
  if (random() < 0.2) return `(-${part()})`;
  return `${part()} ${pick(random, ['+', '-', '*', '/', '^'])} ${part()}`;
}

describe('derived columns', () => {
  it('are computed from quoted columns of the file and from names', () => {
    const text = 'N="Model Size", D="Training FLOP"/(6*N)';
    expect(number(text, 'N')).toBe(2e9);
    expect(number(text, 'D')).toBe(1.2e20 / (6 * 2e9));
  });

  it('agree with mathjs on random expressions', () => {
    const random = seededRandom(1);
    const scope = { a: 1.7, b: 0.3, c: 2.9 };
    const file = fileColumns('t.csv', Object.keys(scope));
    const one = { cells: Object.values(scope).map(String), line: 2 };
    let compared = 0;
    for (let i = 0; i < 500; i++) {
      const text = randomExpression(random, Object.keys(scope), 1 + (i % 5));
      const expected = evaluate(text, scope);
      const read = () => deriveColumns('t.csv', file, `x = ${text}`).get('x')!.number(one);
      if (typeof expected === 'number' && Number.isFinite(expected)) {
        expect(Math.abs(read() - expected), text).toBeLessThanOrEqual(1e-12 * Math.abs(expected));
        compared++;
      } else expect(read, text).toThrow('not a finite number');
    }
    expect(compared).toBeGreaterThan(300);
  });

  it('may take logarithms, exponentials, the least and the greatest', () => {
    expect(number('a = log("Model Size")', 'a')).toBe(Math.log(2e9));
    expect(number('a = exp(-k), b = max(a, 2, N) - min(k, -k)', 'b')).toBe(8);
    expect(holds('log(N) > 1.9 and min(N, k) == 1')).toBe(true);
  });

  it('may replace a column of the file, also by what they make of it', () => {
    expect(number('loss="Model Size"', 'loss')).toBe(2e9);
    expect(number('loss = loss * 2, twice = loss', 'twice')).toBe(5);
    expect(number('N = 3, old = "N"', 'old')).toBe(7);
  });

  it('keep their text when they only rename', () => {
    expect(holds('router == "S-Base"', derive('router = type'))).toBe(true);
  });

  it('take a newline for a space', () => expect(number('a = k\n  + 1,\r\n b = a', 'b')).toBe(2));

  it('are computed once a row, so that doubling forty times costs nothing', () => {
    const doublings = Array.from({ length: 40 }, (_, i) => `c${i + 1} = c${i} + c${i}`);
    expect(number(`c0 = k, ${doublings.join(', ')}`, 'c40')).toBe(2 ** 40);
  });

  it.each([
    [
      'a name that is not defined',
      'a = b',
      'b (character 5) is not a column of t.csv nor derived before; known: Model Size, Training FLOP, N',
    ],
    ['a cycle', 'a = k, b = c, c = b', 'c (character 12) is not a column of t.csv nor derived before'],
    [
      'a quoted column that the file lacks',
      'a = k, b = "a"',
      '"a" (character 12) is not a column of t.csv; known: Model Size',
    ],
    ['a column defined twice', 'a = k, a = N', 'a (character 8) is defined twice'],
    ['no expression', 'a = ', 'a (character 1) is not followed by = and an expression'],
    ['no name', '= k', '= (character 1) is not the name of a column'],
    ['two =', 'a = b = k', '= (character 7) is a second ='],
    ['a comma too many', 'a = k,', ', (character 6) has no NAME=EXPRESSION after it'],
    ['nothing', ' ', 'columns: is empty'],
    ['a missing operand', 'a = k *', 'Unexpected end of expression (character 8)'],
    ['a missing parenthesis', 'a = k, b = (N', 'Parenthesis ) expected (character 14)'],
    ['a parenthesis too many', 'a = k)', ') (character 6) closes nothing'],
    ['a missing operator', 'a = 2 k', 'k (character 7) follows 2 without an operator'],
    ['an open quote', 'a = "k', '" (character 5) is a quote that is not closed'],
    ['a function of nothing', 'a = min()', 'min() (character 5) takes two or more arguments'],
    [
      'a function of one that takes two',
      'a = k + max(k)',
      'max(k) (character 9) takes two or more arguments',
    ],
    ['a function of two that takes one', 'a = log(k, N)', ', (character 10) is not allowed'],
    ['two numbers in brackets', 'a = (k, N)', ', (character 7) is not allowed'],
    [
      'a function without brackets',
      'a = k, b = 2*log',
      'log (character 14) is a function without its argument',
    ],
    ['a comparison', 'a = k == 1', '== (character 7) is not allowed'],
  ])('are refused with the character for %s', (_, text, message) => {
    expect(() => derive(text)).toThrow(message);
  });

  it.each([
    ['property access', 'a = k.constructor', '. (character 6) is not allowed'],
    ['a function call', 'a = k, b = sqrt(k)', 'sqrt (character 12) is called as a function'],
    ['a function definition', 'f(x) = x', 'f (character 1) is called as a function'],
    ['import', 'a = import({})', 'import (character 5) is called as a function'],
    ['a prototype', 'a = __proto__', '__proto__ (character 5) is a reserved name'],
    ['a method', 'a = toString', 'toString (character 5) is a reserved name'],
    ['an index', 'a = k[1]', '[ (character 6) is not allowed'],
    ['a range', 'a = 1:1e9', ': (character 6) is not allowed'],
    ['a unit', 'a = 5 cm', 'cm (character 7) follows 5'],
    ['a second statement', 'a = k; b = k', '; (character 6) is not allowed'],
    ['a factorial', 'a = 170!', '! (character 8) is not allowed'],
    ['a condition', 'a = k ? 1 : 2', '? (character 7) is not allowed'],
    ['a truth value', 'a = true', 'true (character 5) is not arithmetic'],
    ['a word of mathjs', 'a = not -3', '(character 5) is not arithmetic'],
    ['a number beyond all', 'a = 1e999', 'Infinity (character 5) is not arithmetic'],
    ['10,000 parentheses', `a = ${'('.repeat(10000)}k${')'.repeat(10000)}`, 'characters; at most 4000'],
    [
      'many parentheses',
      `a = ${'('.repeat(1000)}k${')'.repeat(1000)}`,
      '( (character 55) nests deeper than 50',
    ],
    ['a text without end', 'a = k'.padEnd(1e6, '+k'), '1000000 characters; at most 4000 are allowed'],
  ])('that are more than arithmetic are refused: %s', (_, text, message) => {
    expect(() => derive(text)).toThrow(message);
  });

  it('are refused for the row that has no finite value', () => {
    expect(() => number('a = 9^9^9^9', 'a')).toThrow('t.csv line 5: a comes out as Infinity');
    expect(() => number('a = (k-k)/(k-k)', 'a')).toThrow('t.csv line 5: a comes out as NaN');
    expect(() => number('a = type * 2', 'a')).toThrow('t.csv line 5: type "S-Base" is not a number');
  });

  it('of the greatest length allowed are read without overflow', () => {
    expect(number(`a = k${'+k'.repeat(1990)}`, 'a')).toBe(1991);
    expect(number(`a = ${'-'.repeat(100)}k`, 'a')).toBe(1);
    expect(number(`a = ${'k^'.repeat(100)}k`, 'a')).toBe(1);
    expect(() => number(`a = ${'-'.repeat(3990)}k`, 'a')).toThrow('more than 100 powers and signs');
  });
});

describe('conditions on rows', () => {
  it.each([
    ['k == 1', true],
    ['k == "1.0"', true],
    ['k == "1"', false],
    ['k != 1', false],
    ['type == "S-Base"', true],
    ['"Hash" != type', true],
    ['type == type and k == k', true],
    ['N > 6 and N >= 7 and N <= 7 and not (N < 7)', true],
    ['k == 2 or N / 7 == k', true],
    ['not (k == 1 or k == 2)', false],
    ['k == 1 or type > 3', true],
    ['type == "" and type > 3', false],
    ['((type)) == ("S-Base")', true],
  ])('%s is %s', (text, expected) => expect(holds(text)).toBe(expected));

  it('agree with JavaScript on random rows', () => {
    const random = seededRandom(2);
    const test = compileWhere(
      't.csv',
      fileColumns('t.csv', ['a', 'b', 's']),
      'a + 1 <= b * 2 and s != "x" or not (a != b)',
    );
    for (let i = 0; i < 300; i++) {
      const [a, b, s] = [pick(random, [0, 1, 2, 3]), pick(random, [0, 1, 2, 3]), pick(random, ['x', 'y'])];
      expect(test({ cells: [`${a}`, `${b}.0`, s], line: 2 })).toBe((a + 1 <= b * 2 && s !== 'x') || a === b);
    }
  });

  it.each([
    ['text against a number', 'type == 1', 't.csv line 5: type "S-Base" is not a number'],
    ['text in an order', 'type < "T"', 'type (character 1) is compared by order with text'],
    ['text against arithmetic', 'k*2 == "2"', 'k * 2 (character 1) is a number, and the other side is text'],
    ['text alone', '"a" == "b"', '"b" (character 8) is text where a number is needed'],
    ['a column of text against one of numbers', 'type == N', 't.csv line 5: type "S-Base" is not a number'],
    [
      'a name that is not a column',
      'k == 1 and size > 2',
      'size (character 12) is not a column of t.csv nor derived; known: Model Size',
    ],
    ['=', 'k = 1', '= (character 3) is not allowed; allowed: columns, numbers, "texts", == !='],
    ['a chain', '1 < k < 3', '1 < k < 3 (character 1) is a chain; write a < b and b < c'],
    ['not without parentheses', 'not k == 1', 'not k (character 5) needs parentheses: not (a == b)'],
    ['a number for a condition', 'k and N', 'k (character 1) is not a comparison'],
    ['a word without a left side', 'k == 1 or and', 'and (character 11) has nothing before it'],
    ['a word without a right side', 'k == 1 or', 'Unexpected end of expression (character 10)'],
    ['a function', 'k == 1 and f(k) == 1', 'f (character 12) is called as a function'],
    ['a property', 'type.length == 6', '. (character 5) is not allowed'],
    ['a division by zero', 'k/0 > 1', 't.csv line 5: k / 0 comes out as Infinity'],
  ])('are refused with the place for %s', (_, text, message) => {
    expect(() => holds(text)).toThrow(message);
  });

  it('made of random pieces are read or refused, and never break', () => {
    const random = seededRandom(3);
    const pieces =
      'k N type and or not xor mod to in ( ) == != < = + - ^ / , 1 2.5 "S-Base" true e ! ; . [ ] :'.split(
        ' ',
      );
    for (let i = 0; i < 3000; i++) {
      const text = Array.from({ length: 1 + Math.floor(9 * random()) }, () => pick(random, pieces)).join(' ');
      for (const read of [() => holds(text), () => number(`a = ${text}`, 'a')])
        try {
          read();
        } catch (error) {
          expect((error as Error).name, `${text}: ${error}`).toBe('InputError');
        }
    }
  });
});
