/** `models/index.json`: which packages there are. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FORMAT_VERSION, parseModelIndex, type ModelIndex } from '@sld-edge/runtime';
import { writeFileAtomic } from '../support/atomic-write.ts';
import { acquireLock } from '../support/file-lock.ts';

/** An empty index where there is no file. @throws AppError where the file is broken. */
export function readModelIndex(modelsFolder: string): ModelIndex {
  const path = join(modelsFolder, 'index.json');
  if (!existsSync(path)) return { formatVersion: FORMAT_VERSION, default: '', packages: [] };
  return parseModelIndex(readFileSync(path));
}

/**
 * Puts a package last among those of its name. It becomes the default where there was none, where it is a new version
 * of the default, or where the default was only a quick run and this is not.
 */
export async function addToIndex(modelsFolder: string, entry: ModelIndex['packages'][number]): Promise<void> {
  const path = join(modelsFolder, 'index.json');
  // Read and written under one lock: of two runs that end together neither drops the other's package.
  await using lock = await acquireLock(`${path}.lock`);
  const index = readModelIndex(modelsFolder);
  const others = index.packages.filter(({ name, version }) => name !== entry.name || version !== entry.version);
  // Of a name the newest is served, which is the last.
  const defaultIsQuick = others.findLast(({ name }) => name === index.default)?.quick === true;
  const next: ModelIndex = {
    formatVersion: FORMAT_VERSION,
    default: index.default === '' || (defaultIsQuick && !entry.quick) ? entry.name : index.default,
    packages: [...others, entry],
  };
  lock.assertHeld();
  writeFileAtomic(path, `${JSON.stringify(next, null, 2)}\n`);
}
