import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '@sld-edge/runtime';
import type { RequestHandler } from 'express';
import { ConfigError } from '../config.ts';
import { sendFile, storeFile, type StoredFile } from '../http/stored-file.ts';

/** `assets/index-B7x2k_9Q.js`: the bundler puts a hash of the content into the name. */
const HASHED = /^\/assets\/[^/]+-[\w-]{8,}\.\w+$/;
/** The built client has 2.2 MB. */
const MAX_CLIENT_BYTES = 64 * 1024 ** 2;

/**
 * The built web client, as it was at the start: a build that replaces it meanwhile is served after the next start,
 * whole. What has a hash in its name is cached for ever, everything else (index.html, sw.js, icons) is asked for again
 * each time. A file that is not there falls through to 404: a page in place of an asset would be cached as the asset.
 *
 * @throws ConfigError if the folder holds more than a client
 */
export function clientFiles(clientDir: string): RequestHandler {
  const files = readClient(clientDir);
  return function serveClient(request, response, next) {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    const requested = decodePath(request.path).replace(/\/$/, '/index.html');
    const file = files.get(requested);
    if (!file) return next();
    response.set('Cache-Control', HASHED.test(requested) ? 'public, max-age=31536000, immutable' : 'no-cache');
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

/** Reads the page's files, by path, `/assets/…`. Neither hidden files nor symbolic links are among them. */
function readClient(clientDir: string): Map<string, StoredFile> {
  const files = new Map<string, StoredFile>();
  let total = 0;
  for (const entry of readdirSync(clientDir, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const url = `/${path.relative(clientDir, file).split(path.sep).join('/')}`;
    if (!entry.isFile() || url.includes('/.')) continue;
    const bytes = readFileSync(file);
    total += bytes.length;
    if (total > MAX_CLIENT_BYTES)
      throw new ConfigError(`CLIENT_DIR: expected a built client of at most ${MAX_CLIENT_BYTES} bytes, got more in ${clientDir}`);
    files.set(url, storeFile(path.extname(file), bytes, createHash('sha256').update(bytes).digest('hex')));
  }
  return files;
}
