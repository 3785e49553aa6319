/** What the executed notebooks show, gathered from their outputs. */
import { type AuditedClaim, paperClaims } from '../audit/audit';
import type { Figure } from '../figures/figure';
import { AUDIT_MIME, type Cell, type MimeBundle, PLOTLY_MIME } from '../report/format';
import type { Run } from './run';

/** A figure as a notebook holds it. */
export interface PlotlyJson {
  data: Figure['data'];
  layout?: { meta?: { name?: string }; height?: number } & Record<string, unknown>;
}

/** Every MIME bundle that the cells displayed, in order. */
export function bundles(cells: readonly Cell[]): MimeBundle[] {
  return cells
    .flatMap((cell) => cell.outputs ?? [])
    .flatMap((output) => ('data' in output ? [output.data] : []));
}

/** Every claim that the notebooks showed, once, in the order of the list. */
export function collectClaims(runs: readonly Run[]): AuditedClaim[] {
  const shown = runs
    .flatMap(({ notebook }) => bundles(notebook.cells))
    .flatMap((bundle) => (bundle[AUDIT_MIME] as AuditedClaim[] | undefined) ?? []);
  const order = paperClaims().map(({ id }) => id);
  const byId = new Map(shown.map((claim) => [claim.id, claim]));
  return [...byId.values()].sort((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
}

/**
 * Every figure that the notebooks showed, in order. A figure without a name gets its notebook's; a name that is
 * taken gets a number, so that no figure's file replaces another's.
 */
export function collectFigures(runs: readonly Run[]): Figure[] {
  const taken = new Set<string>();
  return runs.flatMap((run) =>
    bundles(run.notebook.cells).flatMap((bundle) => {
      if (bundle[PLOTLY_MIME] === undefined) return [];
      const { data, layout = {} } = bundle[PLOTLY_MIME] as PlotlyJson;
      const wanted = (layout.meta?.name ?? run.name).replaceAll(/[\\/]/g, '-');
      let name = wanted;
      for (let number = 2; taken.has(name); number++) name = `${wanted}-${number}`;
      taken.add(name);
      return [{ name, data, layout }];
    }),
  );
}
