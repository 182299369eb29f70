/** Downloads of large files: onto disk as they come, and continued where they were cut off. */
import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { writeWhole } from '../../support/whole-io.ts';

/** Time without a single byte after which a transfer counts as cut off. */
const STALL_TIMEOUT_MS = 15_000;
/** Attempts of one call. Each must bring something, or the next is not made. */
const ATTEMPTS = 5;

/** Told now and then: bytes on disk, and of the whole file; 0 if the server does not say. */
export type OnBytes = (doneBytes: number, totalBytes: number) => void;

/** The server's answer is no file: asking again would bring the same. */
class RefusedByServer extends Error {}

/**
 * Brings what is missing of a file. What `target` holds of an earlier attempt is kept and continued, where the server can.
 * Redirections are followed. The caller checks the content.
 * @throws Error in one line: no answer, an error status, or a transfer that was cut off; what came stays in `target`
 */
export async function downloadToFile(url: string, target: string, onBytes: OnBytes = () => {}): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const before = sizeOf(target);
    try {
      return await transfer(url, target, before, onBytes);
    } catch (error) {
      const after = sizeOf(target);
      if (error instanceof RefusedByServer) throw new Error(`${url}: ${error.message}`, { cause: error });
      if (after <= before || attempt === ATTEMPTS)
        throw new Error(
          `${url}: ${reasonOf(error)}${after > 0 ? `, after ${after} bytes, which are kept: the next attempt continues there` : ''}`,
          { cause: error },
        );
    }
  }
}

/** One request for what lies behind `before`. */
async function transfer(url: string, target: string, before: number, onBytes: OnBytes): Promise<void> {
  const abort = new AbortController();
  const watchdog = setTimeout(() => abort.abort(new Error(`no byte for ${STALL_TIMEOUT_MS / 1000} s`)), STALL_TIMEOUT_MS);
  try {
    // Compressed on the way, a file would have another length and no place to continue at.
    const headers = { 'accept-encoding': 'identity', ...(before > 0 && { range: `bytes=${before}-` }) };
    const response = await fetch(url, { headers, signal: abort.signal });
    // Nothing lies behind what is here already.
    if (response.status === 416 && before > 0) return;
    if (!response.ok || !response.body) throw new RefusedByServer(`HTTP status ${response.status}`);
    const continues = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${before}-`) === true;
    if (response.status === 206 && !continues) throw new RefusedByServer(`it answered another part than bytes ${before} and on`);
    let doneBytes = continues ? before : 0;
    const totalBytes = doneBytes + Number(response.headers.get('content-length') ?? -doneBytes);
    const file = openSync(target, continues ? 'r+' : 'w');
    try {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        writeWhole(file, chunk, doneBytes);
        doneBytes += chunk.length;
        onBytes(doneBytes, totalBytes);
        watchdog.refresh();
      }
    } finally {
      closeSync(file);
    }
    if (totalBytes > 0 && doneBytes < totalBytes) throw new Error(`cut off: ${doneBytes} of ${totalBytes} bytes came`);
  } finally {
    clearTimeout(watchdog);
  }
}

const sizeOf = (path: string): number => (existsSync(path) ? statSync(path).size : 0);

function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message;
}
