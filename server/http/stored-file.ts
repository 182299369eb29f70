import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Request, Response } from 'express';

/** A file whole in memory: what is sent is what was verified, whatever happens to the folder. */
export interface StoredFile {
  /** Its name's extension, which tells the content type. */
  extension: string;
  sha256: string;
  bytes: Uint8Array;
  /** The file in an encoding, computed once; null if that saves less than a tenth. */
  encoded(encoding: Compression): Promise<Uint8Array | null>;
}

export type Compression = 'br' | 'gzip';

export type CompressedCopies = Partial<Record<Compression, Uint8Array>>;

/** Larger files are sent as they are: compressing them would take seconds, and weights hardly shrink. */
const MAX_COMPRESSED_BYTES = 8 * 1024 ** 2;
/** Brotli's 9 gives 138 kB of the worker's script in 0.06 s; its 11 takes 1.5 s for 127 kB. */
const BROTLI_QUALITY = 9;

const compressors: Record<Compression, (bytes: Uint8Array) => Promise<Uint8Array>> = {
  br: (bytes) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  gzip: (bytes) => promisify(gzip)(bytes),
};

/** @param copies what was compressed before, which is sent as it is */
export function storeFile(extension: string, bytes: Uint8Array, sha256: string, copies: CompressedCopies = {}): StoredFile {
  const results: Partial<Record<Compression, Promise<Uint8Array | null>>> = {};
  const compress = async (encoding: Compression): Promise<Uint8Array | null> => {
    const copy = copies[encoding];
    if (copy) return copy;
    if (bytes.byteLength > MAX_COMPRESSED_BYTES) return null;
    const compressed = await compressors[encoding](bytes);
    return compressed.byteLength <= 0.9 * bytes.byteLength ? compressed : null;
  };
  return { extension, sha256, bytes, encoded: (encoding) => (results[encoding] ??= compress(encoding)) };
}

/**
 * Sends a file in the best encoding that the client takes, or 304. Each encoding has an ETag of its own, the SHA-256
 * with the encoding's name: they are different bytes.
 */
export async function sendFile(request: Request, response: Response, file: StoredFile): Promise<void> {
  // Asked one by one: among equals, the client's order would decide, and browsers name gzip first.
  const encoding = (['br', 'gzip'] as const).find((name) => request.acceptsEncodings(name) === name);
  const compressed = encoding ? await file.encoded(encoding) : null;
  response.vary('Accept-Encoding').type(file.extension);
  if (compressed) response.set({ 'Content-Encoding': encoding, ETag: `"${file.sha256}-${encoding}"` });
  else response.set('ETag', `"${file.sha256}"`);
  // Not copied: `send` takes a Buffer.
  const { buffer, byteOffset, byteLength } = compressed ?? file.bytes;
  response.send(Buffer.from(buffer, byteOffset, byteLength));
}
