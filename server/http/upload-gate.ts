import type { IncomingMessage } from 'node:http';
import { AppError } from '@sld-edge/runtime';
import { createByteBudget } from '../byte-budget.ts';

/** Lets bodies in as far as there is room for them. */
export interface UploadGate {
  /**
   * Waits until there is room for what the request announces (or, where it announces nothing, for the largest image); nothing
   * of the body is read before.
   *
   * @returns gives the room back: to be called when the image is no longer held
   * @throws AppError UPLOADS_OVER_BUDGET when the wait took too long; REQUEST_MALFORMED when the client went away
   */
  admit(request: IncomingMessage, maxBytes: number, abandoned: AbortSignal): Promise<() => void>;
}

/** Less than a body may take to arrive, so that a client that waited has time to send. */
const LONGEST_WAIT_MS = 10_000;
const RETRY_AFTER_SECONDS = 2;

/** @param budgetBytes of all bodies that are let in and not answered yet */
export function createUploadGate(budgetBytes: number): UploadGate {
  const budget = createByteBudget(budgetBytes);
  return {
    async admit({ headers }, maxBytes, abandoned) {
      const announced = Number(headers['content-length'] ?? maxBytes);
      const waited = AbortSignal.timeout(LONGEST_WAIT_MS);
      try {
        return await budget.acquire(Math.min(announced, maxBytes), AbortSignal.any([waited, abandoned]));
      } catch (cause) {
        if (abandoned.aborted)
          throw new AppError('REQUEST_MALFORMED', { reason: 'the connection closed before the body was read' }, { cause });
        throw new AppError('UPLOADS_OVER_BUDGET', { budgetBytes, retryAfterSeconds: RETRY_AFTER_SECONDS }, { cause });
      }
    },
  };
}
