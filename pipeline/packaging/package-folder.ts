/** A package's folder, read as its consumers read it. */
import { existsSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { ReadFile } from '@sld-edge/runtime';
import { readFolder } from '@sld-edge/runtime/node';

/**
 * Reads paths relative to a package's folder.
 * @throws Error in one line if there is no manifest
 */
export function openPackageFolder(folder: string): ReadFile {
  if (!existsSync(join(folder, 'manifest.json')))
    throw new Error(`${folder} is no package: expected a folder with manifest.json, as models/<name>/<version> is one`);
  return readFolder(folder);
}

/** Every file under the folder, relative to it, with forward slashes, sorted. */
export function filesUnder(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  return files.map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')).sort();
}
