/** Checks every file of every package in a folder against its manifest, before anyone serves it. */
import { dirname, posix } from 'node:path';
import { loadIndexedManifest, loadModelIndex, packageFiles, readVerified, type Manifest, type ModelIndex } from '@sld-edge/runtime';
import { readFolder } from '@sld-edge/runtime/node';

export interface CheckedPackages {
  index: ModelIndex;
  manifests: Manifest[];
  files: number;
  bytes: number;
}

/**
 * @param onFile gets what was verified, the index among it, with its path relative to the folder
 * @throws AppError naming the first file that is missing, differs or is a symbolic link; Error if there is no package.
 */
export async function checkPackages(
  modelsFolder: string,
  onFile: (path: string, bytes: Uint8Array) => void = () => undefined,
): Promise<CheckedPackages> {
  const index = await loadModelIndex(async (path) => {
    const bytes = await readFolder(modelsFolder)(path);
    onFile(path, bytes);
    return bytes;
  });
  const manifests: Manifest[] = [];
  let files = 0;
  let bytes = 0;
  for (const entry of index.packages) {
    const folder = dirname(entry.manifest.path);
    const read = readFolder(modelsFolder, folder);
    const manifest = await loadIndexedManifest(read, entry);
    onFile(entry.manifest.path, await readVerified(readFolder(modelsFolder), entry.manifest));
    for (const file of packageFiles(manifest)) {
      onFile(posix.join(folder, file.path), await readVerified(read, file));
      files++;
      bytes += file.bytes;
    }
    manifests.push(manifest);
  }
  return { index, manifests, files, bytes };
}
