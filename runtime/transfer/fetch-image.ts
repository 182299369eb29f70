import { AppError } from '../errors/catalogue.ts';
import { DEFAULT_LIMITS } from '../image/limits.ts';
import { fetchWhole, type FetchOptions, type WholeResponse } from './fetch-whole.ts';

/**
 * Fetches an encoded picture, of at most as many bytes as the image policy takes.
 *
 * @throws AppError NETWORK_FAILED, with what the server answered or that it may not be read from here; IMAGE_TOO_LARGE; STOPPED
 */
export async function fetchImage(url: URL, { signal, request, stallMs }: FetchOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
  const { maxBytes } = DEFAULT_LIMITS;
  const tooLarge = new AppError('IMAGE_TOO_LARGE', { maxBytes });
  const controller = new AbortController();
  const stop = (): void => controller.abort(new AppError('STOPPED', {}, { cause: signal!.reason }));
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop);
  let come = 0;
  const onBytes = (bytes: number): void => {
    come += bytes;
    if (come > maxBytes) controller.abort(tooLarge);
  };
  let whole: WholeResponse;
  try {
    whole = await fetchWhole(url.href, {}, { request, stallMs, signal: controller.signal, onBytes });
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const crossing = typeof location === 'undefined' || url.origin === location.origin ? '' : ', or that site does not allow it (CORS)';
    throw failed(url, `${cause instanceof Error ? cause.message : String(cause)}${crossing}`, cause);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
  if (!whole.response.ok) throw failed(url, `the server answered ${whole.response.status}`);
  return whole.bytes;
}

/** An address may be a long one, of data. */
const failed = (url: URL, reason: string, cause?: unknown): AppError =>
  new AppError('NETWORK_FAILED', { reason: `${url.href.slice(0, 200)}: ${reason}` }, { cause });
