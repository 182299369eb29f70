import { readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { ReadFile } from '../package/read-verified.ts';

/**
 * A `ReadFile` over a folder, or over one inside it. Symbolic links below `root` are not followed, so that nothing
 * outside it is ever read; `root` itself may be one. Paths are those of a validated manifest or index.
 */
export function readFolder(root: string, inside = ''): ReadFile {
  return async (relativePath) => {
    const below = path.join(inside, relativePath);
    try {
      const file = path.join(await realpath(root), below);
      if ((await realpath(file)) !== file) throw new Error('a symbolic link, which is not followed; put the file itself there');
      return await readFile(file);
    } catch (error) {
      // Node's message has the path a second time.
      throw new Error((error as NodeJS.ErrnoException).code ?? (error as Error).message, { cause: error });
    }
  };
}
