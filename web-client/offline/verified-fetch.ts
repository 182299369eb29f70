import { sha256Hex, type FileEntry } from '@sld-edge/runtime';
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
export async function fetchVerified(url: string, entry: FileEntry, request: typeof fetch): Promise<Response> {
  const fromCache = await fetchOnce(url, entry, request, 'default');
  if (fromCache instanceof Response) return fromCache;
  const fresh = await fetchOnce(url, entry, request, 'reload');
  if (fresh instanceof Response) return fresh;
  throw fresh;
}

async function fetchOnce(url: string, entry: FileEntry, request: typeof fetch, cache: RequestCache): Promise<Response | KeepError> {
  let response: Response;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    response = await request(url, { cache });
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch {
    return new KeepError('unreachable', `${entry.path} could not be downloaded`);
  }
  if (!response.ok) return new KeepError('refused', `${entry.path}: the server answered ${response.status}`);
  const isPage = /^text\/html/i.test(response.headers.get('content-type') ?? '');
  if (isPage && !/(\/|\.html)$/.test(entry.path)) {
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
