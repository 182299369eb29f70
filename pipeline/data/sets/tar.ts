import { DatasetError } from './dataset-error.ts';

const BLOCK_BYTES = 512;

/**
 * Regular files of a tar archive (POSIX ustar, IEEE Std 1003.1 "pax"; long names are not needed by the archives read here).
 * @returns content by path in the archive; views into `bytes`.
 * @throws DatasetError FILE_CORRUPT when the archive is cut off.
 */
export function readTar(bytes: Uint8Array, name: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const text = (from: number, length: number) =>
    Buffer.from(bytes.subarray(from, from + length))
      .toString('latin1')
      .replace(/\0.*$/s, '');
  for (let at = 0; at + BLOCK_BYTES <= bytes.length && bytes[at] !== 0;) {
    const size = parseInt(text(at + 124, 12).trim(), 8);
    const start = at + BLOCK_BYTES;
    if (!Number.isInteger(size) || start + size > bytes.length) throw new DatasetError('FILE_CORRUPT', `${name} is no whole tar archive`);
    const type = text(at + 156, 1);
    if (type === '0' || type === '') files.set(text(at, 100), bytes.subarray(start, start + size));
    at = start + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return files;
}
