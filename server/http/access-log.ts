import type { RequestHandler } from 'express';
import type { Log } from '../log.ts';

/** One record a response: method, path (without the query), status, milliseconds, the request's id, and the error's code if any. */
export function accessLog(log: Log): RequestHandler {
  return function logAccess(request, response, next) {
    const startedAt = performance.now();
    const { method } = request;
    const path = request.path;
    response.once('close', () => {
      log({
        event: 'request',
        method,
        path,
        status: response.statusCode,
        ms: Math.round((performance.now() - startedAt) * 10) / 10,
        requestId: response.locals.requestId as string,
        // Where the id is the sender's own.
        ...(response.locals.traceId === undefined || response.locals.traceId === response.locals.requestId
          ? {}
          : { traceId: response.locals.traceId as string }),
        ...(response.locals.errorCode === undefined ? {} : { code: response.locals.errorCode as string }),
        // The client went away before it had the answer.
        ...(response.writableFinished ? {} : { aborted: true }),
      });
    });
    next();
  };
}
