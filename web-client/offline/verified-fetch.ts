import type { FileEntry } from '@sld-edge/runtime';
import { sha256Hex } from '@sld-edge/runtime/format';
import { fetchWhole, isWebPage, StalledError, type FetchOptions, type WholeResponse } from '@sld-edge/runtime/transfer';
import type { FailureCause } from './messages.ts';

/** Reason why a file is not kept; nothing of it was stored. */
export class KeepError extends Error {
  readonly failure: FailureCause;

  constructor(failure: FailureCause, message: string) {
    super(message);
    this.name = 'KeepError';
    this.failure = failure;
  }
}

/** Puts whatever was thrown into our own words for the pages. */
export function failureOf(thrown: unknown): { cause: FailureCause; reason: string } {
  if (thrown instanceof KeepError) return { cause: thrown.failure, reason: thrown.message };
  return { cause: 'unforeseen', reason: `this browser could not keep the page (${String(thrown)})` };
}

/** They describe the transfer, which is over, not the bytes that are stored. */
const TRANSFER_HEADERS = ['content-encoding', 'content-length', 'transfer-encoding'];

/**
 * Fetches a file whole and compares it with its entry: the answer's status, that it is no web page in
 * place of the file, its size and its SHA-256. An HTTP cache may hold another version; one that
 * differs is asked for again past that cache.
 *
 * @returns a response fit to be stored: read to its end, not redirected, with the server's headers (CSP, COOP, COEP)
 * @throws KeepError
 */
export async function fetchVerified(url: string, entry: FileEntry, options: FetchOptions): Promise<Response> {
  const fromCache = await fetchOnce(url, entry, options, 'default');
  if (fromCache instanceof Response) return fromCache;
  // What did not answer at all does not answer past the cache either.
  if (fromCache.failure === 'unreachable') throw fromCache;
  const fresh = await fetchOnce(url, entry, options, 'reload');
  if (fresh instanceof Response) return fresh;
  throw fresh;
}

async function fetchOnce(url: string, entry: FileEntry, options: FetchOptions, cache: RequestCache): Promise<Response | KeepError> {
  let whole: WholeResponse;
  try {
    whole = await fetchWhole(url, { cache }, options);
  } catch (error) {
    const why = error instanceof StalledError ? `: ${error.message}` : '';
    return new KeepError('unreachable', `${entry.path} could not be downloaded${why}`);
  }
  const { response, bytes } = whole;
  if (!response.ok) return new KeepError('refused', `${entry.path}: the server answered ${response.status}`);
  if (isWebPage(response) && !/(\/|\.html)$/.test(entry.path)) {
    return new KeepError('refused', `${entry.path}: the server answered with a web page`);
  }
  const digest = await sha256Hex(bytes);
  if (bytes.length !== entry.bytes || digest !== entry.sha256) {
    return new KeepError('refused', `${entry.path}: expected SHA-256 ${entry.sha256}, came ${digest}`);
  }
  const headers = new Headers(response.headers);
  for (const name of TRANSFER_HEADERS) headers.delete(name);
  return new Response(bytes, { headers });
}

/** @throws KeepError with `quota` where the device has no room */
export async function store(cache: Cache, url: string, response: Response): Promise<void> {
  try {
    await cache.put(url, response);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'QuotaExceededError') {
      throw new KeepError('quota', 'this device has no room left for the page');
    }
    throw error;
  }
}

/**
 * Reads a file that was stored, and deletes it where a byte of it is not the entry's.
 *
 * @returns undefined where it is not there any more, or was damaged
 */
export async function readStored(cache: Cache, url: string, entry: FileEntry): Promise<Response | undefined> {
  const stored = await cache.match(url);
  if (!stored) return undefined;
  const bytes = await stored
    .clone()
    .arrayBuffer()
    .catch(() => new ArrayBuffer(0));
  if (bytes.byteLength === entry.bytes && (await sha256Hex(new Uint8Array(bytes))) === entry.sha256) return stored;
  await cache.delete(url);
  return undefined;
}
