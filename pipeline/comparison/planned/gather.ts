/** Brings what a store has of a planned grid into the folder of a comparison. */
import { join } from 'node:path';
import type { Store } from '../../store/store.ts';
import { writeFileAtomic } from '../../support/atomic-write.ts';
import { readResult, writeFailure, writeResult } from '../cell-result.ts';
import { readCells, writeGrid, writeReports, type ComparisonReport } from '../comparison-folder.ts';
import type { PlannedCell, PlannedGrid } from './plan.ts';
import { getFailure, getResult, getStudent } from './stored-cell.ts';

/**
 * Writes results, students and failures of the grid's cells, then the report of what is there.
 * @param folder of the comparison; what it holds of other cells stays
 */
export async function gatherGrid(grid: PlannedGrid, store: Store, folder: string): Promise<ComparisonReport> {
  for (const cell of grid.cells) await gatherCell(cell, store, join(folder, cell.folder));
  writeGrid(folder, grid);
  const { results, failures } = readCells(folder, grid);
  return writeReports(folder, grid, results, failures);
}

async function gatherCell(cell: PlannedCell, store: Store, folder: string): Promise<void> {
  const own = readResult({ folder });
  if (own?.key === cell.key && own.configuration.testLimit === cell.configuration.testLimit) return;
  const stored = await getResult(store, cell);
  if (stored) {
    // The student first: a result that is there promises that the rest is.
    writeFileAtomic(join(folder, 'student.safetensors'), await getStudent(store, stored));
    return writeResult({ folder }, stored.result);
  }
  const failure = await getFailure(store, cell);
  if (failure) writeFailure({ folder }, failure);
}
