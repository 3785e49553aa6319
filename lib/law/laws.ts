import { CODESIGN_FORMULA } from './law';

/** Parameters that are worth training on U unique tokens by the Chinchilla law, and those of N that exceed them not. */
const SCALE = '(alpha*A/(beta*B))^(1/(alpha + beta))';
const USEFUL = `min(N, ${SCALE}*(U*${SCALE})^(beta/alpha))`;

/**
 * Formulas with names. N are parameters and D tokens throughout.
 *
 * - `codesign`: Eq. 2 of the paper; `depth-width`: a law of the shape alone.
 * - `chinchilla`: Hoffmann et al. 2022 (arXiv 2203.15556), approach 3; `log-sum-exp`: the same for the logarithm of the
 *   loss (`--columns "loss=log(loss)"`) with e = log E, a = log A, b = log B, as it is usually fitted.
 * - `kaplan`: Kaplan et al. 2020 (arXiv 2001.08361), Eq. 1.5.
 * - `routed`: Clark et al. 2022 (arXiv 2202.01169), log-bilinear in N and experts E.
 * - `broken`: Caballero et al. 2022 (arXiv 2210.14891), one break: y falls as x^-c0, and beyond d as x^-(c0 + c1).
 * - `repeated`: Muennighoff et al. 2023 (arXiv 2305.16264), repeats of U unique tokens lose their worth at the rate R;
 *   `data-constrained`: the same law whole, in which parameters beyond what U tokens are worth lose theirs too.
 * - `sparsity`: Abnar et al. 2025 (arXiv 2501.12370), mixtures of which the share S of the parameters is inactive.
 * - `precision`: Kumar et al. 2024 (arXiv 2411.04330), weights trained in P bits; `quantization`: theirs for weights
 *   rounded to P bits after training.
 */
export const namedFormulas: Readonly<Record<string, string>> = {
  codesign: CODESIGN_FORMULA,
  chinchilla: 'E + A/N^alpha + B/D^beta',
  kaplan: '((Nc/N)^(alphaN/alphaD) + Dc/D)^alphaD',
  routed: 'L0 * N^(a + c*log(E)) * E^b',
  'log-sum-exp': 'log(exp(e) + exp(a - alpha*log(N)) + exp(b - beta*log(D)))',
  broken: 'a + b*x^-c0*(1 + (x/d)^(1/f))^(-c1*f)',
  repeated: 'E + A/N^alpha + B/(U + U*R*(1 - exp(-(max(D/U, 1) - 1)/R)))^beta',
  'data-constrained': `E + A/(${USEFUL}*(1 + RN*(1 - exp(-(N/${USEFUL} - 1)/RN))))^alpha + B/(U + U*RD*(1 - exp(-(max(D/U, 1) - 1)/RD)))^beta`,
  sparsity: 'E + A/N^alpha + B/D^beta + C/(1 - S)^lambda + F/((1 - S)^delta*N^gamma)',
  precision: 'E + A/(N*(1 - exp(-P/gamma)))^alpha + B/D^beta',
  quantization: 'E + A/N^alpha + B/D^beta + C*D^gammaD/N^gammaN*exp(-P/gammaP)',
  'depth-width': 'Linf + A/depth^a + B/width^b',
};

/** The formula of that name, or the text itself. */
export function formulaOf(nameOrText: string): string {
  return Object.hasOwn(namedFormulas, nameOrText) ? namedFormulas[nameOrText] : nameOrText;
}
