import {
  device,
  enumerateSpace,
  evaluateArchitectures,
  frontierOf,
  law,
  paperSpace,
  paperWorkload,
  predictLosses,
  rooflineLatencies,
  rooflineLatency,
  searchFrontier,
  toTable,
} from 'colaw';
import { bench, describe } from 'vitest';

// The built package is measured, as users run it. One operation is one pass over the 8,160 architectures of the paper's space, so that
// architectures per second = 8,160 × hz. The paper: 50,000 in about 20 minutes, or 42 a second.
const space = enumerateSpace(paperSpace);
const table = toTable(space);
const published = law();
const fp16 = { device: device('jetson-agx-orin-64gb'), workload: paperWorkload, precision: 'fp16' as const };

describe('8,160 architectures', () => {
  bench('total latency, batch form, fp16', () => {
    rooflineLatencies(table, fp16);
  });
  bench('total latency, batch form, int8', () => {
    rooflineLatencies(table, { ...fp16, precision: 'int8' });
  });
  bench('total latency, one by one with operators', () => {
    for (const architecture of space) rooflineLatency(architecture, fp16);
  });
  bench('loss', () => {
    predictLosses(published, space);
  });
  bench('loss, latency and frontier', () => {
    frontierOf(evaluateArchitectures(space, published, fp16, 'total'));
  });
  bench('adaptive search', () => {
    searchFrontier(paperSpace, (some) => evaluateArchitectures(some, published, fp16, 'total'));
  });
});
