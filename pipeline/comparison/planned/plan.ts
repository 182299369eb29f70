/** A planned grid: every cell with all that another machine needs to train it, and to know that it trains the same. */
import type { TrainingConfiguration } from '../../training/settings.ts';
import { pick } from '../../support/setting.ts';
import { sha256 } from '../../support/sha256.ts';
import type { StoredGrid } from '../comparison-folder.ts';
import type { CellContext } from '../run-cell.ts';
import type { InspectedCell } from '../run-grid.ts';

/** SHA-256 of what a grid reads. */
export interface InputDigests {
  /** Digests of the data's files, by name. */
  data: Readonly<Record<string, string>>;
  /** Identity of the teacher that students are compared with; empty: none. */
  teacher: string;
}

export interface PlannedCell {
  label: string;
  seed: number;
  /** Relative to the comparison's folder. */
  folder: string;
  /** With batch size, replicas and parts of a batch as the planning machine had them. */
  configuration: InspectedCell['cell']['configuration'];
  /** `runKey` of it. */
  key: string;
  inputs: InputDigests;
  /** Names its objects in a store: a digest of key, inputs, number of test images and code. */
  id: string;
}

export interface PlannedGrid extends Omit<StoredGrid, 'cells'> {
  /** Digest of all cells and of how they are compared. */
  id: string;
  /** `codeDigest` of the planning machine. */
  code: string;
  cells: PlannedCell[];
}

/**
 * Plans a grid.
 * @param grid as `storedGrid` makes it
 * @param code `codeDigest`
 */
export function planGrid(grid: StoredGrid, inspected: readonly InspectedCell[], { data, teacher }: CellContext, code: string): PlannedGrid {
  const inputs: InputDigests = { data: data.provenance.checksums, teacher: teacher?.teacher.identity ?? '' };
  const cells = inspected.map(({ cell, key }, i): PlannedCell => {
    const { testLimit } = cell.configuration;
    const id = sha256(JSON.stringify([key, inputs, testLimit, code])).slice(0, 20);
    return { ...grid.cells[i], configuration: { ...cell.configuration, ...resolvedIn(key) }, key, inputs, id };
  });
  const { name, baseline, methods, seeds } = grid;
  const id = sha256(JSON.stringify([name, baseline, methods, seeds, cells.map((cell) => cell.id)])).slice(0, 12);
  return { ...grid, id, code, cells };
}

/** Settings that depend on the machine, as the key has them. */
const resolvedIn = (key: string): Pick<TrainingConfiguration, 'batchSize' | 'replicas' | 'microBatch'> =>
  pick(JSON.parse(key) as TrainingConfiguration, ['batchSize', 'replicas', 'microBatch']);

/** Name of the engine that a cell is trained on: the one that answered when it was planned. */
export const engineIn = (key: string): TrainingConfiguration['engine'] => (JSON.parse(key) as TrainingConfiguration).engine;
