/** A number of bytes that several may hold at once. */
export interface ByteBudget {
  readonly totalBytes: number;
  /**
   * Waits, in the order of asking, until the bytes are free. More than the whole budget counts as the whole.
   *
   * @param signal nobody waits any more
   * @returns gives them back; a second call does nothing
   * @throws the signal's reason
   */
  acquire(bytes: number, signal?: AbortSignal): Promise<() => void>;
  /** Takes the bytes if they are free and nobody waits. @returns gives them back, as that of `acquire`; null if they are not */
  tryAcquire(bytes: number): (() => void) | null;
}

interface Waiter {
  bytes: number;
  admit: () => void;
}

export function createByteBudget(totalBytes: number): ByteBudget {
  let freeBytes = totalBytes;
  const waiters: Waiter[] = [];
  const admitNext = (): void => {
    while (waiters.length > 0 && waiters[0].bytes <= freeBytes) {
      const { bytes, admit } = waiters.shift()!;
      freeBytes -= bytes;
      admit();
    }
  };
  const releaseOf = (bytes: number): (() => void) => {
    let held = true;
    return () => {
      if (held) freeBytes += bytes;
      held = false;
      admitNext();
    };
  };
  return {
    totalBytes,
    tryAcquire(wanted) {
      const bytes = Math.min(wanted, totalBytes);
      if (waiters.length > 0 || bytes > freeBytes) return null;
      freeBytes -= bytes;
      return releaseOf(bytes);
    },
    acquire(wanted, signal) {
      const bytes = Math.min(wanted, totalBytes);
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const waiter: Waiter = {
          bytes,
          admit: () => {
            signal?.removeEventListener('abort', abandon);
            resolve(releaseOf(bytes));
          },
        };
        const abandon = (): void => {
          waiters.splice(waiters.indexOf(waiter), 1);
          reject(signal!.reason as Error);
          admitNext();
        };
        signal?.addEventListener('abort', abandon, { once: true });
        waiters.push(waiter);
        admitNext();
      });
    },
  };
}
