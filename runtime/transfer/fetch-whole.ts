/** Longest time that a transfer may bring no byte. A slow one that goes on has all the time it needs. */
export const STALL_MS = 10_000;

/** Nothing came for `STALL_MS`. */
export class StalledError extends Error {
  constructor(stallMs: number) {
    super(`nothing came for ${stallMs / 1000} s`);
    this.name = 'StalledError';
  }
}

/** The answer began and did not end. */
export class CutError extends Error {
  constructor(cause: unknown) {
    super('the connection broke off before it was whole', { cause });
    this.name = 'CutError';
  }
}

export interface FetchOptions {
  request?: typeof fetch;
  stallMs?: number;
  /** Ends the transfer; what is thrown is the signal's reason. */
  signal?: AbortSignal;
  /** Given the size of each part as it comes. */
  onBytes?: (bytes: number) => void;
}

export interface WholeResponse {
  /** Its body has been read. */
  response: Response;
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Fetches a file and reads it to its end.
 *
 * @throws StalledError if no byte comes for `stallMs`; CutError; the signal's reason; what `fetch` throws
 */
export async function fetchWhole(
  url: string,
  init: RequestInit,
  { request = fetch, stallMs = STALL_MS, signal, onBytes }: FetchOptions = {},
): Promise<WholeResponse> {
  const controller = new AbortController();
  let giveUp!: (reason: unknown) => void;
  // A fetch that hangs in a service worker need not heed its signal: the wait ends anyway.
  const givenUp = new Promise<never>((_resolve, reject) => (giveUp = reject));
  givenUp.catch(() => undefined);
  const end = (reason: unknown): void => {
    giveUp(reason);
    controller.abort(reason);
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const expectBytes = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => end(new StalledError(stallMs)), stallMs);
  };
  const stop = (): void => end(signal!.reason);
  try {
    signal?.throwIfAborted();
    signal?.addEventListener('abort', stop);
    expectBytes();
    const response = await Promise.race([request(url, { ...init, signal: controller.signal }), givenUp]);
    const parts: Uint8Array[] = [];
    const reader = response.body?.getReader();
    while (reader) {
      expectBytes();
      const reading = reader.read().catch((error: unknown) => {
        throw controller.signal.aborted ? error : new CutError(error);
      });
      const { done, value } = await Promise.race([reading, givenUp]);
      if (done) break;
      parts.push(value);
      onBytes?.(value.length);
    }
    return { response, bytes: joined(parts) };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A host that answers every path with its index.html gives that in place of a file. */
export const isWebPage = ({ headers }: Response): boolean => /^text\/html/i.test(headers.get('content-type') ?? '');
