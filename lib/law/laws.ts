import { CODESIGN_FORMULA } from './law';

/**
 * Formulas with names: `codesign` is Eq. 2 of the paper; `chinchilla` Hoffmann et al. 2022 (arXiv 2203.15556),
 * approach 3; `kaplan` Kaplan et al. 2020 (arXiv 2001.08361), Eq. 1.5; `routed` Clark et al. 2022 (arXiv
 * 2202.01169), log-bilinear in parameters N and experts E; `depth-width` a law of the shape alone.
 */
export const namedFormulas: Readonly<Record<string, string>> = {
  codesign: CODESIGN_FORMULA,
  chinchilla: 'E + A/N^alpha + B/D^beta',
  kaplan: '((Nc/N)^(alphaN/alphaD) + Dc/D)^alphaD',
  routed: 'L0 * N^(a + c*log(E)) * E^b',
  'depth-width': 'Linf + A/depth^a + B/width^b',
};

/** The formula of that name, or the text itself. */
export function formulaOf(nameOrText: string): string {
  return Object.hasOwn(namedFormulas, nameOrText) ? namedFormulas[nameOrText] : nameOrText;
}
