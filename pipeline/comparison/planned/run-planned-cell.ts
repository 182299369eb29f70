/** One cell of a planned grid, by itself: from the stored checkpoint to the stored result. */
import { mkdtempSync, rmSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { distillerOf } from '../../distillers/settings.ts';
import type { Store } from '../../store/store.ts';
import { createProgress } from '../../support/progress.ts';
import { prepareRun } from '../../training/prepare-run.ts';
import { runKey } from '../../training/run.ts';
import { firstDifferingSetting } from '../../training/run-key.ts';
import type { TrainingConfiguration } from '../../training/settings.ts';
import { DivergenceError } from '../../training/train.ts';
import type { CellResult } from '../cell-result.ts';
import { runCell, type CellContext } from '../run-cell.ts';
import { teacherOf } from '../run-grid.ts';
import { packCheckpoint, unpackCheckpoint } from './checkpoint-bundle.ts';
import { engineIn, type PlannedCell, type PlannedGrid } from './plan.ts';
import { getCheckpoint, getFailure, getResult, putCheckpoint, putFailure, putResult } from './stored-cell.ts';

export interface PlannedCellOptions {
  grid: PlannedGrid;
  cell: PlannedCell;
  store: Store;
  /** `codeDigest` of this machine. */
  code: string;
  software: Record<string, string>;
  /** Places of the grid's data and teacher on this machine, where they are others. */
  places: Partial<Pick<TrainingConfiguration, 'data' | 'teacher' | 'teacherPreprocessing'>>;
  say(line: string): void;
}

/** `there`: somebody finished the cell before; `second`: while this one trained, with the same result. */
export type CellOutcome = { kind: 'trained' | 'there' | 'second'; result: CellResult };

/**
 * Trains a cell where the store has no result of it, going on from the store's checkpoint. Two that train one cell at one time end with
 * one result.
 * @throws DivergenceError, which the store then records; Error where this machine's code, data, teacher or engine are not the plan's
 */
export async function runPlannedCell({ grid, cell, store, code, software, places, say }: PlannedCellOptions): Promise<CellOutcome> {
  const there = await getResult(store, cell);
  if (there) return { kind: 'there', result: there.result };
  if (code !== grid.code)
    throw new Error(
      `the grid ${grid.id} was planned by other code (${grid.code.slice(0, 12)}; here ${code.slice(0, 12)}): bring this machine to the planning machine's version, or plan anew`,
    );
  const failed = await getFailure(store, cell);
  if (failed) throw new DivergenceError(`${failed.reason} (found before, and recorded in ${store.place})`);
  const context = await prepared(grid, cell, { software, places });
  const folder = mkdtempSync(join(tmpdir(), 'sld-edge-cell-'));
  const name = `${cell.label} seed ${cell.seed}`;
  const progress = createProgress(name);
  try {
    const resume = restore(await getCheckpoint(store, cell), folder, say);
    const { result, state } = await runCell({ ...cell, folder }, context, {
      key: cell.key,
      resume,
      progress,
      say,
      onSaved: () => putCheckpoint(store, cell, packCheckpoint(folder)),
    });
    const first = await putResult(store, cell, result, state, join(folder, 'student.safetensors'));
    return { kind: first ? 'trained' : 'second', result };
  } catch (error) {
    if (error instanceof DivergenceError)
      await putFailure(store, cell, { label: cell.label, seed: cell.seed, key: cell.key, diverged: true, reason: error.message });
    throw error;
  } finally {
    progress.done();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns whether there is something to go on from; a damaged checkpoint costs its cell's epochs and no more */
function restore(bundle: Uint8Array | undefined, folder: string, say: (line: string) => void): boolean {
  if (!bundle) return false;
  try {
    unpackCheckpoint(bundle, folder);
    return true;
  } catch (error) {
    say(`${(error as Error).message}: this cell starts over`);
    return false;
  }
}

/** @throws Error naming what differs from the plan */
async function prepared(
  grid: PlannedGrid,
  cell: PlannedCell,
  { software, places }: Pick<PlannedCellOptions, 'software' | 'places'>,
): Promise<CellContext> {
  // As on one machine: students of methods without a teacher are compared with it too.
  const needsTeacher = grid.cells.some(({ configuration }) => distillerOf(configuration).needsTeacher);
  const configuration = { ...cell.configuration, ...places, engine: engineIn(cell.key) };
  const { data, engine, teacher } = await prepareRun(configuration, needsTeacher);
  if (!isDeepStrictEqual(data.provenance.checksums, cell.inputs.data))
    throw new Error(`the data (${data.provenance.source}) are not the plan's: their SHA-256 differ; --data names another place`);
  if ((teacher?.teacher.identity ?? '') !== cell.inputs.teacher)
    throw new Error(
      `the teacher (${teacher?.teacher.name ?? 'none'}) is not the plan's: its SHA-256 differs; --teacher names another place`,
    );
  const context = { data, engine, ...(teacher && { teacher, teacherTestLogits: teacher.testLogits }), software };
  const own = teacherOf({ ...cell, folder: '' }, context);
  const key = runKey({ configuration: cell.configuration, engine, teacher: own?.teacher, data });
  const difference = firstDifferingSetting(cell.key, key);
  if (difference) throw new Error(`this machine would train another cell than the plan's (${difference})`);
  return { ...context, teacher: own };
}
