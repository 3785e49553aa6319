import { describe, expect, it } from 'vitest';
import { type Architecture, validateArchitecture } from '../../lib/architecture';
import { device } from '../../lib/files/data';
import { law } from '../../lib/files/law';
import { evaluateArchitectures, latencyObjectives } from '../../lib/frontier/evaluate';
import { frontierOf, hypervolume } from '../../lib/frontier/frontier';
import { searchFrontier } from '../../lib/frontier/search';
import { enumerateSpace, paperSpace, withDepthsAndWidthsBetween } from '../../lib/space';
import { paperWorkload } from '../../lib/workload';

const published = law();
const grid = enumerateSpace(paperSpace);
const key = (point: { architecture: Architecture }) => JSON.stringify(point.architecture);

describe('adaptive search', () => {
  for (const id of ['jetson-agx-orin-64gb', 'jetson-orin-nano-8gb'])
    for (const precision of ['fp16', 'int8'] as const)
      it.each(latencyObjectives)(`finds the exhaustive frontier: ${id}, ${precision}, %s`, (objective) => {
        const setting = { device: device(id), workload: paperWorkload, precision };
        const evaluate = (some: Architecture[]) => evaluateArchitectures(some, published, setting, objective);
        const found = searchFrontier(paperSpace, evaluate);
        expect(found.frontier.map(key)).toEqual(frontierOf(evaluate(grid)).map(key));
        expect(found.evaluations).toBeLessThan(grid.length / 3);
      });

  const setting = {
    device: device('jetson-agx-orin-64gb'),
    workload: paperWorkload,
    precision: 'fp16' as const,
  };
  const evaluate = (some: Architecture[]) => evaluateArchitectures(some, published, setting, 'total');

  it('improves on the grid when widths and depths between are allowed, with valid architectures only', () => {
    const between = withDepthsAndWidthsBetween(paperSpace);
    const seen: Architecture[] = [];
    const found = searchFrontier(between, (some) => {
      seen.push(...some);
      return evaluate(some);
    });
    for (const architecture of seen) validateArchitecture(architecture);
    expect(new Set(seen.map((a) => JSON.stringify(a))).size).toBe(found.evaluations);
    const reference = { latencySeconds: 2, loss: 5 };
    expect(hypervolume(found.frontier, reference)).toBeGreaterThan(
      hypervolume(frontierOf(evaluate(grid)), reference),
    );
  });

  it('never loses hypervolume, and repeats itself for the same seed', () => {
    const [first, second] = [
      searchFrontier(paperSpace, evaluate, { seed: 4 }),
      searchFrontier(paperSpace, evaluate, { seed: 4 }),
    ];
    expect([...first.hypervolumes].sort((a, b) => a - b)).toEqual(first.hypervolumes);
    expect(second).toEqual(first);
  });
});
