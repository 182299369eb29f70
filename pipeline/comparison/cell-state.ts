/** State of each cell of a grid, read from its folder, from which an interrupted comparison goes on. */
import { join } from 'node:path';
import type { RunData } from '../data/run-data.ts';
import { readCheckpoint } from '../training/checkpoint.ts';
import { firstDifferingSetting } from '../training/run-key.ts';
import { readFailure, readResult, type CellFailure, type CellResult } from './cell-result.ts';
import type { Cell } from './grid.ts';

export type CellState =
  | { kind: 'finished'; result: CellResult }
  /** It diverged before, and would again. */
  | { kind: 'diverged'; failure: CellFailure }
  /** A checkpoint of these settings is there, perhaps of the last epoch. */
  | { kind: 'started'; epochsDone: number }
  | { kind: 'new' }
  /** A result that was made with other settings. */
  | { kind: 'other'; difference: string };

/** @param key `runKey` of the cell */
export function cellState(cell: Cell, key: string, data: Pick<RunData, 'provenance' | 'test' | 'validation'>): CellState {
  const result = readResult(cell);
  const difference = result && firstDifferingSetting(result.key, key);
  if (difference) return { kind: 'other', difference };
  if (result && JSON.stringify(result.data.checksums) !== JSON.stringify(data.provenance.checksums))
    return { kind: 'other', difference: 'the files of the data set changed' };
  // Of so many test images as are asked for now; otherwise the student is measured again.
  if (result && result.test.count === data.test.count && result.validation.count === data.validation.count)
    return { kind: 'finished', result };
  const checkpoint = readCheckpoint(join(cell.folder, 'checkpoint.safetensors'));
  const other = checkpoint && firstDifferingSetting(checkpoint.configuration, key);
  if (other) return { kind: 'other', difference: other };
  const failure = readFailure(cell);
  if (failure?.diverged && failure.key === key) return { kind: 'diverged', failure };
  return checkpoint ? { kind: 'started', epochsDone: checkpoint.epochsDone } : { kind: 'new' };
}
