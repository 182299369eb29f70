import type { ServerResponse } from 'node:http';

/** Signal that nobody waits for an answer any more, made when somebody asks for it: most requests never wait for anything. */
export type Abandonment = () => AbortSignal;

export function abandonmentOf(response: ServerResponse): Abandonment {
  let controller: AbortController | undefined;
  return () => {
    if (controller) return controller.signal;
    controller = new AbortController();
    const abort = (): void => controller!.abort();
    if (response.closed) abort();
    else response.once('close', abort);
    return controller.signal;
  };
}
