import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { AppError } from '@sld-edge/runtime';
import type { RequestHandler } from 'express';
import { ConfigError } from '../config.ts';
import { setStyleHashes } from '../http/security-headers.ts';
import { sendFile, storeFile, type CompressedCopies, type Compression, type StoredFile } from '../http/stored-file.ts';

/** `assets/index-B7x2k_9Q.js`: the bundler puts a hash of the content into the name. */
const HASHED = /^\/assets\/([\w-]+\/)*[^/]+-[\w-]{8,}\.\w+$/;
/** The built client has 2.2 MB, with its compressed copies 3.5 MB. */
const MAX_CLIENT_BYTES = 64 * 1024 ** 2;

/**
 * The built web client, as it was at the start: a build that replaces it meanwhile is served after the next start,
 * whole. What has a hash in its name is cached for ever, everything else (index.html, sw.js, icons) is asked for again
 * each time. A file that is not there falls through to 404: a page in place of an asset would be cached as the asset.
 * Copies that the build has compressed (`.br`, `.gz`) are sent in place of their files, and have no address of their own.
 *
 * @throws ConfigError if the folder holds more than a client, or a copy that is not its file's
 */
export function clientFiles(clientDir: string): RequestHandler {
  const files = readClient(clientDir);
  const styles = inlineStyles(files);
  return function serveClient(request, response, next) {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    const requested = decodePath(request.path).replace(/\/$/, '/index.html');
    const file = files.get(requested);
    if (!file) return next();
    response.set('Cache-Control', HASHED.test(requested) ? 'public, max-age=31536000, immutable' : 'no-cache');
    if (styles.has(requested)) setStyleHashes(response, styles.get(requested)!);
    return sendFile(request, response, file);
  };
}

function decodePath(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch (error) {
    throw new AppError('REQUEST_MALFORMED', { reason: `the path "${encoded}" has an invalid escape` }, { cause: error });
  }
}

const COPIES: readonly [ending: string, encoding: Compression, decompress: (bytes: Uint8Array) => Uint8Array][] = [
  ['.br', 'br', brotliDecompressSync],
  ['.gz', 'gzip', gunzipSync],
];

/** Reads the page's files, by path, `/assets/…`. Neither hidden files nor symbolic links are among them. */
function readClient(clientDir: string): Map<string, StoredFile> {
  const contents = new Map<string, Buffer>();
  let total = 0;
  for (const entry of readdirSync(clientDir, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const url = `/${path.relative(clientDir, file).split(path.sep).join('/')}`;
    if (!entry.isFile() || url.includes('/.')) continue;
    const bytes = readFileSync(file);
    total += bytes.length;
    if (total > MAX_CLIENT_BYTES)
      throw new ConfigError(`CLIENT_DIR: expected a built client of at most ${MAX_CLIENT_BYTES} bytes, got more in ${clientDir}`);
    contents.set(url, bytes);
  }
  const files = new Map<string, StoredFile>();
  for (const [url, bytes] of contents) {
    if (COPIES.some(([ending]) => url.endsWith(ending) && contents.has(url.slice(0, -ending.length)))) continue;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    files.set(url, storeFile(path.extname(url), bytes, sha256, copiesOf(url, bytes, contents)));
  }
  return files;
}

/** A copy that another build left would be sent in place of the file: each is compared with it. */
function copiesOf(url: string, bytes: Buffer, contents: ReadonlyMap<string, Buffer>): CompressedCopies {
  const copies: CompressedCopies = {};
  for (const [ending, encoding, decompress] of COPIES) {
    const copy = contents.get(url + ending);
    if (!copy) continue;
    if (!isCopyOf(bytes, () => decompress(copy)))
      throw new ConfigError(
        `CLIENT_DIR: ${url.slice(1)}${ending} is not ${url.slice(1)} compressed; build the client again: npm run build`,
      );
    copies[encoding] = copy;
  }
  return copies;
}

function isCopyOf(bytes: Buffer, decompress: () => Uint8Array): boolean {
  try {
    return bytes.equals(decompress());
  } catch {
    return false;
  }
}

/** Hashes of the styles that pages hold, by path, as a Content-Security-Policy names them. */
function inlineStyles(files: ReadonlyMap<string, StoredFile>): Map<string, string[]> {
  const pages = [...files].filter(([, { extension }]) => extension === '.html');
  return new Map(
    pages.map(([url, { bytes }]) => {
      const styles = [
        ...Buffer.from(bytes)
          .toString('utf8')
          .matchAll(/<style>([^]*?)<\/style>/g),
      ];
      return [url, styles.map(([, style]) => `'sha256-${createHash('sha256').update(style).digest('base64')}'`)];
    }),
  );
}
