import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ReadFile } from '@sld-edge/runtime';

/** A `ReadFile` over a folder. The paths were validated to stay inside it. */
export function readFrom(folder: string): ReadFile {
  return async (relativePath) => {
    try {
      return await readFile(path.join(folder, relativePath));
    } catch (error) {
      // Node's message has the path a second time.
      throw new Error((error as NodeJS.ErrnoException).code ?? String(error), { cause: error });
    }
  };
}
