import { mean, standardDeviation } from 'simple-statistics';
import type { Random } from '../../random';
import type { Model } from './model';

/** A starting point: exponents half of ordinary size, half far out, terms of the size of the losses' spread, constants below them. */
export function drawStart(model: Model, loss: Float64Array, random: Random): Float64Array {
  return draw(model, loss, random, () =>
    random() < 0.5 ? 2 * random() - 0.5 : (random() < 0.7 ? 1 : -1) * 10 ** (2 * random() - 1),
  );
}

/** A starting point with exponents of ordinary size, where no term is lost beside the others. */
export function drawOrdinary(model: Model, loss: Float64Array, random: Random): Float64Array {
  return draw(model, loss, random, () => (random() < 0.5 ? -1 : 1) * (0.3 + random()));
}

function draw(model: Model, loss: Float64Array, random: Random, exponent: () => number): Float64Array {
  const spread = standardDeviation(Array.from(loss)) || 1;
  return Float64Array.from(model.parameters, (_, p) => {
    if (model.plain[p] !== 0)
      return (mean(Array.from(loss)) - 3 * spread * random()) / model.constants / model.plain[p];
    const scales = model.scales[p];
    if (model.isLog[p] && scales.length > 0 && random() < 0.7)
      return scales[Math.floor(scales.length * random())] + 10 * random() - 5;
    if (model.isLog[p]) return Math.log(spread) + 4 * random() - 3;
    return exponent() * model.units[p];
  });
}
