import type { Log } from '../log.ts';
import type { CountedRequest } from '../metrics/metrics.ts';
import type { PlainHandler, PlainRequest } from './plain.ts';

/**
 * One record a response: method, path (without the query), status, milliseconds, the request's id, the name of its key, and the
 * error's code if any.
 *
 * @param count is told of each, for the metrics
 */
export function accessLog(log: Log, count: (request: CountedRequest) => void): PlainHandler {
  return function logAccess(request, response, next) {
    const startedAt = performance.now();
    const method = request.method!;
    const { path } = request;
    response.once('close', () => {
      const ms = performance.now() - startedAt;
      const code = response.locals.errorCode as string | undefined;
      count({
        route: routeOf(request),
        method,
        status: response.statusCode,
        code,
        seconds: ms / 1000,
        images: response.locals.images as number | undefined,
      });
      log({
        event: 'request',
        method,
        path,
        status: response.statusCode,
        ms: Math.round(ms * 10) / 10,
        requestId: response.locals.requestId as string,
        // Where the id is the sender's own.
        ...(response.locals.traceId === undefined || response.locals.traceId === response.locals.requestId
          ? {}
          : { traceId: response.locals.traceId as string }),
        ...(response.locals.apiKey === undefined ? {} : { apiKey: response.locals.apiKey as string }),
        ...(code === undefined ? {} : { code }),
        // The client went away before it had the answer.
        ...(response.writableFinished ? {} : { aborted: true }),
      });
    });
    next();
  };
}

/** Pattern of the route that answered; `other` where there is none: the web client's files, and what is not found. */
function routeOf({ route }: PlainRequest): string {
  return route === undefined ? 'other' : String(route.path);
}
