/**
 * colaw: hardware co-design scaling laws by roofline modelling (arXiv 2602.10377), runnable and audited.
 *
 * An architecture meets a device and a workload to give a latency, meets a law to give a loss, and the frontier is
 * what is left when no other architecture is better at both. What is exported here is public; all else is internal.
 *
 * Examples take for given: `orin`, the device `jetson-agx-orin-64gb`; `setting`, that board with `paperWorkload` and
 * fp16; `qwen`, the architecture of `qwen2.5-0.5b`; `candidates`, `paperCandidates()`, and `points`, those with loss and
 * total latency; `runs`, those of `data/runs-170.csv`, and `fitted`, `await fit(runs)`; `problem`, a regime D2 of width
 * 2,048; `measurements`, those of `data/measured.csv`, `observations` of them, and `comparisons` with the ideal roofline;
 * `frontiers` and `shifts`, by precision and objective.
 *
 * @module
 */

// Architectures: what they are, where they come from, spaces of them.

export {
  type Architecture,
  type ArchitectureTable,
  activationRate,
  gqa,
  kvDimension,
  type Parameters,
  parameters,
  toTable,
  validateArchitecture,
} from './architecture';
export { countSpace } from './count';
export { architecturesCsv, readArchitectures } from './files/architectures';
export {
  dataFile,
  device,
  devices,
  type ExternalTable,
  externalData,
  externalTables,
  type Model,
  model,
  models,
} from './files/data';
export { fromHuggingFace, type HuggingFaceModel } from './huggingface/read';
export { type BuildableModel, toHuggingFace } from './huggingface/write';
export type { LayeredModel, LayerGroup } from './layers';
export { sampleSpace } from './sample';
export { enumerateSpace, paperSpace, type Space, withDepthsAndWidthsBetween } from './space';
export { validateSpace } from './written-space';

// Devices, workloads and the roofline: how fast, how much memory, and what binds.

export { type Device, validateDevice } from './device';
export { analyticLatency, type Coefficients, coefficients, meanContext } from './roofline/analytic';
export { type AttentionForm, attentionForms } from './roofline/costs';
export { kvBytesPerToken, type Memory, memory } from './roofline/memory';
export type { Bound, OperatorCost, Phase, Traffic } from './roofline/phase';
export { idealProfile, type Profile, validateProfile } from './roofline/profile';
export {
  type Latency,
  type LatencyTable,
  rooflineLatencies,
  rooflineLatency,
  type Setting,
} from './roofline/roofline';
export {
  type Precision,
  paperWorkload,
  precisionNames,
  validateWorkload,
  type Workload,
} from './workload';

// Laws: the loss of an architecture, and where it comes from.

export { law } from './files/law';
export { lawDerivative } from './law/derivative';
export {
  architectureVariables,
  CODESIGN_FORMULA,
  type Columns,
  type Law,
  type Loss,
  lawLatex,
  outsideRanges,
  predictLoss,
  predictLosses,
  predictRows,
  validateLaw,
} from './law/law';
export { namedFormulas } from './law/laws';
export {
  paperCandidates,
  RECONSTRUCTION,
  type ReconstructedRun,
  reconstructRuns,
  trainedArchitectures,
} from './law/reconstruct';

// Fits: a law from runs, how sure it is, and which runs would tell more.

export { CHINCHILLA_COLUMNS } from './audit/real-runs';
export { type FittedRouter, fitRouters, ROUTED_BOUNDS, ROUTED_FORM, readRouter } from './audit/routers';
export { type Fit, type FitOptions, fit } from './law/fit/fit';
export { makeProblem, refit } from './law/fit/problem';
export { readRuns } from './law/fit/read-runs';
export type { RunOptions, Runs } from './law/fit/runs';
export { rSquared } from './law/fit/statistics';
export {
  type BootstrapOptions,
  bootstrap,
  type Draw,
  interval,
  parameterIntervals,
  predictDraws,
  predictionBand,
} from './law/uncertainty/bootstrap';
export { compareLaws, type Extrapolation, extrapolate, type LawComparison } from './law/uncertainty/compare';
export { chanceR2, type HeldFit, holdParameter } from './law/uncertainty/held-out';
export { type PlanOptions, planRuns } from './law/uncertainty/plan';
export { type ProfilePoint, profileInterval, profileLikelihood } from './law/uncertainty/profile';

// Frontiers: what no other architecture beats.

export { evaluateArchitectures, type LatencyObjective, latencyObjectives } from './frontier/evaluate';
export { designs, type ExcessLoss, excessLoss } from './frontier/excess-loss';
export {
  bestWithin,
  type FrontierOptions,
  frontier,
  frontierOf,
  hypervolume,
  mergeFrontiers,
  type Point,
} from './frontier/frontier';
export { type Candidate, type SearchOptions, type SearchResult, searchFrontier } from './frontier/search';
export { type BandPoint, frontierBand, frontierProbability } from './frontier/uncertain';

// Theory: the six constrained optima, as printed and exact, and designs from targets.

export { type Design, type DesignRequest, designArchitecture } from './theory/design';
export { estimate, estimates } from './theory/estimate';
export { findOptimum, type Optimum } from './theory/optimum';
export { type PrintedOptimum, printedOptimum } from './theory/printed';
export {
  type Limit,
  limitFormulas,
  lossFormula,
  type Problem,
  type Regime,
  regimeProblem,
  regimes,
} from './theory/regimes';

// Measurements: published latencies, compared and calibrated to.

export { fitProfiles, type ProfileOf, type Weights } from './measured/calibrate';
export { type Calibration, calibrate, type FittedProfile, type HeldOutProfile } from './measured/calibration';
export {
  type Comparison,
  compare,
  type ErrorSummary,
  percentError,
  summariseErrors,
} from './measured/compare';
export { correctedByGroup, medianErrorInterval } from './measured/evidence';
export { type Shift, shiftOf } from './measured/matter';
export { type Measurement, type Observation, observationsOf, type Quantity } from './measured/measurement';
export { floorSeconds } from './measured/predict';
export { calibration, heldOutProfiles, profileNamed } from './measured/profiles';
export { readMeasurements } from './measured/read-measurements';

// Measured by ourselves: one machine, and whether the frontier holds on it.

export type { FrontierCheck, Timed } from './measure/frontier-check';
export { codesignTimes, frontierHere, type MeasuredHere, measuredHere } from './measure/here';

// Robots: vision-language-action models, their stages, and backbones that keep a rate.

export {
  compareVlas,
  engineKind,
  readVlaMeasurements,
  type VlaComparison,
  type VlaMeasurement,
  type VlaQuantity,
  vlaQuantities,
} from './vla/compare';
export { chunkSeconds, type RobotCandidate, robotFrontier, withBackbone } from './vla/design';
export { vla, vlas } from './vla/files';
export { type Stage, type VlaLatency, type VlaSetting, vlaLatency } from './vla/stages';
export { type Vla, validateVla } from './vla/vla';
export { countVla } from './vla/weights';

// The audit: every claim of the paper, checked.

export {
  type AuditedClaim,
  type AuditOptions,
  auditPaper,
  type PaperClaim,
  type Part,
  paperClaims,
} from './audit/audit';
export { claims } from './audit/claims';
export { countVerdicts, type Verdict, verdicts } from './audit/verdict';

// Figures and frames: data in, Plotly figure or data frame out; and how a notebook shows them.

export { type Application, applicationRegions, paperApplications } from './figures/applications';
export { verdictsByPart } from './figures/audit';
export { band, type ChartOptions, chart, ruler, type Series } from './figures/chart';
export { coverageByParameters, coverageByValue } from './figures/coverage';
export { parameterEvolution } from './figures/evolution';
export type { Figure } from './figures/figure';
export { coefficientRatios, fitScatter, profile } from './figures/fit';
export { type Frontiers, frontierPanels } from './figures/frontiers';
export { analyticAgainstRoofline, latencySpread, precisionGain } from './figures/latencies';
export { errorsByGroup, frontierChecked, predictedAgainstMeasured } from './figures/measured';
export { bandwidthReached, decodeParts } from './figures/overhead';
export { parallelArchitectures } from './figures/parallel';
export { referenceComparison } from './figures/reference';
export { robotsAgainstMeasured, stageTimes } from './figures/robot';
export { operatorTimes, rooflineChart } from './figures/roofline';
export { frontierShift } from './figures/shift';
export { axis, colours, logAxis, makeLayout, millisecondsAxis } from './figures/theme';
export { frontierLines, markedFrontier, type NamedFrontier } from './figures/what-if';
export {
  type DataFrame,
  type Dates,
  type Frame,
  type Framed,
  type FrameOrSeries,
  frame,
  type Grouped,
  type Row,
  type Series as DataSeries,
  type Strings,
} from './notebook/frame';
export { show } from './report/display';

// Chance with a seed, and how bad input is refused.

export { selectClaims } from './audit/audit';
export { InputError } from './errors';
export { excessLossByRuns } from './figures/excess-loss';
export { lossByExperts } from './figures/experts';
export { lossesBySeed, residualPanels, trainingCurves } from './figures/training';
export type { Found, Question } from './frontier/question';
export { type Method, type Solution, solve, solveAll } from './frontier/solve';
export type { ReadOptions } from './huggingface/read';
export { lawColumns } from './law/law';
export { asLayers, countParameters } from './layers';
export { errorRows } from './measured/compare';
export { shiftsOf } from './measured/matter';
export { boardProfiles } from './measured/profiles';
export { publishedMeasurements } from './measured/read-measurements';
export { gaussian, permutation, type Random, seededRandom } from './random';
export { sampleOf } from './sample';
export { eachArchitecture, type Rules } from './space';
export { codesign, codesignOutcome } from './train/codesign';
export { tinyBounds, tinyColumns, tinyLaws, tinyRows } from './train/laws';
export { readRunRows, trainingCurve } from './train/runs-table';
export { readTinyRuns } from './train/tiny-runs';
export type { KvPrecision } from './workload';
