/** A number of bytes that several may hold at once. */
export interface ByteBudget {
  /**
   * Waits, in the order of asking, until the bytes are free. More than the whole budget counts as the whole.
   *
   * @param signal nobody waits any more
   * @returns gives them back; a second call does nothing
   * @throws the signal's reason
   */
  acquire(bytes: number, signal?: AbortSignal): Promise<() => void>;
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
  return {
    acquire(wanted, signal) {
      const bytes = Math.min(wanted, totalBytes);
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason as Error);
        const waiter: Waiter = {
          bytes,
          admit: () => {
            signal?.removeEventListener('abort', abandon);
            let held = true;
            resolve(() => {
              if (held) freeBytes += bytes;
              held = false;
              admitNext();
            });
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
