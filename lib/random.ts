import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { mersenne } from 'pure-rand/generator/mersenne';
import { refuse } from './errors';

/** A source of uniform numbers in [0, 1). */
export type Random = () => number;

/**
 * A seeded source: same seed, same numbers. The seed is an integer.
 *
 * @example seededRandom(1)() === seededRandom(1)() // true
 */
export function seededRandom(seed: number): Random {
  if (!Number.isSafeInteger(seed)) refuse(`seed ${seed} is not an integer`);
  // Mersenne Twister, whose streams from neighbouring seeds are unrelated.
  const generator = mersenne(seed);
  return () => uniformFloat64(generator);
}

/**
 * One draw from the standard normal distribution (Box–Muller).
 *
 * @example Number.isFinite(gaussian(seededRandom(1))) // true
 */
export function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * The integers 0 … count − 1 in random order (Fisher–Yates).
 *
 * @example permutation(3, seededRandom(1)).sort() // [0, 1, 2]
 */
export function permutation(count: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/**
 * Latin hypercube sample: `count` points in the unit cube, so that along every axis each of `count` equal
 * intervals holds one point.
 */
export function latinHypercube(count: number, dimensions: number, random: Random): number[][] {
  const axes = Array.from({ length: dimensions }, () => permutation(count, random));
  return Array.from({ length: count }, (_, i) => axes.map((axis) => (axis[i] + random()) / count));
}
