/** The folder of a comparison: the cells' folders, and beside them what is made of them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { comparisonReport } from './report/comparison-report.ts';
import { writeFileAtomic } from '../support/atomic-write.ts';
import { readFailure, readResult, type CellFailure, type CellResult } from './cell-result.ts';
import { caveats, conclusion } from './conclusion.ts';
import type { Cell } from './grid.ts';
import { summarise, type ComparisonSummary, type Grid } from './summary.ts';
import { cellsCsv, markdownTable, methodsCsv } from './tables.ts';

/** Stored grid, as `--report-only` needs it. */
export interface StoredGrid extends Grid {
  name: string;
  baseline: string;
  /** The command that made it. */
  command: string;
  /** Folders of the cells, relative to the comparison's. */
  cells: { label: string; seed: number; folder: string }[];
}

const gridPath = (folder: string): string => join(folder, 'grid.json');

/** The grid of a comparison as it is stored. @param folder the comparison's */
export function storedGrid(
  folder: string,
  about: Pick<StoredGrid, 'name' | 'baseline' | 'command'>,
  grid: Grid,
  cells: readonly Cell[],
): StoredGrid {
  return {
    ...about,
    ...grid,
    cells: cells.map(({ label, seed, folder: cell }) => ({ label, seed, folder: cell.slice(folder.length).replace(/^[\\/]+/, '') })),
  };
}

export const writeGrid = (folder: string, grid: StoredGrid): void =>
  writeFileAtomic(gridPath(folder), `${JSON.stringify(grid, null, 2)}\n`);

/** @throws Error in one line if the folder holds no comparison */
export function readGrid(folder: string): StoredGrid {
  if (!existsSync(gridPath(folder))) throw new Error(`${folder} holds no comparison (no grid.json): name the folder of one with --out`);
  return JSON.parse(readFileSync(gridPath(folder), 'utf8')) as StoredGrid;
}

/** All that is there of a stored grid, in its order. */
export function readCells(folder: string, { cells }: StoredGrid): { results: CellResult[]; failures: CellFailure[] } {
  const folders = cells.map((cell) => ({ folder: join(folder, cell.folder) }));
  const results = folders.flatMap((cell) => readResult(cell) ?? []);
  const failures = folders.flatMap((cell) => (readResult(cell) ? [] : (readFailure(cell) ?? [])));
  return { results, failures };
}

export interface ComparisonReport {
  name: string;
  conclusion: string;
  caveats: string[];
  summary: ComparisonSummary;
}

/** Writes `summary.json`, `methods.csv`, `cells.csv`, `table.md` and `report.html` from what there is so far. */
export function writeReports(
  folder: string,
  grid: StoredGrid,
  results: readonly CellResult[],
  failures: readonly CellFailure[],
): ComparisonReport {
  const inOrder = grid.cells.flatMap(({ label, seed }) => results.find((result) => result.label === label && result.seed === seed) ?? []);
  const summary = summarise(grid, grid.baseline, inOrder, failures);
  const report: ComparisonReport = { name: grid.name, conclusion: conclusion(summary), caveats: caveats(summary, inOrder), summary };
  writeFileAtomic(join(folder, 'summary.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileAtomic(join(folder, 'methods.csv'), methodsCsv(summary));
  writeFileAtomic(join(folder, 'cells.csv'), cellsCsv(inOrder, summary.failures));
  writeFileAtomic(
    join(folder, 'table.md'),
    `${report.conclusion}\n\n${markdownTable(summary)}\n\n${report.caveats.map((line) => `- ${line}\n`).join('')}`,
  );
  const folderOf = (result: CellResult): string =>
    join(folder, grid.cells.find(({ label, seed }) => label === result.label && seed === result.seed)!.folder);
  writeFileAtomic(
    join(folder, 'report.html'),
    comparisonReport({ title: `${grid.name}: ${grid.methods.join(', ')}`, summary, results: inOrder, command: grid.command, folderOf }),
  );
  return report;
}
