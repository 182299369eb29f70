import { stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { invalidOption } from '../classifier/call-options.ts';
import { loadModelIndex, loadPackage } from '../package/load.ts';
import { fetchModel } from '../transfer/fetch-model.ts';
import { entryOf, type FetchedPackage } from '../transfer/fetch-package.ts';
import { keeping } from '../transfer/keeping.ts';
import { folderStore } from './folder-store.ts';
import type { NodeLoadOptions } from './load-options.ts';
import { readFolder } from './read-folder.ts';

type Read = Pick<FetchedPackage, 'pkg' | 'packageUrl'> & { notKept: string | null };

/**
 * Reads the package at a path or an address, every file verified.
 *
 * @param source path or URL of a package's folder or its `manifest.json`, or of a folder of packages or its `index.json`
 * @throws AppError as `fetchPackage`, PACKAGE_FILE_MISSING for a path where there is none
 */
export async function readModel(source: string | URL, options: NodeLoadOptions): Promise<Read> {
  const address = String(source);
  if (!/^https?:\/\//i.test(address)) {
    const file = address.startsWith('file:') ? fileURLToPath(address) : path.resolve(address);
    if (options.cache !== undefined) invalidOption('cache', 'left out: the files lie in a folder', options.cache);
    return { ...(await readPath(file, options)), notKept: null };
  }
  const { model = '', variant = '', cache, signal, onProgress } = options;
  const kept = cache === undefined ? undefined : keeping(folderStore(cache, [address, model, variant].join(' ')), fetch);
  const fetched = await fetchModel(address, options, { request: kept?.request, signal, onProgress });
  return { ...fetched, notKept: (await kept?.settle()) ?? null };
}

async function readPath(file: string, { model, variant, manifestSha256 }: NodeLoadOptions): Promise<Omit<Read, 'notKept'>> {
  const name = path.basename(file);
  const isDocument = name === 'manifest.json' || name === 'index.json';
  const folder = isDocument ? path.dirname(file) : file;
  const isIndex = isDocument
    ? name === 'index.json'
    : !(await exists(path.join(folder, 'manifest.json'))) && (await exists(path.join(folder, 'index.json')));
  if (!isIndex) {
    if (model !== undefined) invalidOption('model', 'left out: the folder is that of one package', model);
    const pkg = await loadPackage(readFolder(folder), { variant, expectedManifestSha256: manifestSha256 });
    return { pkg, packageUrl: pathToFileURL(path.join(folder, path.sep)).href };
  }
  const entry = entryOf(await loadModelIndex(readFolder(folder)), { model, manifestSha256 });
  const inside = path.dirname(entry.manifest.path);
  const pkg = await loadPackage(readFolder(folder, inside), { variant, indexEntry: entry });
  return { pkg, packageUrl: pathToFileURL(path.join(folder, inside, path.sep)).href };
}

const exists = async (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );
