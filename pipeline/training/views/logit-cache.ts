/**
 * Teacher logits of fixed sets of views, in files: one for each (set, view), `[rows, classes]` float32 little-endian, read
 * row by row, so that they may be larger than memory.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { ViewName } from '../../distillers/index.ts';
import { readWhole } from '../../support/whole-io.ts';
import { viewSetOf } from './view-keys.ts';

/** Plain data, so that it can be sent to a worker thread. */
export interface LogitCacheHandle {
  folder: string;
  /** Training images. */
  rows: number;
  classes: number;
  sets: number;
}

export interface LogitCache {
  /** @returns `[views · indices, classes]`, all of the first view first. @throws Error if a file is missing or was cut */
  read(epoch: number, views: readonly ViewName[], indices: Uint32Array): Float32Array;
  close(): void;
}

/** @param set from 1 */
export const logitFile = (folder: string, set: number, view: ViewName): string => join(folder, `set-${set}.${view}.f32`);

export function openLogitCache({ folder, rows, classes, sets }: LogitCacheHandle): LogitCache {
  const files = new Map<string, number>();
  const rowBytes = 4 * classes;

  function open(path: string): number {
    const known = files.get(path);
    if (known !== undefined) return known;
    const file = openSync(path, 'r');
    files.set(path, file);
    const { size } = fstatSync(file);
    if (size !== rows * rowBytes)
      throw new Error(
        `${path} has ${size} bytes; expected ${rows * rowBytes}: ${rows} rows of ${classes} logits. Remove it; it is made again`,
      );
    return file;
  }

  return {
    read(epoch, views, indices) {
      const out = new Float32Array(views.length * indices.length * classes);
      const bytes = new Uint8Array(out.buffer);
      let at = 0;
      for (const view of views) {
        const path = logitFile(folder, viewSetOf(epoch, sets), view);
        const file = open(path);
        for (const index of indices) {
          if (index >= rows || readWhole(file, bytes.subarray(at, at + rowBytes), index * rowBytes) !== rowBytes)
            throw new Error(`${path} has no row ${index}`);
          at += rowBytes;
        }
      }
      return out;
    },
    close() {
      for (const file of files.values()) closeSync(file);
      files.clear();
    },
  };
}
