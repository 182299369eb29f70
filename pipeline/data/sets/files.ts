import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DatasetError } from './dataset-error.ts';

/** @throws DatasetError FOLDER_MISSING */
export async function requireFolder(folder: string): Promise<void> {
  const isFolder = await stat(folder).then(
    (s) => s.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new DatasetError('FOLDER_MISSING', `expected a folder with the data set's files, there is none at ${folder}`);
}

/** The file's content, or null when there is no such file. */
export async function readIfThere(folder: string, name: string): Promise<Uint8Array | null> {
  return readFile(join(folder, name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

/** @throws DatasetError FILE_CORRUPT */
export async function unpackGzip(bytes: Uint8Array, name: string): Promise<Uint8Array> {
  try {
    return await promisify(gunzip)(bytes);
  } catch (error) {
    throw new DatasetError('FILE_CORRUPT', `${name} is no whole gzip file (${(error as Error).message})`);
  }
}
