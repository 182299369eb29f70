/** `models/index.json`: which packages there are. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { INDEX_FORMAT_VERSION, type ModelIndex } from '@sld-edge/runtime';
import { parseModelIndex } from '@sld-edge/runtime/format';
import { writeFileAtomic } from '../support/atomic-write.ts';
import { acquireLock } from '../support/file-lock.ts';

/** An empty index if there is no file. @throws AppError where the file is broken. */
export function readModelIndex(modelsFolder: string): ModelIndex {
  const path = join(modelsFolder, 'index.json');
  if (!existsSync(path)) return { formatVersion: INDEX_FORMAT_VERSION, default: '', packages: [] };
  return parseModelIndex(readFileSync(path));
}

/**
 * Puts a package last among those of its name.
 * @param makeDefault it becomes the default; without one it does in any case
 */
export async function addToIndex(modelsFolder: string, entry: ModelIndex['packages'][number], makeDefault: boolean): Promise<void> {
  const path = join(modelsFolder, 'index.json');
  // Read and written under one lock: of two runs that end together neither drops the other's package.
  await using lock = await acquireLock(`${path}.lock`);
  const index = readModelIndex(modelsFolder);
  const others = index.packages.filter(({ name, version }) => name !== entry.name || version !== entry.version);
  const next: ModelIndex = {
    ...index,
    formatVersion: INDEX_FORMAT_VERSION,
    default: makeDefault || index.default === '' ? entry.name : index.default,
    packages: [...others, entry],
  };
  lock.assertHeld();
  writeFileAtomic(path, `${JSON.stringify(next, null, 2)}\n`);
}

/** Says what to type next, and which package answers then where no model is named. */
export function sayServed(modelsFolder: string, name: string, say: (line: string) => void): void {
  const { default: served } = readModelIndex(modelsFolder);
  const folder = modelsFolder === 'models' ? '' : ` -- --models ${modelsFolder}`;
  say(
    served === name
      ? `${name} is the default of ${modelsFolder}: server and page answer with it. Next: npm run deploy${folder}`
      : `${served} stays the default of ${modelsFolder}; ${name} answers at /classify?model=${name} and /?model=${name}, or everywhere with --make-default. Next: npm run deploy${folder}`,
  );
}
