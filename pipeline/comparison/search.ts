/** The choice among what a comparison tried for each row: by validation, under one seed. */
import type { CellResult } from './cell-result.ts';

/** Candidates of each row, as the grid states them. */
export interface Search {
  seed: number;
  rows: {
    /** The row as it was asked for. */
    row: string;
    /** Labels of its candidates. */
    tried: string[];
  }[];
}

/** Outcome of a search. */
export interface SearchOutcome {
  seed: number;
  rows: {
    row: string;
    chosen: string;
    /** Top-1 on validation images under the seed of the search; null where there is no result. */
    tried: { label: string; validationTop1: number | null }[];
  }[];
}

/**
 * Chooses each row's candidate of the highest validation top-1 after the last epoch under the search's seed: the first of equals, and the
 * first of all while none is finished.
 */
export function searchOutcome(
  { seed, rows }: Search,
  results: readonly Pick<CellResult, 'label' | 'seed' | 'validation'>[],
): SearchOutcome {
  const top1Of = (label: string): number | null =>
    results.find((result) => result.label === label && result.seed === seed)?.validation.top1 ?? null;
  return {
    seed,
    rows: rows.map(({ row, tried: labels }) => {
      const tried = labels.map((label) => ({ label, validationTop1: top1Of(label) }));
      const best = tried.reduce((best, one) => ((one.validationTop1 ?? -1) > (best.validationTop1 ?? -1) ? one : best));
      return { row, chosen: best.label, tried };
    }),
  };
}
