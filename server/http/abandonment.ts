import type { ServerResponse } from 'node:http';

/** Signal that nobody waits for an answer any more, made when somebody asks for it: most requests never wait for anything. */
export type Abandonment = () => AbortSignal;

/** @param onGone tells once when whoever waited has gone, if that comes to pass */
export function createAbandonment(isGone: () => boolean, onGone: (listener: () => void) => void): Abandonment {
  let controller: AbortController | undefined;
  return () => {
    if (controller) return controller.signal;
    controller = new AbortController();
    const abort = (): void => controller!.abort();
    if (isGone()) abort();
    else onGone(abort);
    return controller.signal;
  };
}

export const abandonmentOf = (response: ServerResponse): Abandonment =>
  createAbandonment(
    () => response.closed,
    // Also closed where the answer has gone out, of which nobody needs to be told.
    (gone) => response.once('close', () => response.writableFinished || gone()),
  );
