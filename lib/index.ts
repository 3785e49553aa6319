/** colaw: hardware co-design scaling laws by roofline modelling (arXiv 2602.10377), runnable and audited. */
export * from './architecture';
export * from './candidates';
export * from './claims';
export * from './data';
export * from './device';
export { InputError } from './errors';
export * from './evaluate';
export * from './figures/coverage';
export * from './figures/figure';
export * from './figures/fit';
export {
  type Application,
  applicationRegions,
  type Frontiers,
  frontierPanels,
  parameterEvolution,
  referenceComparison,
} from './figures/frontiers';
export * from './figures/latencies';
export { operatorTimes, rooflineChart } from './figures/roofline';
export * from './frontier/frontier';
export * from './frontier/search';
export * from './law/fit';
export * from './law/formula';
export * from './law/law';
export * from './law/read-runs';
export * from './law/reconstruct';
export * from './law/runs';
export * from './law/statistics';
export * from './notebook/display';
export * from './random';
export * from './roofline/analytic';
export * from './roofline/costs';
export * from './roofline/memory';
export * from './roofline/roofline';
export * from './roofline/sum';
export * from './space';
export * from './table';
export * from './workload';
