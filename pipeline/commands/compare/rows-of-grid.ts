/** The rows of a comparison and its cells, where a search decides what a row is while the grid is worked through. */
import type { CellResult } from '../../comparison/cell-result.ts';
import { storedGrid, type StoredGrid } from '../../comparison/comparison-folder.ts';
import { gridOf, type Cell } from '../../comparison/grid.ts';
import { searchOutcome, type Search } from '../../comparison/search.ts';
import type { ComparisonRow } from '../../configuration/comparison-row.ts';
import { configure } from '../../configuration/configure.ts';
import type { SearchedRow } from '../../configuration/search-space.ts';
import type { Configuration } from '../../configuration/settings.ts';

export interface RowsOfGrid {
  /** Candidates that are trained under the first seed and then chosen from; absent without a search. */
  search?: Search;
  /** Cells of the search; none without one. */
  searchCells: Cell[];
  /** The rows as chosen by what is finished; without a search, as they were asked for. */
  rowsBy(results: readonly CellResult[]): ComparisonRow[];
  /** The cells of these rows under every seed, and before them those of the search. */
  cellsWith(rows: readonly ComparisonRow[]): Cell[];
  /** The same as a grid is stored. @param baseline label of the row as it was asked for */
  gridWith(rows: readonly ComparisonRow[], baseline: string, about: Pick<StoredGrid, 'name' | 'command'>): StoredGrid;
}

/**
 * @param configurations of all candidates, in their order
 * @param isSearch false: each row is its only candidate
 */
export function rowsOfGrid(
  searched: readonly SearchedRow[],
  configurations: readonly Configuration[],
  { seeds, folder, isSearch }: { seeds: readonly number[]; folder: string; isSearch: boolean },
): RowsOfGrid {
  const tried = searched.flatMap(({ candidates }) => candidates);
  const asked = searched.map(({ row }) => row.label);
  const search = isSearch
    ? { seed: seeds[0], rows: searched.map(({ row, candidates }) => ({ row: row.label, tried: candidates.map(({ label }) => label) })) }
    : undefined;
  const cellsOf = (rows: readonly ComparisonRow[], of: readonly number[]): Cell[] =>
    gridOf(rows, of, folder, (row, seed) => configure(configurations[tried.indexOf(row)], { seed }));
  const searchCells = search ? cellsOf(tried, [search.seed]) : [];
  const cellsWith = (rows: readonly ComparisonRow[]): Cell[] =>
    search ? [...searchCells, ...cellsOf(rows, seeds.slice(1))] : cellsOf(rows, seeds);
  return {
    ...(search && { search }),
    searchCells,
    cellsWith,
    rowsBy: (results) =>
      search ? searchOutcome(search, results).rows.map(({ chosen }) => tried.find(({ label }) => label === chosen)!) : tried,
    gridWith(rows, baseline, about) {
      const grid = { methods: rows.map(({ label }) => label), seeds: [...seeds], ...(search && { search }) };
      return storedGrid(folder, { ...about, baseline: rows[asked.indexOf(baseline)].label }, grid, cellsWith(rows));
    },
  };
}
