/** The data sets, by the name that `--data` takes. Adding one is a file and a line here. */
import { resolve } from 'node:path';
import { defaultCacheDir } from '../../support/cache-dir.ts';
import { cifar10, cifar100 } from './cifar.ts';
import type { Dataset, DatasetDefinition, OpenDatasetOptions } from './dataset.ts';
import { DatasetError } from './dataset-error.ts';
import { fashionMnist } from './fashion-mnist.ts';
import { folder as folderOfImages } from './folder.ts';

export const datasets: Readonly<Record<string, DatasetDefinition>> = {
  'fashion-mnist': fashionMnist,
  cifar10,
  cifar100,
  folder: folderOfImages,
};

const DEFAULT_MAX_UNREADABLE = 0.01;

/**
 * Opens a data set: from the folder named after a colon, else from the cache, else from its sources.
 * @param spec `name` or `name:folder`; a relative folder is relative to the working directory.
 * @throws DatasetError in one line; the cache keeps only whole, checked files.
 */
export async function openDataset(spec: string, options: OpenDatasetOptions = {}): Promise<Dataset> {
  const [, name, folder] = /^([^:]*)(?::(.*))?$/s.exec(spec)!;
  const definition = Object.hasOwn(datasets, name) ? datasets[name] : undefined;
  if (!definition)
    throw new DatasetError(
      'DATASET_UNKNOWN',
      `unknown data set "${name}"; allowed: ${Object.keys(datasets).join(', ')}, each with an optional :folder`,
    );
  if (folder === '')
    throw new DatasetError(
      'FOLDER_MISSING',
      `"${spec}" names no folder after the colon; expected ${name}:/path/to/folder or ${name} alone`,
    );
  return definition.open(folder === undefined ? null : resolve(folder), {
    cacheDir: options.cacheDir ?? defaultCacheDir(),
    onProgress: options.onProgress ?? (() => {}),
    imageSize: options.imageSize ?? 0,
    cropRatio: options.cropRatio ?? 1,
    viewSide: options.viewSide ?? 0,
    maxUnreadable: options.maxUnreadable ?? DEFAULT_MAX_UNREADABLE,
  });
}

export type { Dataset, DatasetDefinition, ImageSet, OpenDatasetOptions } from './dataset.ts';
export { DatasetError } from './dataset-error.ts';
export { splitValidation } from './split.ts';
