import { AppError } from '@sld-edge/runtime';
import { createByteBudget } from '../byte-budget.ts';
import type { Abandonment } from './abandonment.ts';

/** Lets bodies in as far as there is room for them. */
export interface UploadGate {
  /**
   * Waits until there is room for a body; nothing of it is read before.
   *
   * @returns gives the room back: to be called when the images are no longer held
   * @throws AppError UPLOADS_OVER_BUDGET when the wait took too long; REQUEST_MALFORMED when the client went away
   */
  admit(bytes: number, abandoned: Abandonment): Promise<() => void>;
}

/** Less than a body may take to arrive, so that a client that waited has time to send. */
const LONGEST_WAIT_MS = 10_000;
const RETRY_AFTER_SECONDS = 2;

/** @param budgetBytes of all bodies that are let in and not answered yet */
export function createUploadGate(budgetBytes: number): UploadGate {
  const budget = createByteBudget(budgetBytes);
  return {
    async admit(bytes, abandoned) {
      const atOnce = budget.tryAcquire(bytes);
      if (atOnce) return atOnce;
      const waited = AbortSignal.timeout(LONGEST_WAIT_MS);
      const gone = abandoned();
      try {
        return await budget.acquire(bytes, AbortSignal.any([waited, gone]));
      } catch (cause) {
        if (gone.aborted) throw new AppError('REQUEST_MALFORMED', { reason: 'the connection closed before the body was read' }, { cause });
        throw new AppError('UPLOADS_OVER_BUDGET', { budgetBytes, retryAfterSeconds: RETRY_AFTER_SECONDS }, { cause });
      }
    },
  };
}
