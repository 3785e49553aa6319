import { type Architecture, activationRate, kvDimension } from '../architecture';
import { gaussian, permutation, seededRandom } from '../random';
import { sampleSpace } from '../sample';
import { enumerateSpace, paperSpace } from '../space';
import { type Law, predictLosses } from './law';

/** Counts and seeds of the reconstruction. The counts are the paper's; the seed is the paper's arXiv number. */
export const RECONSTRUCTION = {
  candidates: 1942,
  runs: 170,
  training: 138,
  /** Training R² of the paper's fit (Figure 4). */
  r2: 0.975,
  seed: 260210377,
} as const;

/** A run of the reconstruction. */
export interface ReconstructedRun {
  architecture: Architecture;
  loss: number;
  split: 'train' | 'validation';
}

/**
 * The 1,942 candidates: as many as the paper evaluates, drawn from its space; how it chose them is not published.
 *
 * @example paperCandidates().length // 1942
 */
export function paperCandidates(): Architecture[] {
  return sampleSpace(enumerateSpace(paperSpace), RECONSTRUCTION.candidates, RECONSTRUCTION.seed);
}

/**
 * The 170 architectures that stand for the trained ones, drawn from the candidates.
 *
 * @example trainedArchitectures().length // 170
 */
export function trainedArchitectures(): Architecture[] {
  return sampleSpace(paperCandidates(), RECONSTRUCTION.runs, RECONSTRUCTION.seed + 1);
}

/**
 * The 170 runs, reconstructed: the paper's losses are not public, so these are its published law at our 170
 * architectures plus Gaussian noise. Its variance σ² makes the expected training R² of an 11-parameter fit to
 * n rows equal the paper's: with S = Σ(law − mean)², E[SSE] = σ²(n − 11) and E[SST] = S + σ²(n − 1), so
 * σ² = (1 − R²) S / ((n − 11) − (1 − R²)(n − 1)).
 *
 * @example reconstructRuns(law()).length // 170
 */
export function reconstructRuns(published: Law): ReconstructedRun[] {
  const { runs, training, r2, seed } = RECONSTRUCTION;
  const architectures = trainedArchitectures();
  const clean = predictLosses(published, architectures);
  const random = seededRandom(seed + 2);
  const isTraining = new Set(permutation(runs, random).slice(0, training));
  const trained = clean.filter((_, i) => isTraining.has(i));
  const mean = trained.reduce((sum, loss) => sum + loss, 0) / training;
  const signal = trained.reduce((sum, loss) => sum + (loss - mean) ** 2, 0);
  const free = training - Object.keys(published.parameters).length;
  const sigma = Math.sqrt(((1 - r2) * signal) / (free - (1 - r2) * (training - 1)));
  return architectures.map((architecture, i) => ({
    architecture,
    loss: clean[i] + sigma * gaussian(random),
    split: isTraining.has(i) ? 'train' : 'validation',
  }));
}

/** `data/runs-170.csv` as text; losses to 6 decimals, so that every machine writes the same bytes. */
export function runsCsv(runs: readonly ReconstructedRun[]): string {
  const header =
    'depth,width,heads,headDim,kvHeads,ffnRatio,experts,activeExperts,activationRate,kvDimension,loss,split';
  const rows = runs.map(({ architecture: a, loss, split }) =>
    [
      ...[a.depth, a.width, a.heads, a.headDim, a.kvHeads, a.ffnRatio, a.experts, a.activeExperts],
      ...[activationRate(a), kvDimension(a), loss.toFixed(6), split],
    ].join(','),
  );
  const comment = [
    '# RECONSTRUCTION, not measurements: the paper (arXiv 2602.10377) does not publish its 170 losses.',
    '# Loss = published law (Eq. 15) at 170 architectures + seeded Gaussian noise; see lib/law/reconstruct.ts.',
  ];
  return `${[...comment, header, ...rows].join('\n')}\n`;
}
