/** Checks every file of every package in a folder against its manifest, before anyone serves it. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loadIndexedManifest, loadModelIndex, packageFiles, readVerified, type Manifest, type ModelIndex } from '@sld-edge/runtime';

export interface CheckedPackages {
  index: ModelIndex;
  manifests: Manifest[];
  files: number;
  bytes: number;
}

/** @throws AppError naming the first file that is missing or differs; Error where there is no package. */
export async function checkPackages(modelsFolder: string): Promise<CheckedPackages> {
  const index = await loadModelIndex((path) => readFile(join(modelsFolder, path)));
  const manifests: Manifest[] = [];
  let files = 0;
  let bytes = 0;
  for (const entry of index.packages) {
    const read = (path: string): Promise<Uint8Array> => readFile(join(modelsFolder, dirname(entry.manifest.path), path));
    const manifest = await loadIndexedManifest(read, entry);
    for (const file of packageFiles(manifest)) {
      await readVerified(read, file);
      files++;
      bytes += file.bytes;
    }
    manifests.push(manifest);
  }
  return { index, manifests, files, bytes };
}
