/** A package's folder, read as its consumers read it. */
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { ReadFile } from '@sld-edge/runtime';

/**
 * Reads paths relative to a package's folder.
 * @throws Error in one line where there is no manifest
 */
export function openPackageFolder(folder: string): ReadFile {
  if (!existsSync(join(folder, 'manifest.json'))) throw new Error(`${folder} is no package: expected a folder with manifest.json, as models/<name>/<version> is one`);
  return async (path) => {
    try {
      return await readFile(join(folder, path));
    } catch (error) {
      // Node's message has the path a second time.
      throw new Error((error as NodeJS.ErrnoException).code ?? String(error), { cause: error });
    }
  };
}

/** Every file under the folder, relative to it, with forward slashes, sorted. */
export function filesUnder(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  return files.map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')).sort();
}
