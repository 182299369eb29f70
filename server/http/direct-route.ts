import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { parse } from 'node:querystring';
import type { PlainHandler, PlainRequest, PlainResponse } from './plain.ts';

export interface DirectRoute {
  method: string;
  path: string;
  /** In their order; the last one answers. */
  handlers: readonly PlainHandler[];
  /** Answers what a handler threw or passed on. */
  onError: (thrown: unknown, request: PlainRequest, response: PlainResponse, next: (error: unknown) => void) => void;
}

/**
 * Runs the handlers of one path without Express, for which finding its way costs more than all of them. They are those that Express has
 * for it, and anything that is not exactly this path, as `/classify/`, is left to it.
 */
export function withDirectRoute(app: RequestListener, { method, path, handlers, onError }: DirectRoute): RequestListener {
  const route = { path };
  return function listen(incoming, outgoing) {
    const query = incoming.method === method ? queryOf(incoming.url!, path) : null;
    if (query === null) return app(incoming, outgoing);
    const request: PlainRequest = Object.assign(incoming, { path, query: parse(query), route });
    const response: PlainResponse = Object.assign(outgoing, { locals: {} });
    run(handlers, request, response, (thrown) => onError(thrown, request, response, () => endAbruptly(incoming, outgoing)));
  };
}

/** @returns null if it is another path, or one to be decoded first */
function queryOf(url: string, path: string): string | null {
  if (!url.startsWith(path)) return null;
  if (url.length === path.length) return '';
  return url[path.length] === '?' && !url.includes('#') ? url.slice(path.length + 1) : null;
}

function run(handlers: readonly PlainHandler[], request: PlainRequest, response: PlainResponse, fail: (thrown: unknown) => void): void {
  let place = 0;
  const next = (error?: unknown): void => {
    if (error !== undefined) return fail(error);
    try {
      const result = handlers[place++](request, response, next);
      // As Express does it: what is thrown may be nothing.
      if (result instanceof Promise) result.catch((thrown: unknown) => fail(thrown ?? new Error('Rejected promise')));
    } catch (thrown) {
      fail(thrown);
    }
  };
  next();
}

/** An answer that has begun can't become another. */
function endAbruptly(incoming: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.destroy();
  incoming.destroy();
}
