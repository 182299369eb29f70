import { DatasetError } from './dataset-error.ts';

/** Time without a single byte after which a source counts as unreachable. */
const STALL_TIMEOUT_MS = 15_000;

/**
 * Downloads a file into memory. The caller checks what came.
 * @throws DatasetError SOURCE_UNREACHABLE in one line: no answer, an error status, a stalled or cut-off transfer.
 */
export async function downloadBytes(url: string, onProgress: (line: string) => void): Promise<Uint8Array> {
  const abort = new AbortController();
  const watchdog = setTimeout(() => abort.abort(new Error(`no byte for ${STALL_TIMEOUT_MS / 1000} s`)), STALL_TIMEOUT_MS);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok || !response.body) throw new Error(`HTTP status ${response.status}`);
    const totalBytes = Number(response.headers.get('content-length') ?? 0);
    onProgress(`downloading ${url}${totalBytes ? ` (${(totalBytes / 1e6).toFixed(1)} MB)` : ''}`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      watchdog.refresh();
    }
    return Buffer.concat(chunks);
  } catch (error) {
    const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
    throw new DatasetError('SOURCE_UNREACHABLE', `${url}: ${cause?.code ?? cause?.message ?? message}`);
  } finally {
    clearTimeout(watchdog);
  }
}
