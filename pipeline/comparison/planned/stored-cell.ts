/** Objects of a grid and of its cells in a store. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { NetworkState } from '../../networks/state.ts';
import { getBlob, putBlob } from '../../store/blobs.ts';
import type { Store } from '../../store/store.ts';
import { omit, pick } from '../../support/setting.ts';
import { sha256 } from '../../support/sha256.ts';
import type { CellFailure, CellResult } from '../cell-result.ts';
import type { PlannedCell, PlannedGrid } from './plan.ts';

/** `result.json` of a cell in a store. */
export interface StoredResult {
  /** SHA-256 of the weights and of everything in the result that is no time and no version. */
  digest: string;
  /** Blob of `student.safetensors`. */
  student: string;
  result: CellResult;
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value)}\n`);
const gridName = (id: string): string => `grids/${id}.json`;
const nameOf = ({ id }: Pick<PlannedCell, 'id'>, object: string): string => `cells/${id}/${object}`;

async function getJson<T>(store: Store, name: string): Promise<T | undefined> {
  const bytes = await store.get(name);
  if (!bytes) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as T;
  } catch (error) {
    throw new Error(`${name} in ${store.place} is not JSON: remove it`, { cause: error });
  }
}

export const putGrid = async (store: Store, grid: PlannedGrid): Promise<void> => store.put(gridName(grid.id), encode(grid));
export const getGrid = (store: Store, id: string): Promise<PlannedGrid | undefined> => getJson(store, gridName(id));

export const getResult = (store: Store, cell: Pick<PlannedCell, 'id'>): Promise<StoredResult | undefined> =>
  getJson(store, nameOf(cell, 'result.json'));
export const getFailure = (store: Store, cell: Pick<PlannedCell, 'id'>): Promise<CellFailure | undefined> =>
  getJson(store, nameOf(cell, 'failure.json'));
export const putFailure = async (store: Store, cell: PlannedCell, failure: CellFailure): Promise<void> =>
  store.put(nameOf(cell, 'failure.json'), encode(failure));

export const getStudent = (store: Store, { student }: StoredResult): Promise<Uint8Array> => getBlob(store, student);

export const getCheckpoint = (store: Store, cell: PlannedCell): Promise<Uint8Array | undefined> => store.get(nameOf(cell, 'checkpoint'));
export const putCheckpoint = (store: Store, cell: PlannedCell, bundle: Uint8Array): Promise<void> =>
  store.put(nameOf(cell, 'checkpoint'), bundle);

/**
 * Writes a result if the cell has none. The student comes first: a result promises it.
 * @returns whether it was the first
 * @throws Error where another result is there, of other weights or figures
 */
export async function putResult(
  store: Store,
  cell: PlannedCell,
  result: CellResult,
  weights: NetworkState,
  studentPath: string,
): Promise<boolean> {
  const digest = resultDigest(result, weights);
  const before = await getResult(store, cell);
  if (!before) {
    const student = await putBlob(store, readFileSync(studentPath));
    if (await store.putIfAbsent(nameOf(cell, 'result.json'), encode({ digest, student, result } satisfies StoredResult))) return true;
  }
  const { digest: first } = before ?? (await getResult(store, cell))!;
  if (first !== digest)
    throw new Error(
      `${cell.label} seed ${cell.seed} was trained twice, with different results: ${store.place} holds ${nameOf(cell, 'result.json')} of digest ${first.slice(0, 16)}, this machine made ${digest.slice(0, 16)}; the first is kept. The machines compute differently, or one of them wrongly`,
    );
  return false;
}

/** @returns SHA-256 of weights and figures; times, versions, names and the engine's description are left out */
export function resultDigest(result: CellResult, weights: NetworkState): string {
  const hash = createHash('sha256');
  for (const [name, { shape, data }] of weights)
    hash.update(`${name} ${shape.join('x')}\0`).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const { data, teacher, epochs, ...rest } = omit(result, ['seconds', 'imagesPerSecond', 'engine', 'software']);
  const figures = {
    ...rest,
    // What they are, not how they are called here.
    data: pick(data, ['checksums', 'counts']),
    teacher: teacher && omit(teacher, ['name']),
    epochs: epochs.map((epoch) => omit(epoch, ['seconds', 'imagesPerSecond', 'tensors'])),
  };
  return sha256(`${hash.digest('hex')}${JSON.stringify(figures)}`);
}
