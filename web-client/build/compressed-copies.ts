import { lstat, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

/** Endings of the copies, as hosts of static files look for them (nginx `brotli_static` and `gzip_static`, Caddy `precompressed`). */
const COPIES = {
  '.br': (bytes: Buffer) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
  '.gz': (bytes: Buffer) => promisify(gzip)(bytes, { level: 9 }),
};

/** A copy is kept if it saves at least a tenth. */
const LARGEST_SHARE = 0.9;

export const isCopy = (name: string): boolean => Object.keys(COPIES).some((ending) => name.endsWith(ending));

/**
 * Writes a Brotli and a gzip copy beside each file of a folder, at the highest quality: there is time for it now, and none while a visitor
 * waits. Source maps have none.
 *
 * @returns bytes of the files that have copies, and of their Brotli copies
 */
export async function writeCompressedCopies(dir: string): Promise<{ files: number; bytes: number; brotliBytes: number }> {
  const total = { files: 0, bytes: 0, brotliBytes: 0 };
  for (const name of (await readdir(dir, { recursive: true })).sort()) {
    const file = path.join(dir, name);
    if (isCopy(name) || name.endsWith('.map') || !(await lstat(file)).isFile()) continue;
    const bytes = await readFile(file);
    const copies = await Promise.all(Object.entries(COPIES).map(async ([ending, compress]) => ({ ending, copy: await compress(bytes) })));
    for (const { ending, copy } of copies) {
      if (copy.length > LARGEST_SHARE * bytes.length) continue;
      await writeFile(file + ending, copy);
      if (ending !== '.br') continue;
      total.files++;
      total.bytes += bytes.length;
      total.brotliBytes += copy.length;
    }
  }
  return total;
}
